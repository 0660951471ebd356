import type { JoinGroupRequest, JoinGroupResponseInput } from '#core/wire/api/11-join-group.ts'
import type { HeartbeatRequest, HeartbeatResponseInput } from '#core/wire/api/12-heartbeat.ts'
import type { LeaveGroupRequest, LeaveGroupResponseInput } from '#core/wire/api/13-leave-group.ts'
import type { SyncGroupRequest, SyncGroupResponseInput } from '#core/wire/api/14-sync-group.ts'
import { type ErrorName, ProtocolError } from '#core/wire/errors.ts'
import { code } from './codes.ts'
import { joinClassicMember } from './consumer-group/classic-join.ts'
import { classicHeartbeat, leaveConsumerGroup, syncClassicMember } from './consumer-group/classic-member.ts'
import { heartbeat } from './group/heartbeat.ts'
import { type Joining, joinGroup } from './group/join.ts'
import { type Leaver, leaveGroup } from './group/leave.ts'
import { joinProblem, syncProblem } from './group/member.ts'
import { groupRecord } from './group/snapshot.ts'
import { syncGroup } from './group/sync.ts'
import type { RequestContext } from './ports.ts'
import type { Shard } from './shard.ts'

/**
 * The requests of the classic protocol. Their members are in classic groups, or in consumer groups that are on their way
 * from the one protocol to the other.
 */

type Found = Shard | ErrorName

/** What a step in a consumer group refuses, by the error's name; other errors are faults of ours. */
function refusalOf(error: unknown): ErrorName {
  if (error instanceof ProtocolError) return error.code
  throw error
}

/** Answers a JoinGroup: in a classic group when the next generation begins, in a consumer group once it is stored. */
export function answerJoin(
  found: Found,
  context: RequestContext,
  request: JoinGroupRequest,
): Promise<JoinGroupResponseInput> {
  return new Promise((resolve) => {
    // Before version 7 a missing protocol is the empty name.
    const reply = (response: JoinGroupResponseInput): void =>
      resolve(context.apiVersion >= 7 ? response : { ...response, protocolName: response.protocolName ?? '' })
    const { memberId, sessionTimeoutMs } = request
    if (typeof found === 'string') return reply(joinProblem(found, memberId))
    const { 'group.min.session.timeout.ms': least, 'group.max.session.timeout.ms': most } = found.config
    if (sessionTimeoutMs < least || sessionTimeoutMs > most) {
      return reply(joinProblem('INVALID_SESSION_TIMEOUT', memberId))
    }
    // Version 0 knows one timeout only.
    const complete = context.apiVersion >= 1 ? request : { ...request, rebalanceTimeoutMs: sessionTimeoutMs }
    join(found, { context, request: complete, reply })
  })
}

function join(shard: Shard, joining: Joining): void {
  const { request, reply } = joining
  const { groupId, memberId } = request
  const consumers = shard.consumerGroup(groupId)
  if (consumers !== undefined && !consumers.isEmpty) {
    try {
      shard.run(groupId, joinClassicMember(shard, consumers, joining))
    } catch (error) {
      reply(joinProblem(refusalOf(error), ''))
    }
    return
  }
  // Only somebody new may bring a group into being.
  if (memberId !== '' && shard.find(groupId) === undefined) return reply(joinProblem('UNKNOWN_MEMBER_ID', memberId))
  const ended = shard.clearFor('classic', groupId)
  if (typeof ended === 'string') return reply(joinProblem('INCONSISTENT_GROUP_PROTOCOL', ''))
  if (ended.length > 0) shard.run(groupId, { records: ended })
  const isNew = !shard.classic.has(groupId)
  const group = shard.group(groupId)
  // A group is there from its first request on, even when nobody comes with the id that was given out.
  if (isNew) shard.run(groupId, { records: [groupRecord(group)] })
  shard.run(groupId, joinGroup(shard, group, joining))
}

/** Answers a SyncGroup: in a classic group when the leader has assigned. */
export function answerSync(
  found: Found,
  context: RequestContext,
  request: SyncGroupRequest,
): Promise<SyncGroupResponseInput> {
  return new Promise((resolve) => {
    // Optional in the message's schema, but since version 5 a member has to say what it believes was agreed on (KIP-559).
    const isAgreed = request.protocolType !== null && request.protocolName !== null
    if (context.apiVersion >= 5 && !isAgreed) return resolve(syncProblem('INCONSISTENT_GROUP_PROTOCOL'))
    if (typeof found === 'string') return resolve(syncProblem(found))
    const { groupId } = request
    const consumers = found.consumerGroup(groupId)
    if (consumers !== undefined) {
      try {
        const response = syncClassicMember(found, consumers, request)
        const stored = (problem: ErrorName | null): void => resolve(problem === null ? response : syncProblem(problem))
        found.run(groupId, { records: [], stored })
      } catch (error) {
        resolve(syncProblem(refusalOf(error)))
      }
      return
    }
    const group = found.classic.get(groupId)
    if (group === undefined) return resolve(syncProblem('UNKNOWN_MEMBER_ID'))
    found.run(groupId, syncGroup(found, group, request, resolve))
  })
}

/** Answers a classic Heartbeat, which members of a consumer group send as well while they are being upgraded. */
export function answerHeartbeat(found: Found, request: HeartbeatRequest): HeartbeatResponseInput {
  // Sessions begin anew after loading, so a member loses nothing by believing that all is well.
  if (found === 'COORDINATOR_LOAD_IN_PROGRESS') return { errorCode: 0 }
  if (typeof found === 'string') return { errorCode: code(found) }
  const consumers = found.consumerGroup(request.groupId)
  if (consumers !== undefined) {
    try {
      return { errorCode: code(classicHeartbeat(found, consumers, request) ?? 'NONE') }
    } catch (error) {
      return { errorCode: code(refusalOf(error)) }
    }
  }
  const group = found.classic.get(request.groupId)
  return { errorCode: code(group === undefined ? 'UNKNOWN_MEMBER_ID' : (heartbeat(group, request) ?? 'NONE')) }
}

/** Answers a LeaveGroup: of one member before version 3, of several since. */
export function answerLeave(
  found: Found,
  context: RequestContext,
  request: LeaveGroupRequest,
): Promise<LeaveGroupResponseInput> {
  const isBatch = context.apiVersion >= 3
  const leavers: readonly Leaver[] = isBatch ? request.members : [{ memberId: request.memberId, groupInstanceId: null }]
  const answer = (problems: readonly (ErrorName | null)[]): LeaveGroupResponseInput => {
    const codes = problems.map((problem) => code(problem ?? 'NONE'))
    if (!isBatch) return { errorCode: codes[0]! }
    const members = leavers.map(({ memberId, groupInstanceId }, i) => ({
      memberId,
      groupInstanceId,
      errorCode: codes[i]!,
    }))
    return { errorCode: 0, members }
  }
  return new Promise((resolve) => {
    if (typeof found === 'string') return resolve({ errorCode: code(found) })
    const { groupId } = request
    const consumers = found.consumerGroup(groupId)
    const group = found.classic.get(groupId)
    if (consumers !== undefined) {
      const { problems, step } = leaveConsumerGroup(found, consumers, leavers)
      const stored = (problem: ErrorName | null): void =>
        resolve(problem === null ? answer(problems) : { errorCode: code(problem) })
      return found.run(groupId, { ...step, stored })
    }
    if (group === undefined) return resolve(answer(leavers.map(() => 'UNKNOWN_MEMBER_ID')))
    const { problems, step } = leaveGroup(found, group, leavers)
    found.run(groupId, step)
    resolve(answer(problems))
  })
}
