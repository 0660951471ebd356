import type { OffsetFetchRequest, OffsetFetchResponseInput } from '#core/wire/api/09-offset-fetch.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import { code } from '../codes.ts'
import type { RequestContext, Topics } from '../ports.ts'
import type { Shard } from '../shard.ts'
import { type AskedTopics, fetchOffsets, noOffset } from './fetch.ts'

/** Answers an OffsetFetch: of one group up to version 7, of several since version 8. */
export function answerFetch(
  find: (groupId: string) => Shard | ErrorName,
  topics: Topics,
  context: RequestContext,
  request: OffsetFetchRequest,
): OffsetFetchResponseInput {
  const { apiVersion } = context
  const options = { topics, byId: apiVersion >= 10, requireStable: request.requireStable }
  const of = (groupId: string, asked: AskedTopics, memberId: string | null, memberEpoch: number) => {
    const found = find(groupId)
    if (typeof found === 'string') return { topics: [], errorCode: code(found) }
    const problem = found.find(groupId)?.fetchProblem(memberId, memberEpoch) ?? null
    if (problem !== null) return { topics: [], errorCode: code(problem) }
    return { topics: fetchOffsets(found.stored, groupId, asked, options), errorCode: 0 }
  }
  if (apiVersion >= 8) {
    const groups = request.groups.map(({ groupId, memberId, memberEpoch, topics: asked }) => ({
      groupId,
      ...of(groupId, asked, memberId, memberEpoch),
    }))
    return { groups }
  }
  const asked = request.topics?.map((topic) => ({ ...topic, topicId: '' })) ?? null
  const { topics: answered, errorCode } = of(request.groupId, asked, null, -1)
  if (apiVersion >= 2 || errorCode === 0) return { topics: answered, errorCode }
  // Version 1 has no other place for the group's error than each partition.
  const refused = (asked ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) => noOffset(partition, errorCode)),
  }))
  return { topics: refused }
}
