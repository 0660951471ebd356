import { zeroUuid } from '#core/bytes/uuid.ts'
import type { OffsetCommitRequest, OffsetCommitResponseInput } from '#core/wire/api/08-offset-commit.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import { code } from '../codes.ts'
import type { CoordinatorPorts, RequestContext } from '../ports.ts'
import type { CoordinatorRecord } from '../records.ts'
import type { Shard } from '../shard.ts'
import { checkCommit, committedOffset } from './commit.ts'

type AskedTopic = OffsetCommitRequest['topics'][number]
type Refused = ErrorName | null

/**
 * Answers an OffsetCommit. Partitions that do not exist and texts that are too long are refused one by one; the rest is
 * stored together, or refused together for the group's sake.
 */
export function answerCommit(
  found: Shard | ErrorName,
  ports: CoordinatorPorts,
  context: RequestContext,
  request: OffsetCommitRequest,
): Promise<OffsetCommitResponseInput> {
  const nowMs = ports.clock.now()
  const records: (CoordinatorRecord & { readonly kind: 'offset' })[] = []
  const problems = request.topics.map((topic): Refused[] => {
    const name = context.apiVersion >= 10 ? ports.topics.topicName(topic.topicId) : topic.name
    if (name === undefined) return topic.partitions.map(() => 'UNKNOWN_TOPIC_ID')
    const count = ports.topics.partitionCount(name) ?? 0
    const topicId = ports.topics.topicId(name) ?? zeroUuid
    const { retentionTimeMs } = request
    return topic.partitions.map((partition) => {
      const { partitionIndex } = partition
      if (partitionIndex < 0 || partitionIndex >= count) return 'UNKNOWN_TOPIC_OR_PARTITION'
      const value = committedOffset(ports.config, partition, { topicId, retentionTimeMs, nowMs })
      if (typeof value === 'string') return value
      records.push({ kind: 'offset', groupId: request.groupId, topic: name, partition: partitionIndex, value })
      return null
    })
  })
  const answer = (group: Refused): OffsetCommitResponseInput => ({
    topics: request.topics.map((topic, i) => answerTopic(topic, problems[i]!, group)),
  })
  return new Promise((resolve) => {
    const problem =
      typeof found === 'string'
        ? found
        : checkCommit(found.find(request.groupId), request, context.apiVersion, {
            partitions: records,
            topicId: (name) => ports.topics.topicId(name),
          })
    if (problem !== null || typeof found === 'string') return resolve(answer(problem))
    found.run(request.groupId, { records, stored: (failed) => resolve(answer(failed)) })
  })
}

function answerTopic(topic: AskedTopic, problems: readonly Refused[], group: Refused) {
  const partitions = topic.partitions.map(({ partitionIndex }, i) => ({
    partitionIndex,
    errorCode: code(problems[i] ?? group ?? 'NONE'),
  }))
  return { name: topic.name, topicId: topic.topicId, partitions }
}
