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
  if (needsId && request.memberId.trim() === '') throw invalid('the member id is missing')
  if (request.groupId.trim() === '') throw invalid('the group id is missing')
  if (request.instanceId?.trim() === '')
    throw invalid('an instance id must not be empty; leave it out for a member that is not static')
  if (request.rackId?.trim() === '') throw invalid('a rack id must not be empty; leave it out when there is none')
  if (memberEpoch === epochs.join) checkJoin(request)
  else if (memberEpoch === epochs.leaveForAWhile) {
    if (request.instanceId === null) throw invalid('only a member with an instance id can leave for a while')
  } else if (memberEpoch < epochs.leaveForAWhile) throw invalid(`there is no member epoch ${memberEpoch}`)
  const served = world.config['group.consumer.assignors'].filter((name) => name in assignors)
  if (serverAssignor !== null && !served.includes(serverAssignor)) {
    throw new ProtocolError(
      'UNSUPPORTED_ASSIGNOR',
      `there is no assignor ${serverAssignor} here; choose one of ${served.join(', ')}`,
    )
  }
}

function checkJoin(request: ConsumerGroupHeartbeatRequest): void {
  if (request.rebalanceTimeoutMs === -1) throw invalid('who joins must say its rebalance timeout')
  if (request.topicPartitions === null || request.topicPartitions.length > 0) {
    throw invalid('who joins must own nothing, and say so with an empty list')
  }
  if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null) {
    throw invalid('who joins must subscribe to topics, by name or by pattern')
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
    `the group has ${limit} members, and group.consumer.max.size allows no more`,
  )
}

/** The refusal on which clients forget their member id and join anew. */
export const unknownMember = (group: ConsumerGroup, memberId: string): ProtocolError =>
  new ProtocolError('UNKNOWN_MEMBER_ID', `${memberId} is not in the group ${group.groupId}`)

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
      `${memberId} cannot be ${instanceId}: ${known.memberId} is, and has not left`,
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
  if (known === undefined)
    throw new ProtocolError('UNKNOWN_MEMBER_ID', `nobody in the group has the instance id ${instanceId}`)
  if (known.memberId === memberId) return known
  throw new ProtocolError('FENCED_INSTANCE_ID', `${known.memberId} took the place of ${memberId} as ${instanceId}`)
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
    `the member says it is in epoch ${received}, but it is in ${known}: it must give up all partitions and join again`,
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
