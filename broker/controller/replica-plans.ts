import { ProtocolError } from '#core/wire/errors.ts'
import type { MetadataRecordInput } from '#core/wire/stored/metadata-frame.ts'

import type { MetadataImage, PartitionImage, TopicImage } from './image.ts'

/** This node as plans for replicas need it. */
export interface Replica {
  readonly nodeId: number
  /** Directory of this node's replicas. */
  readonly directoryId: string
}

interface Place {
  readonly topic: TopicImage
  readonly partition: PartitionImage
}

function placeOf(image: MetadataImage, name: string, index: number): Place {
  const topic = image.topics.get(name)
  if (topic === undefined) throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic '${name}'`)
  const partition = topic.partitions[index]
  if (partition !== undefined) return { topic, partition }
  throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION', `topic '${name}' has no partition ${index}`)
}

/**
 * What an election comes to: always an error, because a node that holds a partition and runs leads it. Mostly it says that
 * no election is needed. `preferred`: the first replica shall lead; else anybody who can.
 */
export function electionProblem(image: MetadataImage, name: string, index: number, preferred: boolean): ProtocolError {
  try {
    const { leader, replicas } = placeOf(image, name, index).partition
    if (preferred ? leader === replicas[0] : leader !== -1) {
      return new ProtocolError('ELECTION_NOT_NEEDED', `broker ${leader} leads it already`)
    }
    return preferred
      ? new ProtocolError('PREFERRED_LEADER_NOT_AVAILABLE', `broker ${replicas[0]} is not there`)
      : new ProtocolError('ELIGIBLE_LEADERS_NOT_AVAILABLE', 'none of its replicas is there')
  } catch (error) {
    if (error instanceof ProtocolError) return error
    throw error
  }
}

/**
 * Decides new replicas for a partition, null to cancel what is under way. With one live broker there is one place for it:
 * what is left to decide is that replicas of brokers that are gone are given up. Throws the ProtocolError that the client
 * gets.
 */
export function planReassignment(
  image: MetadataImage,
  wanted: { readonly topic: string; readonly index: number; readonly replicas: readonly number[] | null },
  here: Replica,
  allowReplicationFactorChange: boolean,
): MetadataRecordInput[] {
  const { topic, partition } = placeOf(image, wanted.topic, wanted.index)
  const { replicas } = wanted
  const isMoving = partition.addingReplicas.length > 0 || partition.removingReplicas.length > 0
  if (replicas === null) {
    if (!isMoving) throw new ProtocolError('NO_REASSIGNMENT_IN_PROGRESS')
    const before = partition.replicas.filter((id) => !partition.addingReplicas.includes(id))
    return [change(topic, partition, { replicas: before, directories: directoriesOf(partition, before, here) })]
  }
  checkReplicas(image, replicas)
  if (!allowReplicationFactorChange && replicas.length !== partition.replicas.length) {
    const problem = `it has ${partition.replicas.length} replicas and would have ${replicas.length}`
    throw new ProtocolError('INVALID_REPLICATION_FACTOR', problem)
  }
  if (!isMoving && String(replicas) === String(partition.replicas)) return []
  if (!partition.isr.some((id) => replicas.includes(id))) {
    throw new ProtocolError('INVALID_REPLICA_ASSIGNMENT', 'none of the new replicas holds what the partition has')
  }
  const isr = partition.isr.filter((id) => replicas.includes(id))
  return [
    change(topic, partition, {
      replicas,
      isr,
      directories: directoriesOf(partition, replicas, here),
      ...(!replicas.includes(partition.leader) && { leader: isr[0]! }),
    }),
  ]
}

function checkReplicas(image: MetadataImage, replicas: readonly number[]): void {
  const refuse = (problem: string) => new ProtocolError('INVALID_REPLICA_ASSIGNMENT', problem)
  if (replicas.length === 0) throw refuse('a partition needs a replica')
  if (new Set(replicas).size < replicas.length) throw refuse('a broker is named twice')
  const missing = replicas.find((id) => image.brokers.get(id)?.fenced !== false)
  if (missing !== undefined) throw refuse(`broker ${missing} is not there`)
}

const directoriesOf = (partition: PartitionImage, replicas: readonly number[], here: Replica): string[] =>
  replicas.map((id) => (id === here.nodeId ? here.directoryId : partition.directories[partition.replicas.indexOf(id)]!))

const change = (
  { id: topicId }: TopicImage,
  { partitionId }: PartitionImage,
  changes: object,
): MetadataRecordInput => ({
  kind: 'partitionChange',
  version: 2,
  value: { partitionId, topicId, addingReplicas: [], removingReplicas: [], ...changes },
})

/** Decides that a broker which is gone is forgotten, also as a replica in sync. Throws the ProtocolError for the client. */
export function planUnregistration(image: MetadataImage, brokerId: number, nodeId: number): MetadataRecordInput[] {
  const broker = image.brokers.get(brokerId)
  if (broker === undefined) throw new ProtocolError('BROKER_ID_NOT_REGISTERED', `broker ${brokerId} is not registered`)
  if (brokerId === nodeId) throw new ProtocolError('INVALID_REQUEST', `broker ${brokerId} is running`)
  const records: MetadataRecordInput[] = []
  for (const topic of image.topics.values()) {
    for (const partition of topic.partitions) {
      const isr = partition.isr.filter((id) => id !== brokerId)
      if (isr.length === partition.isr.length || isr.length === 0) continue
      const { partitionId } = partition
      records.push({ kind: 'partitionChange', version: 2, value: { partitionId, topicId: topic.id, isr } })
    }
  }
  return [...records, { kind: 'unregisterBroker', version: 0, value: { brokerId, brokerEpoch: broker.epoch } }]
}
