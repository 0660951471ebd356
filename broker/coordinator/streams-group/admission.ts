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
  if (request.instanceId !== null) throw invalid('Static membership is not yet supported.')
  if (request.taskOffsets !== null) throw invalid('TaskOffsets are not supported yet.')
  if (request.taskEndOffsets !== null) throw invalid('TaskEndOffsets are not supported yet.')
  if (request.warmupTasks !== null && request.warmupTasks.length > 0)
    throw invalid('WarmupTasks are not supported yet.')
  if (request.topology?.subtopologies.some(({ sourceTopicRegex }) => sourceTopicRegex.length > 0) === true) {
    throw invalid('Regular expressions for source topics are not supported yet.')
  }
  if (request.memberId.trim() === '') throw invalid("MemberId can't be empty.")
  if (request.groupId.trim() === '') throw invalid("GroupId can't be empty.")
  if (request.rackId?.trim() === '') throw invalid("RackId can't be empty.")
  if (request.memberEpoch === joining) checkJoin(request)
  else if (request.memberEpoch === -2) throw invalid("InstanceId can't be null.")
  else if (request.memberEpoch < -2) {
    throw invalid(`MemberEpoch is ${request.memberEpoch}, but must be greater than or equal to -2.`)
  }
  const given = [request.activeTasks, request.standbyTasks, request.warmupTasks].filter((tasks) => tasks !== null)
  if (given.length > 0 && given.length < 3) throw invalid('If one task-type is non-null, all must be non-null.')
  if (request.memberEpoch !== joining && request.topology !== null) {
    throw invalid('Topology can only be provided when (re-)joining.')
  }
}

function checkJoin(request: StreamsGroupHeartbeatRequest): void {
  if (request.rebalanceTimeoutMs === -1) throw invalid('RebalanceTimeoutMs must be provided in first request.')
  for (const [name, tasks] of [
    ['ActiveTasks', request.activeTasks],
    ['StandbyTasks', request.standbyTasks],
    ['WarmupTasks', request.warmupTasks],
  ] as const) {
    if (tasks === null || tasks.length > 0) throw invalid(`${name} must be empty when (re-)joining.`)
  }
  if (request.topology === null) throw invalid('Topology must be non-null when (re-)joining.')
  checkTopology(request.topology)
}

function checkTopology({ epoch, subtopologies }: NonNullable<StreamsGroupHeartbeatRequest['topology']>): void {
  if (epoch < 0) throw new ProtocolError('STREAMS_INVALID_TOPOLOGY', 'Topology epoch must be non-negative.')
  const ids = new Set<string>()
  for (const { subtopologyId, stateChangelogTopics } of subtopologies) {
    if (ids.has(subtopologyId)) {
      throw new ProtocolError('STREAMS_INVALID_TOPOLOGY', `Subtopology ${subtopologyId} is in the topology twice.`)
    }
    ids.add(subtopologyId)
    for (const { name, partitions } of stateChangelogTopics) {
      if (partitions === 0) continue
      const problem = `Changelog topic ${name} must have an undefined partition count, but it is set to ${partitions}.`
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
  const which = memberEpoch > member.memberEpoch ? 'greater' : 'smaller'
  throw new ProtocolError(
    'FENCED_MEMBER_EPOCH',
    `The streams group member has a ${which} member epoch (${memberEpoch}) than the one known by the group coordinator ` +
      `(${member.memberEpoch}). The member must abandon all its partitions and rejoin.`,
  )
}

/** Throws INVALID_REQUEST for tasks that the topology does not have. */
export function checkTasks(topology: ConfiguredTopology, request: StreamsGroupHeartbeatRequest): void {
  for (const tasks of [request.activeTasks, request.standbyTasks, request.warmupTasks]) {
    for (const { subtopologyId, partitions } of tasks ?? []) {
      const count = topology.subtopologies?.get(subtopologyId)?.tasks
      if (count === undefined) throw invalid(`Subtopology ${subtopologyId} does not exist in the topology.`)
      const wrong = partitions.find((partition) => partition < 0 || partition >= count)
      if (wrong === undefined) continue
      const problem = `Task ${wrong} for subtopology ${subtopologyId} is invalid.`
      throw invalid(`${problem} Number of tasks for this subtopology: ${count}`)
    }
  }
}
