import { Alarm } from '../alarm.ts'
import { ClassicGroup } from './classic-group.ts'
import type { Joining } from './join.ts'
import { type Member, joinProblem, keepProtocols, noBytes } from './member.ts'
import { joinDue, syncDue } from './rebalance.ts'
import { pendingDue, sessionDue } from './session.ts'
import type { GroupWorld } from './step.ts'

/** How long somebody new may wait in a JoinGroup: it cannot show by heartbeats that it still lives. */
const newMemberJoinTimeoutMs = 5 * 60_000

/** An empty group whose timers lead to steps of it. */
export function createGroup(world: GroupWorld, groupId: string): ClassicGroup {
  return new ClassicGroup(groupId, world.clock.now(), (group) => ({
    join: new Alarm(world, () => world.run(groupId, joinDue(world, group))),
    sync: new Alarm(world, () => world.run(groupId, syncDue(world, group))),
  }))
}

/** A member whose session, once set, leads to a step of the group when it ends. */
export function createMember(world: GroupWorld, group: ClassicGroup, facts: Omit<Member, 'session'>): Member {
  const { groupId } = group
  const session = new Alarm(world, () => world.run(groupId, sessionDue(world, group, facts.memberId)))
  return { ...facts, session }
}

/** An id that nobody else has: a name that people recognise, and a random UUID. */
export function newMemberId(world: GroupWorld, prefix: string): string {
  const bytes = world.random.bytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  return `${prefix}-${parts.join('-')}`
}

/** Remembers an id that was given out, for as long as its client's session would last. */
export function addPending(world: GroupWorld, group: ClassicGroup, memberId: string, sessionTimeoutMs: number): void {
  const alarm = new Alarm(world, () => world.run(group.groupId, pendingDue(world, group, memberId)))
  alarm.set(sessionTimeoutMs)
  group.pendingJoin.set(memberId, alarm)
}

/** Adds who joins as a member that waits for the rebalance. */
export function addMember(world: GroupWorld, group: ClassicGroup, memberId: string, joining: Joining): void {
  const { context, request, reply } = joining
  if (group.initialDelay !== null) group.newMemberAdded = true
  const member = createMember(world, group, {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: context.clientId ?? '',
    clientHost: context.clientHost,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocols: keepProtocols(request.protocols),
    assignment: noBytes,
    isNew: true,
    joining: reply,
    syncing: null,
  })
  group.add(member, request.protocolType)
  member.session.set(newMemberJoinTimeoutMs)
}

/** Takes over what a member says of itself now, and lets its request wait in the place of an earlier one. */
export function updateMember(member: Member, { request, reply }: Joining): void {
  member.protocols = keepProtocols(request.protocols)
  member.rebalanceTimeoutMs = request.rebalanceTimeoutMs
  member.sessionTimeoutMs = request.sessionTimeoutMs
  const earlier = member.joining
  member.joining = reply
  earlier?.(joinProblem('REBALANCE_IN_PROGRESS', member.memberId))
}
