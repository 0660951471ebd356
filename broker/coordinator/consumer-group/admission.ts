import type { ConsumerGroupHeartbeatRequest } from '#core/wire/api/68-consumer-group-heartbeat.ts'
import { randomUuid } from '#core/bytes/uuid.ts'
import { ProtocolError } from '#core/wire/errors.ts'
import type { GroupWorld } from '../group/step.ts'
import type { CoordinatorRecord } from '../records.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, currentRecord, memberRecord, newMember, usesClassic } from './member.ts'
import { type ListedPartitions, isWithin, listed } from './partitions.ts'
import { assignors } from './target-assignment.ts'

/** The epochs that say something else than where a member is. */
export const epochs = { join: 0, leave: -1, leaveForAWhile: -2 } as const

const invalid = (problem: string): ProtocolError => new ProtocolError('INVALID_REQUEST', problem)

/** Throws INVALID_REQUEST or UNSUPPORTED_ASSIGNOR for a heartbeat that makes no sense in any group. */
export function checkHeartbeat(
  world: { readonly config: GroupWorld['config'] },
  request: ConsumerGroupHeartbeatRequest,
  apiVersion: number,
): void {
  const { memberEpoch, serverAssignor } = request
  // Until version 0 the coordinator makes the id of somebody who joins.
  const needsId = apiVersion >= 1 || memberEpoch > 0 || memberEpoch === epochs.leave
  if (needsId && request.memberId.trim() === '') throw invalid("MemberId can't be empty.")
  if (request.groupId.trim() === '') throw invalid("GroupId can't be empty.")
  if (request.instanceId?.trim() === '') throw invalid("InstanceId can't be empty.")
  if (request.rackId?.trim() === '') throw invalid("RackId can't be empty.")
  if (memberEpoch === epochs.join) checkJoin(request)
  else if (memberEpoch === epochs.leaveForAWhile) {
    if (request.instanceId === null) throw invalid("InstanceId can't be null.")
  } else if (memberEpoch < epochs.leaveForAWhile) throw invalid('MemberEpoch is invalid.')
  const served = world.config['group.consumer.assignors'].filter((name) => name in assignors)
  if (serverAssignor !== null && !served.includes(serverAssignor)) {
    throw new ProtocolError(
      'UNSUPPORTED_ASSIGNOR',
      `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${served.join(', ')}.`,
    )
  }
}

function checkJoin(request: ConsumerGroupHeartbeatRequest): void {
  if (request.rebalanceTimeoutMs === -1) throw invalid('RebalanceTimeoutMs must be provided in first request.')
  if (request.topicPartitions === null || request.topicPartitions.length > 0) {
    throw invalid('TopicPartitions must be empty when (re-)joining.')
  }
  if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null) {
    throw invalid('Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.')
  }
}

/** Who somebody is in the group; with `replaced` the static member whose place he takes. */
export interface Admitted {
  readonly member: ConsumerMember
  readonly replaced?: ConsumerMember
}

/** The member that a heartbeat comes from, or the one that it makes. Throws why it is not let in. */
export function admit(world: GroupWorld, group: ConsumerGroup, request: ConsumerGroupHeartbeatRequest): Admitted {
  checkRoom(world, group, request.memberId)
  const memberId = request.memberId === '' ? randomUuid(world.random) : request.memberId
  const { memberEpoch, instanceId, topicPartitions } = request
  const joins = memberEpoch === epochs.join
  if (instanceId === null) {
    const member = group.members.get(memberId) ?? (joins ? newMember(memberId) : undefined)
    if (member === undefined) throw unknownMember(group, memberId)
    checkEpoch(member, memberEpoch, topicPartitions)
    return { member }
  }
  const known = group.staticMember(instanceId)
  if (joins) return admitStatic(group, known, memberId, instanceId, false)
  const member = staticMemberOf(known, memberId, instanceId)
  checkEpoch(member, memberEpoch, topicPartitions)
  return { member }
}

/** Throws GROUP_MAX_SIZE_REACHED for one member too many. */
export function checkRoom(world: GroupWorld, group: ConsumerGroup, memberId: string): void {
  const limit = world.config['group.consumer.max.size']
  if (group.members.size < limit || group.members.has(memberId)) return
  throw new ProtocolError(
    'GROUP_MAX_SIZE_REACHED',
    `The consumer group has reached its maximum capacity of ${limit} members.`,
  )
}

export const unknownMember = (group: ConsumerGroup, memberId: string): ProtocolError =>
  new ProtocolError('UNKNOWN_MEMBER_ID', `Member ${memberId} is not a member of group ${group.groupId}.`)

/** A static member that joins: a new one, or one that takes the place of its earlier self, unless that one lives. */
export function admitStatic(
  group: ConsumerGroup,
  known: ConsumerMember | undefined,
  memberId: string,
  instanceId: string,
  isClassic: boolean,
): Admitted {
  if (known === undefined) return { member: group.members.get(memberId) ?? newMember(memberId) }
  if (!isClassic && !usesClassic(known) && known.memberEpoch !== epochs.leaveForAWhile) {
    throw new ProtocolError(
      'UNRELEASED_INSTANCE_ID',
      `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is ` +
        `owned by ${known.memberId} member.`,
    )
  }
  return { member: { ...known, memberId, memberEpoch: 0, previousMemberEpoch: 0 }, replaced: known }
}

/** The static member of an instance id. Throws when there is none, or it is another one now. */
export function staticMemberOf(
  known: ConsumerMember | undefined,
  memberId: string,
  instanceId: string,
): ConsumerMember {
  if (known === undefined) throw new ProtocolError('UNKNOWN_MEMBER_ID', `Instance id ${instanceId} is unknown.`)
  if (known.memberId === memberId) return known
  throw new ProtocolError(
    'FENCED_INSTANCE_ID',
    `Static member ${memberId} with instance id ${instanceId} was fenced by member ${known.memberId}.`,
  )
}

function checkEpoch(
  { memberEpoch: known, previousMemberEpoch, assigned }: ConsumerMember,
  received: number,
  owned: readonly ListedPartitions[] | null,
): void {
  if (received === epochs.join || received === known) return
  // The answer with the present epoch may have been lost.
  if (received < known && received === previousMemberEpoch && isWithin(owned, assigned)) return
  throw new ProtocolError(
    'FENCED_MEMBER_EPOCH',
    `The consumer group member has a ${received > known ? 'greater' : 'smaller'} member epoch (${received}) than the ` +
      `one known by the group coordinator (${known}). The member must abandon all its partitions and rejoin.`,
  )
}

/** The records that take a member out of the group; their order is that in which its parts may go. */
export function removalRecords(groupId: string, memberId: string): CoordinatorRecord[] {
  const of = { kind: 'consumer', groupId, memberId, value: null } as const
  return [
    { ...of, part: 'current' },
    { ...of, part: 'target' },
    { ...of, part: 'member' },
  ]
}

/** The records that put a static member that came back into the place of its earlier self. */
export function replaceStatic(group: ConsumerGroup, replaced: ConsumerMember, member: ConsumerMember) {
  const { groupId } = group
  const { memberId } = member
  const topicPartitions = listed(group.targetOf(replaced.memberId, null))
  const records: CoordinatorRecord[] = [
    ...removalRecords(groupId, replaced.memberId),
    memberRecord(groupId, member),
    { kind: 'consumer', groupId, part: 'target', memberId, value: { topicPartitions } },
    currentRecord(groupId, member),
  ]
  return records
}
