import { zeroUuid } from '#core/bytes/uuid.ts'
import { partitionKey } from '#core/client/client.ts'
import { byTopic } from '#core/client/cluster/by-leader.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import type { BrokerLink } from '#core/client/connection/broker-link.ts'
import type { AssignedPartition } from '#core/client/consumer/assigned-partition.ts'
import type { ConsumerSettings } from '#core/client/consumer/options.ts'
import { refusal } from '#core/client/errors.ts'
import { fetch, type FetchResponse } from '#core/wire/api/01-fetch.ts'

/** A broker's answer about one partition. */
export type FetchAnswer = FetchResponse['responses'][number]['partitions'][number]

/** The first version that names topics by id alone. */
const topicIdVersion = 13

/**
 * One Fetch request without a session: every request names all partitions it wants. Resolves with the answers by
 * partition key.
 */
export async function fetchPartitions(
  cluster: Cluster,
  link: BrokerLink,
  partitions: readonly AssignedPartition[],
  settings: ConsumerSettings,
): Promise<Map<string, FetchAnswer>> {
  const { metadata } = cluster
  const names = new Map<string, string>()
  const topics = byTopic(partitions, (each) => ({
    partition: each.partition,
    currentLeaderEpoch: metadata.leader(each.topic, each.partition)?.epoch ?? -1,
    fetchOffset: each.fetchOffset,
    partitionMaxBytes: settings.maxPartitionBytes,
  })).map(({ topic, entries }) => {
    const topicId = metadata.topic(topic)?.id ?? zeroUuid
    names.set(topicId, topic)
    return { topic, topicId, partitions: entries }
  })
  const { maxWaitMs, minBytes, maxBytes, readCommitted } = settings
  const answer = await link.send(
    fetch,
    { maxWaitMs, minBytes, maxBytes, isolationLevel: readCommitted ? 1 : 0, topics },
    {
      maxVersion: names.has(zeroUuid) ? topicIdVersion - 1 : fetch.versions.high,
      timeoutMs: cluster.options.requestTimeoutMs + maxWaitMs,
    },
  )
  if (answer.errorCode !== 0) throw refusal(answer.errorCode, 'fetch')
  const answers = new Map<string, FetchAnswer>()
  for (const { topic, topicId, partitions: each } of answer.responses) {
    const name = topic === '' ? names.get(topicId) : topic
    if (name === undefined) continue
    for (const one of each) {
      answers.set(partitionKey({ topic: name, partition: one.partitionIndex }), one)
      const { leaderId, leaderEpoch } = one.currentLeader
      if (leaderId >= 0) metadata.moveLeader(name, one.partitionIndex, { leader: leaderId, epoch: leaderEpoch })
    }
  }
  return answers
}
