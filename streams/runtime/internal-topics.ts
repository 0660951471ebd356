import type { Admin } from '#core/client/client.ts'
import type { Topology } from '../topology/topology.ts'
import { runtimeErrors } from './errors.ts'

/** What the application needs of the cluster's topics, settled before it joins its group. */
export interface TopicPlan {
  /** Partition counts of every topic that the topology reads or writes and that exists. */
  readonly counts: ReadonlyMap<string, number>
}

/**
 * Checks that user topics exist and are co-partitioned, and creates repartition and changelog topics that are missing.
 * Several instances may do so at once: whoever comes second finds the topic.
 */
export async function prepareTopics(
  admin: Admin,
  topology: Topology,
  applicationId: string,
  replicationFactor: number,
): Promise<TopicPlan> {
  const internal = topology.internalTopics(applicationId)
  const internalNames = new Set(internal.map((topic) => topic.name))
  const sources = topology.sourceTopics(applicationId)
  const wanted = new Set([...sources, ...topology.sinkTopics(), ...internalNames])
  const counts = new Map(
    (await admin.describeTopics([...wanted])).map((topic) => [topic.name, topic.partitions.length]),
  )
  for (const topic of sources) {
    if (!internalNames.has(topic) && !counts.has(topic))
      throw runtimeErrors.SOURCE_TOPIC_MISSING({ application: applicationId, topic })
  }
  const needed = topology.partitionCounts(applicationId, counts)
  for (const topics of topology.copartitionGroups(applicationId)) {
    const each = topics.map((topic) => needed.get(topic)!)
    if (new Set(each).size > 1) throw runtimeErrors.COPARTITION({ topics: topics.join(', '), counts: each.join(', ') })
  }
  const missing = internal.filter((topic) => {
    const expected = needed.get(topic.name)!
    const actual = counts.get(topic.name)
    if (actual !== undefined && actual !== expected)
      throw runtimeErrors.INTERNAL_TOPIC_PARTITIONS({ topic: topic.name, actual, expected })
    return actual === undefined
  })
  for (const topic of missing) {
    const partitions = needed.get(topic.name)!
    await createUnlessThere(admin, { name: topic.name, partitions, replicationFactor, configs: topic.config })
    counts.set(topic.name, partitions)
  }
  return { counts }
}

async function createUnlessThere(admin: Admin, topic: Parameters<Admin['createTopics']>[0][number]): Promise<void> {
  try {
    await admin.createTopics([topic])
  } catch (error) {
    if ((await admin.describeTopics([topic.name])).length === 0) throw error
  }
}
