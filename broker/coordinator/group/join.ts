import type { JoinGroupRequest, JoinGroupResponseInput } from '#core/wire/api/11-join-group.ts'
import type { RequestContext } from '../ports.ts'
import { addMember, addPending, newMemberId, updateMember } from './arrival.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type Reply, hasProtocols, joinProblem } from './member.ts'
import { currentGeneration, rebalanceOrCompleteJoin } from './rebalance.ts'
import { replaceStaticMember } from './static-member.ts'
import { type GroupWorld, type Step, nothing } from './step.ts'

/** A JoinGroup with what it needs to be answered. */
export interface Joining {
  readonly context: RequestContext
  readonly request: JoinGroupRequest
  readonly reply: Reply<JoinGroupResponseInput>
}

/** Takes a member in, or back; the reply comes when the next generation begins unless there is no need to wait. */
export function joinGroup(world: GroupWorld, group: ClassicGroup, joining: Joining): Step {
  const { memberId, protocolType, protocols } = joining.request
  if (!hasRoomFor(world, group, memberId)) {
    group.remove(memberId)
    group.forgetPending(memberId)
    joining.reply(joinProblem('GROUP_MAX_SIZE_REACHED', ''))
    return nothing
  }
  if (!group.supports(protocolType, protocols)) {
    joining.reply(joinProblem('INCONSISTENT_GROUP_PROTOCOL', memberId))
    return nothing
  }
  return memberId === '' ? joinAsNew(world, group, joining) : joinAgain(world, group, joining)
}

/**
 * While members join, those who wait are counted and not those who are known: a group that is too large, since the limit
 * came down, so loses its last ones.
 */
function hasRoomFor(world: GroupWorld, group: ClassicGroup, memberId: string): boolean {
  const limit = world.config['group.max.size']
  const member = group.members.get(memberId)
  switch (group.state) {
    case 'Empty':
      return true
    case 'PreparingRebalance':
      return (member !== undefined && member.joining !== null) || group.awaitingJoinCount < limit
    default:
      return member !== undefined || group.members.size < limit
  }
}

function joinAsNew(world: GroupWorld, group: ClassicGroup, joining: Joining): Step {
  const { context, request, reply } = joining
  const { groupInstanceId } = request
  const memberId = newMemberId(world, groupInstanceId ?? context.clientId ?? '')
  if (groupInstanceId !== null) {
    const oldId = group.staticMembers.get(groupInstanceId)
    if (oldId !== undefined) return replaceStaticMember(world, group, group.members.get(oldId)!, memberId, joining)
    addMember(world, group, memberId, joining)
    return rebalanceOrCompleteJoin(world, group)
  }
  // Since version 4 a client learns its id before it joins, so that a lost reply leaves no ghost in the group (KIP-394).
  if (context.apiVersion >= 4) {
    addPending(world, group, memberId, request.sessionTimeoutMs)
    reply(joinProblem('MEMBER_ID_REQUIRED', memberId))
    return nothing
  }
  addMember(world, group, memberId, joining)
  return rebalanceOrCompleteJoin(world, group)
}

function joinAgain(world: GroupWorld, group: ClassicGroup, joining: Joining): Step {
  const { request, reply } = joining
  const { memberId, groupInstanceId, protocols } = request
  if (group.pendingJoin.has(memberId) && groupInstanceId === null) {
    addMember(world, group, memberId, joining)
    return rebalanceOrCompleteJoin(world, group)
  }
  const problem = group.memberProblem(memberId, groupInstanceId)
  if (problem !== null) {
    reply(joinProblem(problem, memberId))
    return nothing
  }
  const member = group.members.get(memberId)!
  // With nothing changed the present generation is repeated: the reply may have been lost. A leader of a stable group
  // joins again when topics changed, which its own metadata does not show.
  const unchanged = hasProtocols(member, protocols)
  const repeats =
    (group.state === 'CompletingRebalance' && unchanged) ||
    (group.state === 'Stable' && unchanged && !group.isLeader(memberId))
  if (repeats) {
    reply(currentGeneration(group, member))
    return nothing
  }
  updateMember(member, joining)
  return rebalanceOrCompleteJoin(world, group)
}
