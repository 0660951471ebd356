import { zeroUuid } from '#core/bytes/uuid.ts'
import { type MetadataRequest, type MetadataResponseInput, metadata } from '#core/wire/api/03-metadata.ts'
import { ProtocolError, errorCodes } from '#core/wire/errors.ts'

import type { PartitionImage, TopicImage } from '../controller/image.ts'
import { checkTopicName } from '../controller/topics.ts'
import type { Node } from '../node.ts'
import { brokersFor } from './brokers.ts'
import { type Call, serve } from './handler.ts'
import { createMissing, internalTopics, mayCreate } from './topic-creation.ts'

type TopicAnswer = MetadataResponseInput['topics'][number]

/**
 * Tells which brokers and topics there are and who leads what.
 * Versions 0-13. Kept: all topics with an empty list in 0 and with null from 1, topics made on demand unless the client
 * forbids it (from 4), lookup by id from 12, addresses of the listener that the client came in by.
 * Left out: authorized operations.
 */
export const metadataHandler = serve(metadata, {
  versions: '0-13',
  refuse: (request, errorCode) => ({
    brokers: [],
    topics: (request.topics ?? []).map(({ name, topicId }) => {
      return { errorCode, name: name ?? '', topicId, partitions: [], isInternal: false }
    }),
  }),
  handle: (node, request, call) => {
    // Ids are in the message since version 10, but may be asked about only since 12.
    const byId = (topic: { name: string | null; topicId: string }): boolean =>
      topic.name === null || topic.topicId !== zeroUuid
    if (call.apiVersion < 12 && request.topics?.some(byId)) throw new ProtocolError('INVALID_REQUEST')
    const missing = missingTopics(node, request)
    if (missing.length === 0) return describe(node, request, call)
    return createMissing(node, missing).then(() => describe(node, request, call))
  },
})

function missingTopics(node: Node, request: MetadataRequest): string[] {
  if (request.topics === null || !request.allowAutoTopicCreation) return []
  const { topics } = node.controller.image
  return request.topics.flatMap(({ name }) =>
    name === null || topics.has(name) || !mayCreate(node, name) ? [] : [name],
  )
}

function describe(node: Node, request: MetadataRequest, call: Call<never>): MetadataResponseInput {
  const { image } = node.controller
  const all = request.topics === null || (call.apiVersion === 0 && request.topics.length === 0)
  return {
    brokers: brokersFor(node, call.client).filter((broker) => !broker.isFenced),
    clusterId: node.clusterId,
    controllerId: node.id,
    topics: all
      ? Array.from(image.topics.values(), found)
      : request.topics!.map(({ name, topicId }) => describeTopic(node, name, topicId)),
  }
}

function describeTopic(node: Node, name: string | null, topicId: string): TopicAnswer {
  const { topics, topicsById } = node.controller.image
  const topic = name === null || topicId !== zeroUuid ? topicsById.get(topicId) : topics.get(name)
  if (topic !== undefined) return found(topic)
  const errorCode = name === null ? errorCodes.UNKNOWN_TOPIC_ID.code : nameError(name)
  return { errorCode, name, topicId, partitions: [], isInternal: false }
}

function nameError(name: string): number {
  try {
    checkTopicName(name)
    return errorCodes.UNKNOWN_TOPIC_OR_PARTITION.code
  } catch (error) {
    if (error instanceof ProtocolError) return error.errorCode
    throw error
  }
}

const found = (topic: TopicImage): TopicAnswer => ({
  errorCode: 0,
  name: topic.name,
  topicId: topic.id,
  isInternal: internalTopics.has(topic.name),
  partitions: topic.partitions.map(partitionAnswer),
})

const partitionAnswer = (partition: PartitionImage): TopicAnswer['partitions'][number] => ({
  errorCode: partition.leader < 0 ? errorCodes.LEADER_NOT_AVAILABLE.code : 0,
  partitionIndex: partition.partitionId,
  leaderId: partition.leader,
  leaderEpoch: partition.leaderEpoch,
  replicaNodes: partition.replicas,
  isrNodes: partition.isr,
})
