import type {
  StreamsGroupHeartbeatRequest,
  StreamsGroupHeartbeatResponseInput,
} from '#core/wire/api/88-streams-group-heartbeat.ts'
import { type ErrorName, ProtocolError } from '#core/wire/errors.ts'
import { code } from '../codes.ts'
import type { RequestContext } from '../ports.ts'
import type { CoordinatorRecord } from '../records.ts'
import type { Shard } from '../shard.ts'
import { checkHeartbeat, joining, leaving } from './admission.ts'
import { type DescribedStreamsGroup, describeNoStreamsGroup, describeStreamsGroup } from './describe.ts'
import { clearAlarms, removal } from './fencing.ts'
import { heartbeat } from './heartbeat.ts'
import { StreamsGroup } from './streams-group.ts'
import type { ConfiguredTopic } from './topology/configure.ts'

/** An answered heartbeat, with the topics that the broker is to make for the group. */
export interface AnsweredHeartbeat {
  readonly response: StreamsGroupHeartbeatResponseInput
  readonly missingTopics: readonly ConfiguredTopic[]
}

/** A heartbeat's answer that says no more than what is wrong. */
export const refusal = (errorCode: number, errorMessage: string | null): StreamsGroupHeartbeatResponseInput => ({
  throttleTimeMs: 0,
  errorCode,
  errorMessage,
  memberId: '',
  memberEpoch: 0,
  heartbeatIntervalMs: 0,
  acceptableRecoveryLag: 0,
  taskOffsetIntervalMs: 0,
  status: [],
  endpointInformationEpoch: 0,
})

const refused = (errorCode: number, errorMessage: string | null): AnsweredHeartbeat => ({
  response: refusal(errorCode, errorMessage),
  missingTopics: [],
})

/** Answers a StreamsGroupHeartbeat once its records are in the log. */
export function answerStreamsHeartbeat(
  find: (groupId: string) => Shard | ErrorName,
  context: RequestContext,
  request: StreamsGroupHeartbeatRequest,
): Promise<AnsweredHeartbeat> {
  return new Promise((resolve) => {
    try {
      checkHeartbeat(request)
      const found = find(request.groupId)
      if (typeof found === 'string') return resolve(refused(code(found), null))
      if (leaving.has(request.memberEpoch)) leave(found, request, resolve)
      else stay(found, context, request, resolve)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      resolve(refused(error.errorCode, error.message))
    }
  })
}

type Resolve = (answer: AnsweredHeartbeat) => void

function stay(shard: Shard, context: RequestContext, request: StreamsGroupHeartbeatRequest, resolve: Resolve): void {
  const { groupId, memberEpoch } = request
  const known = shard.find(groupId)
  const cleared = memberEpoch === joining ? roomFor(shard, groupId) : []
  if (memberEpoch !== joining && known === undefined) {
    throw new ProtocolError('GROUP_ID_NOT_FOUND', `there is no group ${groupId}`)
  }
  if (memberEpoch !== joining && !(known instanceof StreamsGroup)) throw notStreams(groupId)
  const group = known instanceof StreamsGroup ? known : new StreamsGroup(groupId)
  const beat = heartbeat(shard, group, group !== known, context, request)
  const { response, missingTopics } = beat
  shard.run(groupId, {
    records: [...cleared, ...beat.records],
    stored: (problem) => resolve(problem === null ? { response, missingTopics } : refused(code(problem), null)),
  })
  const settled = shard.stored.modern.get(groupId)
  if (settled instanceof StreamsGroup) beat.settle(settled)
}

/** The records that end an empty classic group of this id; other kinds of groups keep theirs. */
function roomFor(shard: Shard, groupId: string): readonly CoordinatorRecord[] {
  const known = shard.find(groupId)
  if (known?.type === 'consumer') throw notStreams(groupId)
  const cleared = shard.clearFor('streams', groupId)
  if (typeof cleared === 'string') throw notStreams(groupId)
  return cleared
}

const notStreams = (groupId: string): ProtocolError =>
  new ProtocolError('GROUP_ID_NOT_FOUND', `group ${groupId} is of another kind`)

function leave(shard: Shard, request: StreamsGroupHeartbeatRequest, resolve: Resolve): void {
  const { groupId, memberId, memberEpoch, shutdownApplication } = request
  const group = shard.find(groupId)
  if (group === undefined) throw new ProtocolError('GROUP_ID_NOT_FOUND', `there is no group ${groupId}`)
  if (!(group instanceof StreamsGroup)) throw notStreams(groupId)
  if (shutdownApplication) group.shutdownRequestedBy ??= memberId
  if (!group.members.has(memberId)) {
    throw new ProtocolError('UNKNOWN_MEMBER_ID', `group ${groupId} has no member ${memberId}`)
  }
  clearAlarms(shard, groupId, memberId)
  shard.run(groupId, {
    records: removal(group, memberId),
    stored: (problem) =>
      resolve(
        problem === null
          ? { response: { ...refusal(0, null), memberId, memberEpoch }, missingTopics: [] }
          : refused(code(problem), null),
      ),
  })
}

/** One group as StreamsGroupDescribe shows it, or why it cannot. */
export function answerStreamsDescribe(found: Shard | ErrorName, groupId: string): DescribedStreamsGroup {
  if (typeof found === 'string') return describeNoStreamsGroup(groupId, code(found), null)
  const group = found.find(groupId)
  if (group instanceof StreamsGroup) return describeStreamsGroup(group)
  return describeNoStreamsGroup(
    groupId,
    code('GROUP_ID_NOT_FOUND'),
    group === undefined ? `there is no group ${groupId}` : `group ${groupId} is of another kind`,
  )
}
