import { zeroUuid } from '#core/bytes/uuid.ts'
import { type MetadataRequest, type MetadataResponseInput, metadata } from '#core/wire/api/03-metadata.ts'
import { ProtocolError, errorCodes } from '#core/wire/errors.ts'

import { clusterResource } from '../authorizer/acl.ts'
import type { PartitionImage, TopicImage } from '../controller/image.ts'
import { checkTopicName } from '../controller/topics.ts'
import type { Node } from '../node.ts'
import { mayOnCluster, operationsFor } from './authorization.ts'
import { brokersFor } from './brokers.ts'
import { type Call, serve } from './handler.ts'
import { createMissing, internalTopics, mayCreate } from './topic-creation.ts'

type TopicAnswer = MetadataResponseInput['topics'][number]

/**
 * Tells which brokers and topics there are and who leads what.
 * Versions 0-13. Kept: all topics with an empty list in 0 and with null from 1, topics made on demand unless the client
 * forbids it (from 4), lookup by id from 12, addresses of the listener that the client came in by.
 * Topics that the client may not describe are left out where it asks for all, and refused where it names them.
 * Left out: nothing.
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
    const missing = missingTopics(node, request, call)
    if (missing.length === 0) return describe(node, request, call)
    return createMissing(node, missing).then(() => describe(node, request, call))
  },
})

/** Names of the topics to make for this client. */
function missingTopics(node: Node, request: MetadataRequest, call: Call<never>): string[] {
  if (request.topics === null || !request.allowAutoTopicCreation) return []
  const { topics } = node.controller.image
  return request.topics.flatMap(({ name }) =>
    name === null || topics.has(name) || !mayAskFor(node, call, name) || !mayCreate(node, name) ? [] : [name],
  )
}

/** True when the client may know of the topic and may make it. */
const mayAskFor = (node: Node, { client }: Call<never>, name: string): boolean =>
  node.authorizer.allows(client, 'DESCRIBE', 'TOPIC', name) &&
  (mayOnCluster(node, client, 'CREATE') || node.authorizer.allows(client, 'CREATE', 'TOPIC', name))

function describe(node: Node, request: MetadataRequest, call: Call<never>): MetadataResponseInput {
  const { image } = node.controller
  const all = request.topics === null || (call.apiVersion === 0 && request.topics.length === 0)
  const withOperations = (answer: TopicAnswer): TopicAnswer => ({
    ...answer,
    topicAuthorizedOperations: operationsFor(node, call, answer.errorCode === 0, 'TOPIC', answer.name ?? ''),
  })
  const topics = all
    ? Array.from(image.topics.values())
        .filter(({ name }) => node.authorizer.allows(call.client, 'DESCRIBE', 'TOPIC', name))
        .map(found)
    : request.topics!.map(({ name, topicId }) => describeTopic(node, request, call, { name, topicId }))
  const isAsked = request.includeClusterAuthorizedOperations
  const maySee = mayOnCluster(node, call.client, 'DESCRIBE')
  return {
    brokers: brokersFor(node, call.client).filter((broker) => !broker.isFenced),
    clusterId: node.clusterId,
    controllerId: node.id,
    topics: request.includeTopicAuthorizedOperations ? topics.map(withOperations) : topics,
    clusterAuthorizedOperations:
      isAsked && !maySee ? 0 : operationsFor(node, call, isAsked, 'CLUSTER', clusterResource),
  }
}

function describeTopic(
  node: Node,
  request: MetadataRequest,
  call: Call<never>,
  { name, topicId }: { readonly name: string | null; readonly topicId: string },
): TopicAnswer {
  const { topics, topicsById } = node.controller.image
  const topic = name === null || topicId !== zeroUuid ? topicsById.get(topicId) : topics.get(name)
  const known = topic?.name ?? name
  if (known !== null && !node.authorizer.allows(call.client, 'DESCRIBE', 'TOPIC', known)) {
    return refused(name, topicId)
  }
  if (topic !== undefined) return found(topic)
  const isToBeMade = request.allowAutoTopicCreation && node.config['auto.create.topics.enable']
  if (name !== null && isToBeMade && !mayAskFor(node, call, name)) return refused(name, topicId)
  const errorCode = name === null ? errorCodes.UNKNOWN_TOPIC_ID.code : nameError(name)
  return { errorCode, name, topicId, partitions: [], isInternal: false }
}

const refused = (name: string | null, topicId: string): TopicAnswer => ({
  errorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED.code,
  name,
  topicId,
  partitions: [],
  isInternal: false,
})

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
