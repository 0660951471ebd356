import {
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponseInput,
  describeTopicPartitions,
} from '#core/wire/api/75-describe-topic-partitions.ts'
import { ProtocolError, errorCodes } from '#core/wire/errors.ts'
import { zeroUuid } from '#core/bytes/uuid.ts'

import type { PartitionImage } from '../controller/image.ts'
import { checkTopicName } from '../controller/topics.ts'
import type { Node } from '../node.ts'
import { operationsFor } from './authorization.ts'
import { codeOf } from './failure.ts'
import { type Call, serve } from './handler.ts'
import { internalTopics } from './topic-creation.ts'

type TopicAnswer = DescribeTopicPartitionsResponseInput['topics'][number]
type Cursor = DescribeTopicPartitionsRequest['cursor']

/**
 * Describes topics page by page.
 * Version 0. Kept: topics in the order of their names, all of them with an empty list, a cursor where the page is full.
 * Topics that the client may not describe are left out where it asks for all, and refused where it names them.
 * Left out: eligible leaders are as the records say, which is none.
 */
export const describeTopicPartitionsHandler = serve(describeTopicPartitions, {
  versions: '0',
  handle: (node, request, call) => {
    const { cursor, responsePartitionLimit } = request
    const limit = Math.min(node.config['max.request.partition.size.limit'], Math.max(1, responsePartitionLimit))
    const topics: TopicAnswer[] = []
    let left = limit
    const isSeen = (name: string): boolean => node.authorizer.allows(call.client, 'DESCRIBE', 'TOPIC', name)
    const names = namesFrom(node, request)
    for (const name of request.topics.length === 0 ? names.filter(isSeen) : names) {
      if (left === 0) return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: 0 } }
      const first = cursor?.topicName === name ? cursor.partitionIndex : 0
      if (!isSeen(name)) {
        topics.push({ errorCode: forbidden, name, topicId: zeroUuid, partitions: [] })
        continue
      }
      const { answer, next } = describe(node, call, name, { first, limit: left })
      topics.push(answer)
      if (next !== undefined)
        return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: next } }
      left -= answer.partitions.length
    }
    return { throttleTimeMs: 0, topics }
  },
})

const forbidden = errorCodes.TOPIC_AUTHORIZATION_FAILED.code

function namesFrom(node: Node, { topics, cursor }: { topics: readonly { name: string }[]; cursor: Cursor }): string[] {
  const all =
    topics.length === 0 ? [...node.controller.image.topics.keys()] : [...new Set(topics.map(({ name }) => name))]
  return all.sort().filter((name) => cursor === null || name >= cursor.topicName)
}

function describe(
  node: Node,
  call: Call<never>,
  name: string,
  { first, limit }: { readonly first: number; readonly limit: number },
): { answer: TopicAnswer; next?: number } {
  const topic = node.controller.image.topics.get(name)
  if (topic === undefined) {
    return { answer: { errorCode: missingCode(node, name), name, topicId: zeroUuid, partitions: [] } }
  }
  const partitions = topic.partitions.slice(first, first + limit).map(partitionAnswer)
  const topicAuthorizedOperations = operationsFor(node, call, true, 'TOPIC', name)
  const isInternal = internalTopics.has(name)
  const answer = { errorCode: 0, name, topicId: topic.id, isInternal, partitions, topicAuthorizedOperations }
  const next = first + partitions.length
  return next < topic.partitions.length ? { answer, next } : { answer }
}

function missingCode(node: Node, name: string): number {
  try {
    checkTopicName(name)
    throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION')
  } catch (error) {
    return codeOf(node, 'DescribeTopicPartitions', error)
  }
}

const partitionAnswer = (partition: PartitionImage): TopicAnswer['partitions'][number] => ({
  errorCode: partition.leader < 0 ? errorCodes.LEADER_NOT_AVAILABLE.code : 0,
  partitionIndex: partition.partitionId,
  leaderId: partition.leader,
  leaderEpoch: partition.leaderEpoch,
  replicaNodes: partition.replicas,
  isrNodes: partition.isr,
  eligibleLeaderReplicas: partition.eligibleLeaderReplicas ?? [],
  lastKnownElr: partition.lastKnownElr ?? [],
  offlineReplicas: [],
})
