import type { LeaveGroupRequest } from '#core/wire/api/13-leave-group.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import type { ClassicGroup } from './classic-group.ts'
import { afterRemoval } from './rebalance.ts'
import { type GroupWorld, type Step, nothing } from './step.ts'

/** Who wants to leave; with an empty member id somebody else removes a static member by its instance id. */
export type Leaver = Pick<LeaveGroupRequest['members'][number], 'memberId' | 'groupInstanceId'>

/** Takes members out of the group; gives what became of each, and the step that follows for those who stay. */
export function leaveGroup(
  world: GroupWorld,
  group: ClassicGroup,
  leavers: readonly Leaver[],
): { readonly problems: readonly (ErrorName | null)[]; readonly step: Step } {
  const problems = leavers.map((leaver) => leave(group, leaver))
  return { problems, step: problems.includes(null) ? afterRemoval(world, group) : nothing }
}

function leave(group: ClassicGroup, { memberId, groupInstanceId }: Leaver): ErrorName | null {
  if (memberId === '') {
    const current = groupInstanceId === null ? undefined : group.staticMembers.get(groupInstanceId)
    if (current === undefined) return 'UNKNOWN_MEMBER_ID'
    group.remove(current)
    return null
  }
  if (group.pendingJoin.has(memberId)) {
    group.forgetPending(memberId)
    return null
  }
  const problem = group.memberProblem(memberId, groupInstanceId)
  if (problem === null) group.remove(memberId)
  return problem
}
