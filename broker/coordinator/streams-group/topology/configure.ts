import { decidePartitionCounts } from './partition-counts.ts'
import { type PartitionCount, TopicProblem, invalidTopology, known } from './problem.ts'
import { type Subtopology, type TopicInfo, type Topology, inputsOf } from './topology.ts'

/** An internal topic with the number of partitions that it has or gets. `replicationFactor` 0: the broker's default. */
export interface ConfiguredTopic {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

/** A subtopology whose numbers are settled. */
export interface ConfiguredSubtopology {
  readonly subtopologyId: string
  /** How many tasks it runs in: as many as its largest input has partitions. */
  readonly tasks: number
  readonly sourceTopics: readonly string[]
  readonly repartitionSourceTopics: readonly ConfiguredTopic[]
  readonly repartitionSinkTopics: readonly string[]
  readonly stateChangelogTopics: readonly ConfiguredTopic[]
}

/** A topology measured against the topics that exist. Tasks are given out only when there is no problem. */
export interface ConfiguredTopology {
  readonly epoch: number
  /** By id; undefined when source topics are missing or do not fit. */
  readonly subtopologies: ReadonlyMap<string, ConfiguredSubtopology> | undefined
  readonly toCreate: readonly ConfiguredTopic[]
  readonly problem: TopicProblem | undefined
}

/** Measures a topology against the topics that exist. Throws STREAMS_INVALID_TOPOLOGY for one that no topics would fit. */
export function configureTopology(topology: Topology, existing: PartitionCount): ConfiguredTopology {
  try {
    checkSources(topology, existing)
    const decided = decidePartitionCounts(topology, existing)
    const subtopologies = new Map(
      topology.subtopologies.map((each) => [each.subtopologyId, configureSubtopology(each, decided, existing)]),
    )
    const toCreate = missingTopics(topology, subtopologies, existing)
    const names = summary(toCreate.map(({ name }) => name))
    const problem =
      toCreate.length === 0
        ? undefined
        : new TopicProblem('MISSING_INTERNAL_TOPICS', `internal topics are missing: ${names}`)
    return { epoch: topology.epoch, subtopologies, toCreate, problem }
  } catch (error) {
    if (!(error instanceof TopicProblem)) throw error
    return { epoch: topology.epoch, subtopologies: undefined, toCreate: [], problem: error }
  }
}

function checkSources({ subtopologies }: Topology, existing: PartitionCount): void {
  const sources = new Set(subtopologies.flatMap(({ sourceTopics }) => sourceTopics))
  const missing = [...sources].filter((topic) => existing(topic) === undefined).toSorted()
  if (missing.length > 0)
    throw new TopicProblem('MISSING_SOURCE_TOPICS', `source topics are missing: ${summary(missing)}`)
}

function configureSubtopology(
  subtopology: Subtopology,
  decided: ReadonlyMap<string, number>,
  existing: PartitionCount,
): ConfiguredSubtopology {
  const count = (topic: string): number | undefined => existing(topic) ?? decided.get(topic)
  const configured = (info: TopicInfo): ConfiguredTopic => ({
    name: info.name,
    partitions: atLeastOne(
      info.name,
      info.partitions === 0 ? known(info.name, (topic) => decided.get(topic)) : info.partitions,
    ),
    replicationFactor: info.replicationFactor,
    configs: Object.fromEntries(info.topicConfigs.map(({ key, value }) => [key, value])),
  })
  return {
    subtopologyId: subtopology.subtopologyId,
    tasks: Math.max(...inputsOf(subtopology).map((topic) => known(topic, count))),
    sourceTopics: subtopology.sourceTopics.toSorted(),
    repartitionSourceTopics: byName(subtopology.repartitionSourceTopics.map(configured)),
    repartitionSinkTopics: subtopology.repartitionSinkTopics.toSorted(),
    stateChangelogTopics: byName(subtopology.stateChangelogTopics.map(configured)),
  }
}

function atLeastOne(topic: string, partitions: number): number {
  if (partitions >= 1) return partitions
  throw invalidTopology(`internal topic ${topic} would have ${partitions} partitions`)
}

function missingTopics(
  topology: Topology,
  subtopologies: ReadonlyMap<string, ConfiguredSubtopology>,
  existing: PartitionCount,
): ConfiguredTopic[] {
  const wanted = new Map<string, ConfiguredTopic>()
  for (const { repartitionSourceTopics, stateChangelogTopics } of subtopologies.values()) {
    for (const topic of [...repartitionSourceTopics, ...stateChangelogTopics]) wanted.set(topic.name, topic)
  }
  for (const name of topology.requiredTopics) {
    const found = existing(name)
    const expected = wanted.get(name)
    if (found === undefined || expected === undefined) continue
    wanted.delete(name)
    if (found === expected.partitions) continue
    const detail = `topic ${name} has ${found} partitions where the topology needs ${expected.partitions}`
    throw new TopicProblem('INCORRECTLY_PARTITIONED_TOPICS', detail)
  }
  return byName([...wanted.values()])
}

const byName = (topics: readonly ConfiguredTopic[]): ConfiguredTopic[] =>
  topics.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))

/** The first three of some names, and how many more there are. */
function summary(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ')
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown
}
