import type { ClassicGroup } from './classic-group.ts'
import { afterRemoval, completeJoinIfAllJoined } from './rebalance.ts'
import { type GroupWorld, type Step, nothing } from './step.ts'

/** A member was silent for its session timeout. Who waits for an answer of ours is not held to be silent. */
export function sessionDue(world: GroupWorld, group: ClassicGroup, memberId: string): Step {
  const member = group.members.get(memberId)
  if (member === undefined) return nothing
  if (!member.isNew && (member.joining !== null || member.syncing !== null)) return nothing
  world.log('info', 'removing a member whose session ended', { group: group.groupId, member: memberId })
  group.remove(memberId)
  return afterRemoval(world, group)
}

/** An id that was given out was not used. */
export function pendingDue(world: GroupWorld, group: ClassicGroup, memberId: string): Step {
  group.forgetPending(memberId)
  return completeJoinIfAllJoined(world, group)
}
