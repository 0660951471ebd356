import type { JoinGroupResponseInput } from '#core/wire/api/11-join-group.ts'
import type { HeartbeatRequest } from '#core/wire/api/12-heartbeat.ts'
import type { SyncGroupRequest, SyncGroupResponseInput } from '#core/wire/api/14-sync-group.ts'
import { ProtocolError } from '#core/wire/errors.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import { consumerProtocolType } from '../group/protocols.ts'
import type { Leaver } from '../group/leave.ts'
import type { GroupWorld, Step } from '../group/step.ts'
import type { CoordinatorRecord } from '../records.ts'
import { staticMemberOf, unknownMember } from './admission.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { embeddedAssignment } from './downgrade.ts'
import { type ConsumerMember, memberStates, usesClassic } from './member.ts'
import { removeMembers } from './removal.ts'
import { clearSyncAlarm, setJoinAlarm, setSessionAlarm } from './timers.ts'

/** The protocol that a classic member is told; it only matters that it knows it. */
const classicProtocolOf = (member: ConsumerMember): string => member.classic!.supportedProtocols[0]!.name

/** The classic member that a request comes from. Throws a ProtocolError when there is none. */
function classicMember(
  group: ConsumerGroup,
  { memberId, groupInstanceId, generationId }: Pick<HeartbeatRequest, 'memberId' | 'groupInstanceId' | 'generationId'>,
): ConsumerMember {
  const member =
    groupInstanceId === null
      ? group.members.get(memberId)
      : staticMemberOf(group.staticMember(groupInstanceId), memberId, groupInstanceId)
  if (member === undefined || !usesClassic(member)) throw unknownMember(group, memberId)
  if (member.memberEpoch !== generationId) throw new ProtocolError('ILLEGAL_GENERATION')
  return member
}

/** SyncGroup of a classic member: its part, in the classic form. */
export function syncClassicMember(
  world: GroupWorld,
  group: ConsumerGroup,
  request: SyncGroupRequest,
): SyncGroupResponseInput {
  const { groupId } = group
  const member = classicMember(group, request)
  const protocolName = classicProtocolOf(member)
  const isOther = request.protocolType !== null && request.protocolType !== consumerProtocolType
  if (isOther || (request.protocolName !== null && request.protocolName !== protocolName)) {
    throw new ProtocolError('INCONSISTENT_GROUP_PROTOCOL')
  }
  // A member that is giving partitions up has joined already and first has to finish that.
  if (group.groupEpoch > member.memberEpoch && member.state !== memberStates.unrevoked) {
    setJoinAlarm(world, group, member)
    throw new ProtocolError('REBALANCE_IN_PROGRESS')
  }
  clearSyncAlarm(world, groupId, member.memberId)
  setSessionAlarm(world, group, member.memberId, member.classic!.sessionTimeoutMs)
  const { metadata } = member.classic!.supportedProtocols[0]!
  return {
    errorCode: 0,
    protocolType: consumerProtocolType,
    protocolName,
    assignment: embeddedAssignment(world, member.assigned, metadata),
  }
}

/** Heartbeat of a classic member; REBALANCE_IN_PROGRESS when joining again brings it further. Throws a ProtocolError. */
export function classicHeartbeat(world: GroupWorld, group: ConsumerGroup, request: HeartbeatRequest): ErrorName | null {
  const member = classicMember(group, request)
  setSessionAlarm(world, group, member.memberId, member.classic!.sessionTimeoutMs)
  const mustJoin =
    member.memberEpoch < group.groupEpoch ||
    member.state === memberStates.unrevoked ||
    (member.state === memberStates.unreleased && !waitsForOthers(group, member))
  if (!mustJoin) return null
  setJoinAlarm(world, group, member)
  return 'REBALANCE_IN_PROGRESS'
}

/** True while something that the member is to own is still another one's. */
function waitsForOthers(group: ConsumerGroup, member: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.targetOf(member.memberId, member.instanceId)) {
    const owned = member.assigned.get(topicId)
    for (const partition of partitions) {
      if (owned?.has(partition) !== true && group.isTaken(topicId, partition)) return true
    }
  }
  return false
}

/** LeaveGroup in a consumer group: takes out whoever is named, of whatever protocol. */
export function leaveConsumerGroup(
  world: GroupWorld,
  group: ConsumerGroup,
  leavers: readonly Leaver[],
): { readonly problems: readonly (ErrorName | null)[]; readonly step: Step } {
  const leaving = new Map<string, ConsumerMember>()
  const problems = leavers.map(({ memberId, groupInstanceId }): ErrorName | null => {
    const member = groupInstanceId === null ? group.members.get(memberId) : group.staticMember(groupInstanceId)
    if (member === undefined) return 'UNKNOWN_MEMBER_ID'
    if (groupInstanceId !== null && memberId !== '' && member.memberId !== memberId) return 'FENCED_INSTANCE_ID'
    leaving.set(member.memberId, member)
    return null
  })
  const records: CoordinatorRecord[] = removeMembers(world, group, [...leaving.values()])
  return { problems, step: { records } }
}

/** The answer to a JoinGroup that was taken in: the member is in the generation of its epoch. */
export const joined = (member: ConsumerMember): JoinGroupResponseInput => ({
  errorCode: 0,
  generationId: member.memberEpoch,
  protocolType: consumerProtocolType,
  protocolName: classicProtocolOf(member),
  leader: '',
  memberId: member.memberId,
  members: [],
})
