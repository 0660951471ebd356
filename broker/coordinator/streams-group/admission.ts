import type { StreamsGroupHeartbeatRequest } from '#core/wire/api/88-streams-group-heartbeat.ts'
import { ProtocolError } from '#core/wire/errors.ts'
import type { Member } from './member.ts'
import { isListWithin } from './tasks.ts'
import type { ConfiguredTopology } from './topology/configure.ts'

/** The epoch in a heartbeat of somebody who joins. */
export const joining = 0
/** The epochs in a heartbeat of somebody who leaves: for good, or (static members) for a while. */
export const leaving: ReadonlySet<number> = new Set([-1, -2])

const invalid = (problem: string): ProtocolError => new ProtocolError('INVALID_REQUEST', problem)

/** Throws INVALID_REQUEST or STREAMS_INVALID_TOPOLOGY for a heartbeat that makes no sense or asks for what 4.3 lacks. */
export function checkHeartbeat(request: StreamsGroupHeartbeatRequest): void {
  if (request.instanceId !== null) throw invalid('streams groups have no static members: leave the instance id out')
  if (request.taskOffsets !== null) throw invalid('task offsets are not taken: leave them out')
  if (request.taskEndOffsets !== null) throw invalid('end offsets of tasks are not taken: leave them out')
  if (request.warmupTasks !== null && request.warmupTasks.length > 0)
    throw invalid('there are no warm-up tasks that a member could run')
  if (request.topology?.subtopologies.some(({ sourceTopicRegex }) => sourceTopicRegex.length > 0) === true) {
    throw invalid('source topics must be named: patterns are not taken')
  }
  if (request.memberId.trim() === '') throw invalid('the member id is empty')
  if (request.groupId.trim() === '') throw invalid('the group id is empty')
  if (request.rackId?.trim() === '') throw invalid('the rack is empty: leave it out')
  if (request.memberEpoch === joining) checkJoin(request)
  else if (request.memberEpoch === -2) throw invalid('only a static member leaves for a while')
  else if (request.memberEpoch < -2) {
    throw invalid(`member epoch ${request.memberEpoch} means nothing: the least is -2`)
  }
  const given = [request.activeTasks, request.standbyTasks, request.warmupTasks].filter((tasks) => tasks !== null)
  if (given.length > 0 && given.length < 3) throw invalid('tasks of all three kinds must be given, or of none')
  if (request.memberEpoch !== joining && request.topology !== null) {
    throw invalid('a topology comes only with joining')
  }
}

function checkJoin(request: StreamsGroupHeartbeatRequest): void {
  if (request.rebalanceTimeoutMs === -1) throw invalid('who joins must say its rebalance timeout')
  for (const [name, tasks] of [
    ['ActiveTasks', request.activeTasks],
    ['StandbyTasks', request.standbyTasks],
    ['WarmupTasks', request.warmupTasks],
  ] as const) {
    if (tasks === null || tasks.length > 0)
      throw invalid(`who joins must say that it runs no tasks, but ${name} is something else`)
  }
  if (request.topology === null) throw invalid('who joins must send its topology')
  checkTopology(request.topology)
}

function checkTopology({ epoch, subtopologies }: NonNullable<StreamsGroupHeartbeatRequest['topology']>): void {
  if (epoch < 0)
    throw new ProtocolError('STREAMS_INVALID_TOPOLOGY', `the topology's epoch is ${epoch}: it must not be negative`)
  const ids = new Set<string>()
  for (const { subtopologyId, stateChangelogTopics } of subtopologies) {
    if (ids.has(subtopologyId)) {
      throw new ProtocolError('STREAMS_INVALID_TOPOLOGY', `subtopology ${subtopologyId} is in the topology twice`)
    }
    ids.add(subtopologyId)
    for (const { name, partitions } of stateChangelogTopics) {
      if (partitions === 0) continue
      const problem = `changelog ${name} has ${partitions} partitions: their number is for the broker to decide`
      throw new ProtocolError('STREAMS_INVALID_TOPOLOGY', problem)
    }
  }
}

/**
 * Throws FENCED_MEMBER_EPOCH for a member that is in another epoch than is known. One that still says the epoch before is
 * let in when it runs nothing that it should not: the answer with its new epoch was lost.
 */
export function checkEpoch(member: Member, request: StreamsGroupHeartbeatRequest): void {
  const { memberEpoch } = request
  if (memberEpoch === joining || memberEpoch === member.memberEpoch) return
  const { assigned } = member
  const isLate =
    memberEpoch < member.memberEpoch &&
    memberEpoch === member.previousMemberEpoch &&
    isListWithin(request.activeTasks, assigned.active) &&
    isListWithin(request.standbyTasks, assigned.standby) &&
    isListWithin(request.warmupTasks, assigned.warmup)
  if (isLate) return
  throw new ProtocolError(
    'FENCED_MEMBER_EPOCH',
    `the member says epoch ${memberEpoch} and is in ${member.memberEpoch}: it must give up all its tasks and join again`,
  )
}

/** Throws INVALID_REQUEST for tasks that the topology does not have. */
export function checkTasks(topology: ConfiguredTopology, request: StreamsGroupHeartbeatRequest): void {
  for (const tasks of [request.activeTasks, request.standbyTasks, request.warmupTasks]) {
    for (const { subtopologyId, partitions } of tasks ?? []) {
      const count = topology.subtopologies?.get(subtopologyId)?.tasks
      if (count === undefined) throw invalid(`the topology has no subtopology ${subtopologyId}`)
      const wrong = partitions.find((partition) => partition < 0 || partition >= count)
      if (wrong === undefined) continue
      const problem = `subtopology ${subtopologyId} has no task ${wrong}`
      throw invalid(`${problem}, only 0 to ${count - 1}`)
    }
  }
}
