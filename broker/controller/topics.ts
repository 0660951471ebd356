import { randomUuid } from '#core/bytes/uuid.ts'
import type { Random } from '#core/ports/random.ts'
import { ProtocolError } from '#core/wire/errors.ts'
import type { MetadataRecordInput } from '#core/wire/stored/metadata-frame.ts'

import type { BrokerImage, MetadataImage, TopicImage } from './image.ts'
import { configResources } from './image.ts'

/** A topic that somebody wants. -1 for the broker's default; `assignments` names the brokers of each partition. */
export interface NewTopic {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
  readonly configs: Readonly<Record<string, string>>
}

/** What is decided from outside the request. */
export interface TopicDefaults {
  readonly numPartitions: number
  readonly replicationFactor: number
  /** Directory of this broker's replicas. */
  readonly directoryId: string
}

/** The records that make a topic, and what it came to. */
export interface TopicPlan {
  readonly name: string
  readonly topicId: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly records: readonly MetadataRecordInput[]
}

/** Partitions that one request may make, as in Apache's controller: what one batch of records can carry. */
const maxPartitions = 10_000

/** Throws INVALID_TOPIC_EXCEPTION for a name that no topic may have. */
export function checkTopicName(name: string): void {
  const refuse = (why: string) => new ProtocolError('INVALID_TOPIC_EXCEPTION', `no topic can have this name: ${why}`)
  if (name === '') throw refuse('it is empty')
  if (name === '.' || name === '..') throw refuse(`'${name}' means a directory`)
  if (name.length > 249) throw refuse(`'${name}' is longer than 249 characters`)
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    throw refuse(`'${name}' has characters other than letters, digits, '.', '_' and '-'`)
  }
  if (name === '__cluster_metadata') throw refuse(`'${name}' is the metadata log's`)
}

/** Names that differ only in dots and underscores would share a metric name. */
const collisionKey = (name: string): string => name.replaceAll('.', '_')

/** Decides a new topic. Throws the ProtocolError that the client gets. */
export function planTopic(image: MetadataImage, wanted: NewTopic, defaults: TopicDefaults, random: Random): TopicPlan {
  const { name } = wanted
  checkTopicName(name)
  if (image.topics.has(name)) throw new ProtocolError('TOPIC_ALREADY_EXISTS', `topic '${name}' is there already`)
  if (/[._]/.test(name)) {
    for (const other of image.topics.keys()) {
      if (collisionKey(other) !== collisionKey(name)) continue
      throw new ProtocolError(
        'INVALID_TOPIC_EXCEPTION',
        `topic '${name}' could not be told from '${other}' in metric names`,
      )
    }
  }
  const replicas =
    wanted.assignments.length > 0 ? manualReplicas(image, wanted) : placedReplicas(image, wanted, defaults)
  let topicId = randomUuid(random)
  while (image.topicsById.has(topicId)) topicId = randomUuid(random)
  const records: MetadataRecordInput[] = [{ kind: 'topic', version: 0, value: { name, topicId } }]
  for (const [setting, value] of Object.entries(wanted.configs)) {
    const resource = { resourceType: configResources.topic, resourceName: name }
    records.push({ kind: 'config', version: 0, value: { ...resource, name: setting, value } })
  }
  replicas.forEach((each, partitionId) =>
    records.push(partitionRecord(topicId, partitionId, each, defaults.directoryId)),
  )
  return { name, topicId, numPartitions: replicas.length, replicationFactor: replicas[0]!.length, records }
}

/** Decides more partitions for a topic. `count` is the new total. Throws the ProtocolError that the client gets. */
export function planPartitions(
  image: MetadataImage,
  wanted: {
    readonly name: string
    readonly count: number
    readonly assignments: readonly (readonly number[])[] | null
  },
  directoryId: string,
): MetadataRecordInput[] {
  const topic = image.topics.get(wanted.name)
  if (topic === undefined) throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic '${wanted.name}'`)
  const before = topic.partitions.length
  if (wanted.count === before)
    throw new ProtocolError('INVALID_PARTITIONS', `topic '${wanted.name}' has ${before} partitions already`)
  if (wanted.count < before) {
    throw new ProtocolError(
      'INVALID_PARTITIONS',
      `topic '${wanted.name}' has ${before} partitions; their number cannot fall to ${wanted.count}`,
    )
  }
  const more = wanted.count - before
  checkCount(more)
  if (wanted.assignments !== null && wanted.assignments.length !== more) {
    const problem = `${more} partitions are to be added, ${wanted.assignments.length} assignments are given`
    throw new ProtocolError('INVALID_REPLICA_ASSIGNMENT', problem)
  }
  const replicationFactor = topic.partitions[0]!.replicas.length
  return Array.from({ length: more }, (_, index) => {
    const manual = wanted.assignments?.[index]
    if (manual !== undefined) checkReplicas(image, manual)
    return partitionRecord(topic.id, before + index, manual ?? place(image, replicationFactor), directoryId)
  })
}

/** The records that take a topic away. */
export const planRemoval = (topic: TopicImage): MetadataRecordInput[] => [
  { kind: 'removeTopic', version: 0, value: { topicId: topic.id } },
]

const liveBrokers = (image: MetadataImage): BrokerImage[] =>
  [...image.brokers.values()].filter((broker) => !broker.fenced)

function checkCount(count: number): void {
  if (count > maxPartitions) {
    throw new ProtocolError('POLICY_VIOLATION', `${count} partitions in one request, the limit is ${maxPartitions}`)
  }
}

function placedReplicas(image: MetadataImage, wanted: NewTopic, defaults: TopicDefaults): (readonly number[])[] {
  const { numPartitions, replicationFactor } = wanted
  if (numPartitions < -1 || numPartitions === 0) {
    throw new ProtocolError('INVALID_PARTITIONS', `a topic has at least one partition, not ${numPartitions}`)
  }
  if (replicationFactor < -1 || replicationFactor === 0) {
    throw new ProtocolError(
      'INVALID_REPLICATION_FACTOR',
      `a partition has at least one replica, not ${replicationFactor}`,
    )
  }
  const count = numPartitions === -1 ? defaults.numPartitions : numPartitions
  checkCount(count)
  const replicas = place(image, replicationFactor === -1 ? defaults.replicationFactor : replicationFactor)
  return Array.from({ length: count }, () => replicas)
}

function place(image: MetadataImage, replicationFactor: number): readonly number[] {
  const live = liveBrokers(image)
  if (replicationFactor > live.length) {
    throw new ProtocolError(
      'INVALID_REPLICATION_FACTOR',
      `replication factor ${replicationFactor} needs as many brokers, there are ${live.length}`,
    )
  }
  return live.slice(0, replicationFactor).map(({ id }) => id)
}

function manualReplicas(image: MetadataImage, wanted: NewTopic): (readonly number[])[] {
  if (wanted.numPartitions !== -1) {
    throw new ProtocolError('INVALID_REQUEST', 'with assignments the number of partitions must be -1')
  }
  if (wanted.replicationFactor !== -1) {
    throw new ProtocolError('INVALID_REQUEST', 'with assignments the replication factor must be -1')
  }
  checkCount(wanted.assignments.length)
  const replicas: (readonly number[])[] = []
  for (const { partitionIndex, brokerIds } of wanted.assignments) {
    if (replicas[partitionIndex] !== undefined) {
      throw new ProtocolError('INVALID_REPLICA_ASSIGNMENT', `partition ${partitionIndex} is assigned twice`)
    }
    checkReplicas(image, brokerIds)
    replicas[partitionIndex] = brokerIds
  }
  if (replicas.length !== wanted.assignments.length || replicas.includes(undefined as never)) {
    throw new ProtocolError('INVALID_REPLICA_ASSIGNMENT', 'assigned partitions must be numbered from 0 without a gap')
  }
  return replicas
}

function checkReplicas(image: MetadataImage, brokerIds: readonly number[]): void {
  if (brokerIds.length === 0)
    throw new ProtocolError('INVALID_REPLICA_ASSIGNMENT', 'a partition is assigned to no broker')
  if (new Set(brokerIds).size !== brokerIds.length) {
    throw new ProtocolError('INVALID_REPLICA_ASSIGNMENT', 'a partition is assigned to the same broker twice')
  }
  const unknown = brokerIds.find((id) => !image.brokers.has(id))
  if (unknown !== undefined) {
    throw new ProtocolError(
      'INVALID_REPLICA_ASSIGNMENT',
      `a partition is assigned to broker ${unknown}, which is not registered`,
    )
  }
}

function partitionRecord(
  topicId: string,
  partitionId: number,
  replicas: readonly number[],
  directoryId: string,
): MetadataRecordInput {
  return {
    kind: 'partition',
    version: 2,
    value: {
      partitionId,
      topicId,
      replicas,
      isr: replicas,
      removingReplicas: [],
      addingReplicas: [],
      leader: replicas[0]!,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: replicas.map(() => directoryId),
    },
  }
}
