import type { HeartbeatRequest } from '#core/wire/api/12-heartbeat.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import type { ClassicGroup } from './classic-group.ts'

/** Keeps a member's session going; the error, if any, tells it that it has to join again. */
export function heartbeat(group: ClassicGroup, request: HeartbeatRequest): ErrorName | null {
  const { memberId, groupInstanceId, generationId } = request
  const problem = group.memberProblem(memberId, groupInstanceId)
  if (problem !== null) return problem
  if (generationId !== group.generationId) return 'ILLEGAL_GENERATION'
  const member = group.members.get(memberId)!
  member.session.set(member.sessionTimeoutMs)
  return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : null
}
