import { enforceCopartitioning } from './copartitioning.ts'
import { type PartitionCount, invalidTopology, known } from './problem.ts'
import { type Subtopology, type Topology, inputsOf } from './topology.ts'

/**
 * Decides how many partitions the internal topics of a topology are to have: repartition topics as many as the largest
 * input of whatever writes them (or what the application says), evened out in copartition groups; changelogs as many as
 * the largest input of their subtopology. Source topics must exist. Throws a TopicProblem where existing topics do not
 * fit, STREAMS_INVALID_TOPOLOGY where no topics would.
 */
export function decidePartitionCounts(topology: Topology, existing: PartitionCount): Map<string, number> {
  const decided = repartitionCounts(topology, existing)
  const count = (topic: string): number | undefined => existing(topic) ?? decided.get(topic)
  enforceCopartitioning(topology, count, decided)
  for (const subtopology of topology.subtopologies) {
    const counts = inputsOf(subtopology).map((topic) => known(topic, count))
    if (counts.length === 0) {
      throw invalidTopology(`subtopology ${subtopology.subtopologyId} reads no topic`)
    }
    for (const { name } of subtopology.stateChangelogTopics) decided.set(name, Math.max(...counts))
  }
  return decided
}

function repartitionCounts({ subtopologies }: Topology, existing: PartitionCount): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { repartitionSourceTopics } of subtopologies) {
    for (const { name, partitions } of repartitionSourceTopics) if (partitions !== 0) counts.set(name, partitions)
  }
  while (isMissing(subtopologies, counts)) {
    if (!oneRound(subtopologies, counts, existing)) {
      throw invalidTopology(
        'repartition topics depend on one another in a circle: give one of them a number of partitions',
      )
    }
  }
  for (const { repartitionSourceTopics } of subtopologies) {
    if (repartitionSourceTopics.every(({ name }) => counts.has(name))) continue
    throw invalidTopology('a repartition topic is read that nothing writes to')
  }
  return counts
}

const isMissing = (subtopologies: readonly Subtopology[], counts: ReadonlyMap<string, number>): boolean =>
  subtopologies.some(({ repartitionSinkTopics }) => repartitionSinkTopics.some((topic) => !counts.has(topic)))

/** Decides what can be decided with what is known; true when that was anything. */
function oneRound(
  subtopologies: readonly Subtopology[],
  counts: Map<string, number>,
  existing: PartitionCount,
): boolean {
  let progress = false
  for (const subtopology of subtopologies) {
    for (const sink of subtopology.repartitionSinkTopics) {
      if (counts.has(sink)) continue
      const inputs = [
        ...subtopology.repartitionSourceTopics.map(({ name }) => counts.get(name)),
        ...subtopology.sourceTopics.map((topic) => existing(topic)),
      ].filter((count) => count !== undefined)
      if (inputs.length === 0) continue
      counts.set(sink, Math.max(...inputs))
      progress = true
    }
  }
  return progress
}
