import { zeroUuid } from '#core/bytes/uuid.ts'
import type { NewTopic, TopicDescription } from '#core/client/client.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import type { TopicMetadata } from '#core/client/cluster/metadata.ts'
import { clientErrors, isTransient, refusal } from '#core/client/errors.ts'
import { createTopics } from '#core/wire/api/19-create-topics.ts'
import { deleteTopics } from '#core/wire/api/20-delete-topics.ts'
import { createPartitions } from '#core/wire/api/37-create-partitions.ts'
import { errorCodes } from '#core/wire/errors.ts'

interface Result {
  readonly name: string | null
  readonly errorCode: number
  readonly errorMessage: string | null
}

const transiently = { retriable: isTransient }

/** Throws the first result that is an error; the others may have been carried out. */
function check(results: readonly Result[], act: string): void {
  for (const { name, errorCode, errorMessage } of results) {
    if (errorCode !== 0) throw refusal(errorCode, `${act} topic "${name}"`, errorMessage)
  }
}

/** Creates topics and waits until the cluster names a leader for each of their partitions. */
export async function create(cluster: Cluster, topics: readonly NewTopic[]): Promise<void> {
  const timeoutMs = cluster.options.requestTimeoutMs
  await cluster.retrying(async () => {
    const answer = await cluster.sendToController(createTopics, {
      topics: topics.map(({ name, partitions = -1, replicationFactor = -1, configs = {} }) => ({
        name,
        numPartitions: partitions,
        replicationFactor,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      })),
      timeoutMs,
    })
    check(answer.topics, 'creating')
  }, transiently)
  await awaitTopics(
    cluster,
    topics.map(({ name }) => name),
    (topic) => topic.partitions.length > 0,
  )
}

/** Deletes topics by name. */
export async function remove(cluster: Cluster, names: readonly string[]): Promise<void> {
  const timeoutMs = cluster.options.requestTimeoutMs
  await cluster.retrying(async () => {
    const answer = await cluster.sendToController(deleteTopics, (version) => ({
      ...(version >= 6 ? { topics: names.map((name) => ({ name, topicId: zeroUuid })) } : { topicNames: [...names] }),
      timeoutMs,
    }))
    check(answer.responses, 'deleting')
  }, transiently)
  await cluster.retrying(() => cluster.refresh(names))
}

/** Raises partition counts and waits until the new ones have leaders. */
export async function grow(cluster: Cluster, totals: Readonly<Record<string, number>>): Promise<void> {
  const timeoutMs = cluster.options.requestTimeoutMs
  await cluster.retrying(async () => {
    const answer = await cluster.sendToController(createPartitions, {
      topics: Object.entries(totals).map(([name, count]) => ({ name, count, assignments: null })),
      timeoutMs,
      validateOnly: false,
    })
    check(answer.results, 'growing')
  }, transiently)
  await awaitTopics(cluster, Object.keys(totals), ({ name, partitions }) => partitions.length >= totals[name]!)
}

/** Names of all topics, internal ones too. */
export async function list(cluster: Cluster): Promise<string[]> {
  await cluster.retrying(() => cluster.refreshAll())
  return [...cluster.metadata.topics].map(({ name }) => name).sort()
}

/** What the cluster says of these topics now; unknown ones are left out. */
export async function describe(cluster: Cluster, names: readonly string[]): Promise<TopicDescription[]> {
  await cluster.retrying(() => cluster.refresh(names))
  return names.flatMap((name) => {
    const topic = cluster.metadata.topic(name)
    if (topic !== undefined) return [description(topic)]
    const code = cluster.metadata.errorOf(name)
    if (code === 0 || code === errorCodes.UNKNOWN_TOPIC_OR_PARTITION.code) return []
    throw refusal(code, `describing topic "${name}"`)
  })
}

const description = ({ name, id, internal, partitions }: TopicMetadata): TopicDescription => ({
  name,
  topicId: id,
  internal,
  partitions: partitions.map(({ partition, leader, replicas, isr }) => ({ partition, leader, replicas, isr })),
})

async function awaitTopics(
  cluster: Cluster,
  names: readonly string[],
  complete: (topic: TopicMetadata) => boolean,
): Promise<void> {
  await cluster.retrying(async () => {
    await cluster.refresh(names)
    for (const name of names) {
      const topic = cluster.metadata.topic(name)
      const leaderless = topic?.partitions.find(({ leader }) => leader < 0)
      if (topic === undefined || !complete(topic) || leaderless !== undefined) {
        throw clientErrors.LEADER_MISSING({ topic: name, partition: leaderless?.partition ?? 0 })
      }
    }
  })
}
