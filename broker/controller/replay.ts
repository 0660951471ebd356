import type { MetadataRecord, UnknownMetadataRecord } from '#core/wire/stored/metadata-frame.ts'

import { entityOf } from '../quota/quota-entity.ts'
import type { BrokerImage, MetadataImage, PartitionImage, TopicImage } from './image.ts'
import { configKey } from './image.ts'

type ValueOf<Kind extends MetadataRecord['kind']> = Extract<MetadataRecord, { kind: Kind }>['value']

/** A record that cannot follow those before it: the log is damaged, or a fault of ours wrote it. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError'
}

/**
 * Applies one record to the image: the only place where metadata changes, whether the record has just been decided or is
 * read back after a restart. Throws a ReplayError and then leaves the image as it was.
 */
export function replay(record: MetadataRecord | UnknownMetadataRecord, image: MetadataImage): void {
  switch (record.kind) {
    case 'featureLevel':
      return replayFeature(record.value, image)
    case 'registerBroker':
      return replayRegisterBroker(record.value, image)
    case 'unregisterBroker':
      image.brokers.delete(record.value.brokerId)
      return
    case 'fenceBroker':
      return changeBroker(image, record.value.id, { fenced: true })
    case 'unfenceBroker':
      return changeBroker(image, record.value.id, { fenced: false })
    case 'brokerRegistrationChange':
      return replayRegistrationChange(record.value, image)
    case 'topic':
      return replayTopic(record.value, image)
    case 'partition':
      return replayPartition(record.value, image)
    case 'partitionChange':
      return replayPartitionChange(record.value, image)
    case 'removeTopic':
      return replayRemoveTopic(record.value, image)
    case 'config':
      return replayConfig(record.value, image)
    case 'registerController':
      return replayRegisterController(record.value, image)
    case 'accessControlEntry':
      image.acls.add(record.value)
      return
    case 'removeAccessControlEntry':
      if (!image.acls.remove(record.value.id))
        throw new ReplayError(`no access control entry has id ${record.value.id}`)
      return
    case 'userScramCredential': {
      const { name, mechanism, iterations, ...bytes } = record.value
      const [salt, storedKey, serverKey] = [bytes.salt, bytes.storedKey, bytes.serverKey].map((each) =>
        Buffer.from(each),
      )
      image.scram.set(mechanism, name, { salt: salt!, storedKey: storedKey!, serverKey: serverKey!, iterations })
      return
    }
    case 'removeUserScramCredential':
      if (!image.scram.delete(record.value.mechanism, record.value.name))
        throw new ReplayError(`user "${record.value.name}" has no such credential`)
      return
    case 'clientQuota':
      return replayQuota(record.value, image)
    case 'producerIds':
      image.nextProducerId = Math.max(image.nextProducerId, record.value.nextProducerId)
      return
    case 'unknown':
      image.unknown.push({ ...record, body: Buffer.from(record.body) })
      return
    case 'noOp':
    case 'beginTransaction':
    case 'endTransaction':
    case 'abortTransaction':
      return
  }
}

function replayQuota({ entity, key, value, remove }: ValueOf<'clientQuota'>, image: MetadataImage): void {
  if (remove) image.quotas.remove(entityOf(entity), key)
  else image.quotas.set(entityOf(entity), key, value)
}

function replayFeature({ name, featureLevel }: ValueOf<'featureLevel'>, image: MetadataImage): void {
  if (featureLevel === 0) image.features.delete(name)
  else image.features.set(name, featureLevel)
}

function replayRegisterBroker(value: ValueOf<'registerBroker'>, image: MetadataImage): void {
  image.brokers.set(value.brokerId, {
    id: value.brokerId,
    epoch: value.brokerEpoch,
    incarnationId: value.incarnationId,
    endpoints: value.endPoints,
    features: value.features,
    rack: value.rack,
    fenced: value.fenced,
    inControlledShutdown: value.inControlledShutdown,
    logDirs: value.logDirs,
  })
}

function replayRegisterController(value: ValueOf<'registerController'>, image: MetadataImage): void {
  const { controllerId: id, incarnationId, zkMigrationReady, endPoints: endpoints, features } = value
  image.controllers.set(id, { id, incarnationId, zkMigrationReady, endpoints, features })
}

function replayRegistrationChange(value: ValueOf<'brokerRegistrationChange'>, image: MetadataImage): void {
  const { brokerId, fenced, inControlledShutdown, logDirs } = value
  changeBroker(image, brokerId, {
    ...(fenced !== 0 && { fenced: fenced > 0 }),
    ...(inControlledShutdown !== 0 && { inControlledShutdown: inControlledShutdown > 0 }),
    ...(logDirs.length > 0 && { logDirs }),
  })
}

function changeBroker(image: MetadataImage, id: number, change: Partial<BrokerImage>): void {
  const broker = image.brokers.get(id)
  if (broker === undefined) throw new ReplayError(`broker ${id} is not registered`)
  image.brokers.set(id, { ...broker, ...change })
}

function replayTopic({ name, topicId }: ValueOf<'topic'>, image: MetadataImage): void {
  if (image.topics.has(name)) throw new ReplayError(`topic "${name}" is there already`)
  const topic: TopicImage = { name, id: topicId, partitions: [] }
  image.topics.set(name, topic)
  image.topicsById.set(topicId, topic)
}

function topicById(image: MetadataImage, topicId: string): TopicImage {
  const topic = image.topicsById.get(topicId)
  if (topic === undefined) throw new ReplayError(`no topic has id ${topicId}`)
  return topic
}

function replayPartition(value: ValueOf<'partition'>, image: MetadataImage): void {
  const { topicId, ...partition } = value
  topicById(image, topicId).partitions[partition.partitionId] = partition
}

/** Leader -2 and null lists leave things as they are; a new leader, even the same one, is a new leader epoch. */
function replayPartitionChange(value: ValueOf<'partitionChange'>, image: MetadataImage): void {
  const topic = topicById(image, value.topicId)
  const before = topic.partitions[value.partitionId]
  if (before === undefined) throw new ReplayError(`topic "${topic.name}" has no partition ${value.partitionId}`)
  const replicas = value.replicas ?? before.replicas
  const after: PartitionImage = {
    ...before,
    replicas,
    isr: value.isr ?? before.isr,
    removingReplicas: value.removingReplicas ?? before.removingReplicas,
    addingReplicas: value.addingReplicas ?? before.addingReplicas,
    directories: value.directories ?? before.directories,
    eligibleLeaderReplicas: value.eligibleLeaderReplicas ?? before.eligibleLeaderReplicas,
    lastKnownElr: value.lastKnownElr ?? before.lastKnownElr,
    leaderRecoveryState: value.leaderRecoveryState === -1 ? before.leaderRecoveryState : value.leaderRecoveryState,
    leader: value.leader === -2 ? before.leader : value.leader,
    leaderEpoch: value.leader === -2 ? before.leaderEpoch : before.leaderEpoch + 1,
    partitionEpoch: before.partitionEpoch + 1,
  }
  topic.partitions[value.partitionId] = after
}

function replayRemoveTopic({ topicId }: ValueOf<'removeTopic'>, image: MetadataImage): void {
  const topic = topicById(image, topicId)
  image.topicsById.delete(topicId)
  image.topics.delete(topic.name)
  image.configs.delete(configKey(2, topic.name))
}

function replayConfig({ resourceType, resourceName, name, value }: ValueOf<'config'>, image: MetadataImage): void {
  const key = configKey(resourceType, resourceName)
  const before = image.configs.get(key)
  const after = new Map(before)
  if (value === null) after.delete(name)
  else after.set(name, value)
  if (after.size === 0) image.configs.delete(key)
  else image.configs.set(key, after)
}
