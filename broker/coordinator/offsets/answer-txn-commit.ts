import { zeroUuid } from '#core/bytes/uuid.ts'
import type { TxnOffsetCommitRequest, TxnOffsetCommitResponseInput } from '#core/wire/api/28-txn-offset-commit.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import { code } from '../codes.ts'
import type { CoordinatorPorts, RequestContext } from '../ports.ts'
import type { CoordinatorRecord } from '../records.ts'
import type { Shard } from '../shard.ts'
import { committedOffset } from './commit.ts'

type Refused = ErrorName | null

/** The answer that gives every partition the same code. */
export const refuseTxnCommit = (request: TxnOffsetCommitRequest, errorCode: number): TxnOffsetCommitResponseInput => ({
  throttleTimeMs: 0,
  topics: request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  })),
})

/**
 * Answers a TxnOffsetCommit whose producer was found to have its transaction open: the offsets are kept aside until the
 * marker comes. Partitions that do not exist and texts that are too long are refused one by one.
 */
export function answerTxnCommit(
  found: Shard | ErrorName,
  ports: CoordinatorPorts,
  context: RequestContext,
  request: TxnOffsetCommitRequest,
): Promise<TxnOffsetCommitResponseInput> {
  const { groupId, producerId, producerEpoch } = request
  const nowMs = ports.clock.now()
  const records: CoordinatorRecord[] = []
  const problems = request.topics.map((topic): Refused[] => {
    const count = ports.topics.partitionCount(topic.name) ?? 0
    return topic.partitions.map((partition) => {
      const { partitionIndex } = partition
      if (partitionIndex < 0 || partitionIndex >= count) return 'UNKNOWN_TOPIC_OR_PARTITION'
      const value = committedOffset(ports.config, partition, { topicId: zeroUuid, retentionTimeMs: -1, nowMs })
      if (typeof value === 'string') return value
      records.push({ kind: 'offset', groupId, topic: topic.name, partition: partitionIndex, value })
      return null
    })
  })
  const answer = (group: Refused): TxnOffsetCommitResponseInput => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }, i) => ({
      name,
      partitions: partitions.map(({ partitionIndex }, j) => ({
        partitionIndex,
        errorCode: code(problems[i]![j] ?? group ?? 'NONE'),
      })),
    })),
  })
  return new Promise((resolve) => {
    if (typeof found === 'string') return resolve(answer(found))
    const problem = checkTxnCommit(found, request, context.apiVersion)
    if (problem !== null || records.length === 0) return resolve(answer(problem))
    found.runInTransaction(groupId, records, { producerId, producerEpoch }, (failed) => resolve(answer(failed)))
  })
}

/** Why nobody of the group may commit, or this one may not; null when it may. */
function checkTxnCommit(shard: Shard, request: TxnOffsetCommitRequest, apiVersion: number): Refused {
  const { groupId, generationId, memberId, groupInstanceId } = request
  const group = shard.find(groupId)
  if (group === undefined) return generationId < 0 ? null : 'ILLEGAL_GENERATION'
  const committer = { memberId, groupInstanceId, generationIdOrMemberEpoch: generationId }
  const problem = group.commitProblem(committer, {
    apiVersion,
    isTransactional: true,
    partitions: partitionsOf(request),
    topicId: (name) => shard.topics.topicId(name),
  })
  // The versions of this request know of no epochs of members.
  return problem === 'STALE_MEMBER_EPOCH' ? 'ILLEGAL_GENERATION' : problem
}

function* partitionsOf({ topics }: TxnOffsetCommitRequest): Iterable<{ topic: string; partition: number }> {
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) yield { topic: name, partition: partitionIndex }
  }
}
