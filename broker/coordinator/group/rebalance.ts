import type { JoinGroupResponseInput } from '#core/wire/api/11-join-group.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type Member, metadataOf, noBytes, syncProblem } from './member.ts'
import { groupRecord } from './snapshot.ts'
import { type GroupWorld, type Step, nothing } from './step.ts'

/** Begins a rebalance if none is going on, else goes on with it if everybody is there. */
export function rebalanceOrCompleteJoin(world: GroupWorld, group: ClassicGroup): Step {
  return group.state === 'PreparingRebalance' ? completeJoinIfAllJoined(world, group) : prepareRebalance(world, group)
}

/** What the loss of members means for those who stay. */
export function afterRemoval(world: GroupWorld, group: ClassicGroup): Step {
  return group.state === 'Empty' ? nothing : rebalanceOrCompleteJoin(world, group)
}

/** Begins a rebalance: whoever waits for an assignment is sent back to join. */
export function prepareRebalance(world: GroupWorld, group: ClassicGroup): Step {
  if (group.state === 'CompletingRebalance') resetAssignments(group, 'REBALANCE_IN_PROGRESS')
  group.pendingSync.clear()
  group.syncAlarm.clear()
  const isFirst = group.state === 'Empty'
  group.goTo('PreparingRebalance', world.clock.now())
  if (isFirst) {
    const delayMs = world.config['group.initial.rebalance.delay.ms']
    delayFirst(group, { delayMs, remainingMs: Math.max(group.rebalanceTimeoutMs - delayMs, 0) })
    return nothing
  }
  if (group.hasAllJoined) return completeJoin(world, group)
  group.joinAlarm.set(group.rebalanceTimeoutMs)
  return nothing
}

/** The first rebalance of a group does not end before its delay, however many have joined. */
export function completeJoinIfAllJoined(world: GroupWorld, group: ClassicGroup): Step {
  const mayComplete = group.state === 'PreparingRebalance' && group.initialDelay === null && group.hasAllJoined
  return mayComplete ? completeJoin(world, group) : nothing
}

/** The wait for members to join is over; a first rebalance is put off again as long as new ones keep coming. */
export function joinDue(world: GroupWorld, group: ClassicGroup): Step {
  const delay = group.initialDelay
  if (delay === null || !group.newMemberAdded || delay.remainingMs === 0) return completeJoin(world, group)
  group.newMemberAdded = false
  const delayMs = Math.min(world.config['group.initial.rebalance.delay.ms'], delay.remainingMs)
  delayFirst(group, { delayMs, remainingMs: Math.max(delay.remainingMs - delay.delayMs, 0) })
  return nothing
}

function delayFirst(group: ClassicGroup, delay: { delayMs: number; remainingMs: number }): void {
  group.initialDelay = delay
  group.joinAlarm.set(delay.delayMs)
}

/** The wait for members to sync is over: those who were silent are dropped, and the others share anew. */
export function syncDue(world: GroupWorld, group: ClassicGroup): Step {
  if (group.pendingSync.size === 0) return nothing
  if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return nothing
  for (const memberId of group.pendingSync) group.remove(memberId)
  return prepareRebalance(world, group)
}

/** Ends the join phase: drops who did not join, begins the next generation and answers who did. */
function completeJoin(world: GroupWorld, group: ClassicGroup): Step {
  group.joinAlarm.clear()
  group.initialDelay = null
  group.newMemberAdded = false
  for (const member of group.members.values()) {
    // Static members keep their place until their session ends: they may be restarting.
    if (member.joining === null && member.groupInstanceId === null) group.remove(member.memberId)
  }
  if (!group.electJoinedLeader() && group.members.size > 0) {
    // Nobody who could lead is there: wait for another round, or until sessions end.
    group.joinAlarm.set(group.rebalanceTimeoutMs)
    return nothing
  }
  group.startGeneration(world.clock.now())
  if (group.state === 'Empty') {
    return {
      records: [groupRecord(group)],
      stored: (problem) => {
        if (problem !== null)
          world.log('warn', 'could not store that a group is empty', { group: group.groupId, problem })
      },
    }
  }
  for (const member of group.members.values()) {
    const { joining } = member
    member.joining = null
    member.isNew = false
    member.session.set(member.sessionTimeoutMs)
    group.pendingSync.add(member.memberId)
    joining?.(currentGeneration(group, member))
  }
  group.syncAlarm.set(group.rebalanceTimeoutMs)
  return nothing
}

/** The answer that lets a member take part in the present generation; only the leader learns who is in it. */
export function currentGeneration(group: ClassicGroup, member: Member): JoinGroupResponseInput {
  return {
    errorCode: 0,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    memberId: member.memberId,
    members: group.isLeader(member.memberId) ? membersForLeader(group) : [],
  }
}

/** Everybody, with what they say under the protocol that was selected. */
export function membersForLeader(group: ClassicGroup): NonNullable<JoinGroupResponseInput['members']> {
  return Array.from(group.members.values(), (member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: metadataOf(member, group.protocolName),
  }))
}

/** Takes the assignments back and answers with an error who waits for one. */
export function resetAssignments(group: ClassicGroup, problem: ErrorName): void {
  for (const member of group.members.values()) {
    const { syncing } = member
    member.assignment = noBytes
    member.syncing = null
    if (syncing === null) continue
    member.session.set(member.sessionTimeoutMs)
    syncing(syncProblem(problem))
  }
}
