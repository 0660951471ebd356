import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from '#core/wire/api/68-consumer-group-heartbeat.ts'
import type { ConsumerGroupDescribeResponseInput } from '#core/wire/api/69-consumer-group-describe.ts'
import { type ErrorName, ProtocolError } from '#core/wire/errors.ts'
import { code } from '../codes.ts'
import { ClassicGroup } from '../group/classic-group.ts'
import type { RequestContext } from '../ports.ts'
import type { CoordinatorRecord } from '../records.ts'
import type { Shard } from '../shard.ts'
import { checkHeartbeat, epochs } from './admission.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { describeConsumerGroup, describeNoConsumerGroup } from './describe.ts'
import { consumerHeartbeat } from './heartbeat.ts'
import { leave } from './removal.ts'
import { setSessionAlarm } from './timers.ts'
import { upgrade } from './upgrade.ts'

type Answer = ConsumerGroupHeartbeatResponseInput

/** The answer to a heartbeat that is refused; without a message the error says it all. */
export const refusedHeartbeat = (errorCode: number, errorMessage: string | null): Answer => ({
  throttleTimeMs: 0,
  errorCode,
  errorMessage,
  memberEpoch: 0,
  heartbeatIntervalMs: 0,
})

/** Answers a ConsumerGroupHeartbeat once its records are in the log. */
export function answerConsumerHeartbeat(
  find: (groupId: string) => Shard | ErrorName,
  config: Shard['config'],
  context: RequestContext,
  request: ConsumerGroupHeartbeatRequest,
): Promise<Answer> {
  return new Promise((resolve) => {
    try {
      checkHeartbeat({ config }, request, context.apiVersion)
      const found = find(request.groupId)
      if (typeof found === 'string') return resolve(refusedHeartbeat(code(found), null))
      const { records, response } = isLeaving(request) ? leaving(found, request) : staying(found, context, request)
      found.run(request.groupId, {
        records,
        stored: (problem) => resolve(problem === null ? response : refusedHeartbeat(code(problem), null)),
      })
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      resolve(refusedHeartbeat(error.errorCode, error.message))
    }
  })
}

const isLeaving = ({ memberEpoch }: ConsumerGroupHeartbeatRequest): boolean =>
  memberEpoch === epochs.leave || memberEpoch === epochs.leaveForAWhile

const notFound = (message: string): ProtocolError => new ProtocolError('GROUP_ID_NOT_FOUND', message)

function leaving(shard: Shard, request: ConsumerGroupHeartbeatRequest) {
  const { groupId } = request
  const group = shard.find(groupId)
  if (group === undefined) throw notFound(`there is no group ${groupId}`)
  if (!(group instanceof ConsumerGroup)) throw notFound(`${groupId} is not a consumer group`)
  return leave(shard, group, request)
}

/** A heartbeat of somebody who stays or joins; who joins makes the group if need be, also out of a classic one. */
function staying(shard: Shard, context: RequestContext, request: ConsumerGroupHeartbeatRequest) {
  const { groupId } = request
  const present = shard.find(groupId)
  if (present instanceof ConsumerGroup) return consumerHeartbeat(shard, present, context, request)
  const joins = request.memberEpoch === epochs.join
  if (present === undefined && !joins) throw notFound(`there is no group ${groupId}`)
  const isClassic = present instanceof ClassicGroup
  if (present !== undefined && !(joins && isClassic)) throw notFound(`${groupId} is not a consumer group`)
  const before = isClassic ? fromClassic(shard, present) : []
  // The group as it will be when what is written for it is replayed.
  const group = new ConsumerGroup(groupId)
  for (const record of before) if (record.kind === 'consumer') group.replay(record)
  const result = consumerHeartbeat(shard, group, context, request)
  if (isClassic) shard.dropClassic(groupId)
  for (const { memberId, classic } of group.members.values()) {
    if (classic !== null) setSessionAlarm(shard, group, memberId, classic.sessionTimeoutMs)
  }
  return { ...result, records: [...before, ...result.records] }
}

/** What has to be written before a classic group may be a consumer group: its end, and those of its members who stay. */
function fromClassic(shard: Shard, classic: ClassicGroup): readonly CoordinatorRecord[] {
  if (!classic.isEmpty) return upgrade(shard, classic)
  return shard.stored.groups.has(classic.groupId) ? classic.tombstones() : []
}

/** One consumer group, or why it cannot be described. */
export function answerConsumerDescribe(
  found: Shard | ErrorName,
  groupId: string,
): ConsumerGroupDescribeResponseInput['groups'][number] {
  if (typeof found === 'string') return describeNoConsumerGroup(groupId, code(found), null)
  const group = found.find(groupId)
  if (group instanceof ConsumerGroup) return describeConsumerGroup(found, group)
  const why = group === undefined ? `there is no group ${groupId}` : `${groupId} is not a consumer group`
  return describeNoConsumerGroup(groupId, code('GROUP_ID_NOT_FOUND'), why)
}
