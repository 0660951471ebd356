import { type PartitionCount, TopicProblem, invalidTopology, known } from './problem.ts'
import type { Subtopology, Topology } from './topology.ts'

/** Repartition topics of a whole topology: those whose partitions the application fixed, and the others. */
interface RepartitionTopics {
  readonly fixed: ReadonlySet<string>
  readonly flexible: ReadonlySet<string>
}

/**
 * Makes sure that topics which are joined have as many partitions as one another. Topics of users must agree, fixed
 * repartition topics must agree with them, and the other repartition topics follow: their counts in `decided` change.
 * Throws a TopicProblem where topics disagree.
 */
export function enforceCopartitioning(topology: Topology, count: PartitionCount, decided: Map<string, number>): void {
  const repartition = topology.subtopologies.flatMap((subtopology) => subtopology.repartitionSourceTopics)
  const topics: RepartitionTopics = {
    fixed: new Set(repartition.filter(({ partitions }) => partitions !== 0).map(({ name }) => name)),
    flexible: new Set(repartition.filter(({ partitions }) => partitions === 0).map(({ name }) => name)),
  }
  for (const subtopology of topology.subtopologies) {
    for (const group of subtopology.copartitionGroups) {
      for (const [topic, partitions] of evenedOut(members(subtopology, group), topics, count))
        decided.set(topic, partitions)
    }
  }
}

function members(subtopology: Subtopology, group: Subtopology['copartitionGroups'][number]): Set<string> {
  const named = <T>(list: readonly T[], place: number): T => {
    const item = list[place]
    if (item === undefined) {
      throw invalidTopology(
        `a copartition group of subtopology ${subtopology.subtopologyId} names topic ${place} of ${list.length}`,
      )
    }
    return item
  }
  return new Set([
    ...group.sourceTopics.map((place) => named(subtopology.sourceTopics, place)),
    ...group.repartitionSourceTopics.map((place) => named(subtopology.repartitionSourceTopics, place).name),
  ])
}

function evenedOut(group: ReadonlySet<string>, topics: RepartitionTopics, count: PartitionCount): Map<string, number> {
  if (group.size === 0) return new Map()
  const counts = [...group].toSorted().map((topic) => [topic, known(topic, count)] as const)
  const internal = counts.filter(([topic]) => topics.fixed.has(topic) || topics.flexible.has(topic))
  const partitions = commonCount(counts, internal, topics, count)
  for (const [topic, present] of internal) {
    if (!topics.fixed.has(topic) || present === partitions) continue
    throw incorrect(
      `repartition topic ${topic} is to have ${present} partitions, but is joined with topics that have ${partitions}`,
    )
  }
  return new Map(internal.map(([topic]) => [topic, partitions]))
}

type Counts = readonly (readonly [topic: string, partitions: number])[]

/** What all of a group are to have. With any fixed repartition topic in the topology, all those must agree. */
function commonCount(all: Counts, internal: Counts, { fixed }: RepartitionTopics, count: PartitionCount): number {
  if (internal.length < all.length) {
    const ofUsers = all.filter((each) => !internal.includes(each))
    return sameCount(ofUsers, ofUsers)
  }
  if (fixed.size === 0) return Math.max(...internal.map(([, partitions]) => partitions))
  return sameCount(
    [...fixed].map((topic) => [topic, known(topic, count)]),
    internal,
  )
}

function sameCount(counts: Counts, shown: Counts): number {
  const first = counts[0]![1]
  if (counts.every(([, partitions]) => partitions === first)) return first
  const list = shown.map(([topic, partitions]) => `${topic} has ${partitions}`).join(', ')
  throw incorrect(`topics that are joined differ in partitions: ${list}`)
}

const incorrect = (detail: string): TopicProblem => new TopicProblem('INCORRECTLY_PARTITIONED_TOPICS', detail)
