import { decodeAssignment, decodeSubscription } from '#core/wire/embedded/consumer-protocol.ts'
import { ProtocolError } from '#core/wire/errors.ts'
import type { ClassicGroup } from '../group/classic-group.ts'
import { type Member, metadataOf } from '../group/member.ts'
import { consumerProtocolType } from '../group/protocols.ts'
import type { GroupWorld } from '../group/step.ts'
import { metadataHash } from '../metadata-hash.ts'
import type { CoordinatorRecord } from '../records.ts'
import { type ConsumerMember, currentRecord, memberRecord, newMember, topicNames } from './member.ts'
import { type Owned, listed } from './partitions.ts'
import { subscribedTopics } from './subscriptions.ts'

/**
 * The records that make a consumer group of a classic one, its tombstone first: every member keeps what it has and stays a
 * member of the classic protocol. Throws GROUP_ID_NOT_FOUND when that cannot be.
 */
export function upgrade(world: GroupWorld, classic: ClassicGroup): CoordinatorRecord[] {
  checkUpgrade(world, classic)
  const { groupId, generationId: epoch } = classic
  const members = Array.from(classic.members.values(), (member) => convert(world, classic, member))
  const hash = metadataHash(world.topics, subscribedTopics(members, new Map()))
  return [
    ...classic.tombstones(),
    ...members.map((member) => memberRecord(groupId, member)),
    { kind: 'consumer', groupId, part: 'group', value: { epoch, metadataHash: hash } },
    ...members.map(({ memberId, assigned }): CoordinatorRecord => {
      return { kind: 'consumer', groupId, part: 'target', memberId, value: { topicPartitions: listed(assigned) } }
    }),
    { kind: 'consumer', groupId, part: 'targetEpoch', value: { assignmentEpoch: epoch, assignmentTimestamp: 0 } },
    ...members.map((member) => currentRecord(groupId, member)),
  ]
}

function checkUpgrade(world: GroupWorld, classic: ClassicGroup): void {
  const policy = world.config['group.consumer.migration.policy']
  if (policy !== 'bidirectional' && policy !== 'upgrade')
    throw refusal(classic, 'group.consumer.migration.policy forbids it')
  if (classic.protocolType !== consumerProtocolType) {
    throw refusal(classic, 'its members are not consumers')
  }
  if (classic.members.size > world.config['group.consumer.max.size']) {
    throw refusal(classic, 'it has more members than group.consumer.max.size allows')
  }
}

const refusal = ({ groupId }: ClassicGroup, why: string): ProtocolError =>
  new ProtocolError('GROUP_ID_NOT_FOUND', `the classic group ${groupId} cannot become a consumer group: ${why}`)

function convert(world: GroupWorld, classic: ClassicGroup, member: Member): ConsumerMember {
  const epoch = classic.generationId
  try {
    const subscription = decodeSubscription(metadataOf(member, classic.protocolName))
    const { assignedPartitions, userData } = decodeAssignment(member.assignment)
    if (userData !== null && userData.length > 0)
      throw refusal(classic, 'its members assign with an assignor of their own')
    return {
      ...newMember(member.memberId),
      memberEpoch: epoch,
      previousMemberEpoch: epoch,
      instanceId: member.groupInstanceId,
      rackId: subscription.rackId === '' ? null : subscription.rackId,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: topicNames(subscription.topics),
      classic: {
        sessionTimeoutMs: member.sessionTimeoutMs,
        supportedProtocols: member.protocols.map(({ name, metadata }) => ({ name, metadata })),
      },
      assigned: ownedByName(world, assignedPartitions, epoch),
    }
  } catch (error) {
    if (error instanceof ProtocolError) throw error
    throw refusal(classic, 'what its members wrote to one another cannot be read')
  }
}

/** What a member of the classic protocol has by the names of its topics, those that exist. */
export function ownedByName(
  world: GroupWorld,
  assigned: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  epoch: number,
): Owned {
  const owned = new Map<string, Map<number, number>>()
  for (const { topic, partitions } of assigned) {
    const id = world.topics.topicId(topic)
    if (id === undefined || partitions.length === 0) continue
    owned.set(id, new Map(partitions.map((partition) => [partition, epoch])))
  }
  return owned
}
