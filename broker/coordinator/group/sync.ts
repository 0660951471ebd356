import type { SyncGroupRequest, SyncGroupResponseInput } from '#core/wire/api/14-sync-group.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type Member, type Reply, noBytes, syncProblem } from './member.ts'
import { rebalanceOrCompleteJoin, resetAssignments } from './rebalance.ts'
import { groupRecord } from './snapshot.ts'
import { type GroupWorld, type Step, nothing } from './step.ts'

/** Takes the leader's assignment, and gives every member its own once it is stored. */
export function syncGroup(
  world: GroupWorld,
  group: ClassicGroup,
  request: SyncGroupRequest,
  reply: Reply<SyncGroupResponseInput>,
): Step {
  const problem = problemOf(group, request)
  if (problem !== null) {
    reply(syncProblem(problem))
    return nothing
  }
  const member = group.members.get(request.memberId)!
  group.pendingSync.delete(member.memberId)
  if (group.pendingSync.size === 0) group.syncAlarm.clear()
  if (group.state === 'Stable') {
    member.session.set(member.sessionTimeoutMs)
    reply(assignmentOf(group, member))
    return nothing
  }
  const earlier = member.syncing
  member.syncing = reply
  earlier?.(syncProblem('REBALANCE_IN_PROGRESS'))
  return group.isLeader(member.memberId) ? storeAssignment(world, group, request) : nothing
}

function problemOf(group: ClassicGroup, request: SyncGroupRequest): ErrorName | null {
  const problem = group.memberProblem(request.memberId, request.groupInstanceId)
  if (problem !== null) return problem
  if (request.generationId !== group.generationId) return 'ILLEGAL_GENERATION'
  const differs = (asked: string | null, mine: string | null): boolean =>
    asked !== null && mine !== null && asked !== mine
  if (differs(request.protocolType, group.protocolType) || differs(request.protocolName, group.protocolName)) {
    return 'INCONSISTENT_GROUP_PROTOCOL'
  }
  return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : null
}

function storeAssignment(world: GroupWorld, group: ClassicGroup, request: SyncGroupRequest): Step {
  const { generationId } = group
  const given = new Map(request.assignments.map((each) => [each.memberId, Buffer.from(each.assignment)]))
  const assignment = (member: Member): Buffer => given.get(member.memberId) ?? noBytes
  return {
    records: [groupRecord(group, assignment)],
    stored: (problem) => {
      // Another rebalance may have begun, and even come as far, while the record was written.
      if (group.state !== 'CompletingRebalance' || group.generationId !== generationId) return
      if (problem !== null) {
        resetAssignments(group, problem)
        world.run(group.groupId, rebalanceOrCompleteJoin(world, group))
        return
      }
      group.goTo('Stable', world.clock.now())
      for (const member of group.members.values()) member.assignment = assignment(member)
      for (const member of group.members.values()) handOut(group, member)
    },
  }
}

function handOut(group: ClassicGroup, member: Member): void {
  const { syncing } = member
  if (syncing === null) return
  member.syncing = null
  // A session that ended while the member waited was let pass, so it has to be started again.
  member.session.set(member.sessionTimeoutMs)
  syncing(assignmentOf(group, member))
}

function assignmentOf(group: ClassicGroup, member: Member): SyncGroupResponseInput {
  return {
    errorCode: 0,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    assignment: member.assignment,
  }
}
