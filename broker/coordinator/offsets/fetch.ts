import type { OffsetFetchRequest, OffsetFetchResponseInput } from '#core/wire/api/09-offset-fetch.ts'
import { zeroUuid } from '#core/bytes/uuid.ts'
import { code } from '../codes.ts'
import type { Topics } from '../ports.ts'
import type { KeptOffset } from './committed-offsets.ts'
import type { StoredState } from '../stored-state.ts'

type AnsweredGroup = NonNullable<OffsetFetchResponseInput['groups']>[number]
type AnsweredPartition = AnsweredGroup['topics'][number]['partitions'][number]

/** A topic of the answer, with all that any version shows of it. */
interface AnsweredTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly AnsweredPartition[]
}

/** Topics whose offsets are asked for; null asks for all that the group has. */
export type AskedTopics = OffsetFetchRequest['groups'][number]['topics']

/** What a fetch of committed offsets depends on besides the group. */
export interface OffsetFetchOptions {
  readonly topics: Topics
  /** The client names topics by id and not by name, since version 10. */
  readonly byId: boolean
  readonly requireStable: boolean
}

/** The committed offsets of a group; -1 for a partition that has none, also in a group that does not exist. */
export function fetchOffsets(
  state: StoredState,
  groupId: string,
  asked: AskedTopics,
  options: OffsetFetchOptions,
): AnsweredTopic[] {
  if (asked === null) return fetchAll(state, groupId, options)
  return asked.map(({ name, topicId, partitionIndexes }) => {
    const known = options.byId ? options.topics.topicName(topicId) : name
    const partitions = partitionIndexes.map((partition) =>
      known === undefined
        ? noOffset(partition, code('UNKNOWN_TOPIC_ID'))
        : answer(state, groupId, known, partition, options.byId ? topicId : zeroUuid, options),
    )
    return { name: known ?? '', topicId, partitions }
  })
}

function fetchAll(state: StoredState, groupId: string, options: OffsetFetchOptions): AnsweredTopic[] {
  const topics: AnsweredTopic[] = []
  for (const [name, partitions] of state.offsets.topics(groupId)) {
    const topicId = options.topics.topicId(name)
    // A topic that was deleted has no id to name it by.
    if (options.byId && topicId === undefined) continue
    const answered = Array.from(partitions.keys(), (partition) =>
      answer(state, groupId, name, partition, zeroUuid, options),
    )
    topics.push({ name, topicId: topicId ?? zeroUuid, partitions: answered })
  }
  return topics
}

function answer(
  state: StoredState,
  groupId: string,
  topic: string,
  partition: number,
  askedId: string,
  options: OffsetFetchOptions,
): AnsweredPartition {
  if (options.requireStable && state.isUnstable(groupId, topic, partition)) {
    return noOffset(partition, code('UNSTABLE_OFFSET_COMMIT'))
  }
  const kept = state.offsets.get(groupId, topic, partition)
  return kept === undefined || isOfAnother(kept, askedId) ? noOffset(partition, 0) : someOffset(partition, kept)
}

/** True for what was committed for an earlier topic of the name, as far as both are known by their ids. */
const isOfAnother = ({ topicId }: KeptOffset, askedId: string): boolean =>
  topicId !== askedId && topicId !== zeroUuid && askedId !== zeroUuid

const someOffset = (partitionIndex: number, kept: KeptOffset): AnsweredPartition => ({
  partitionIndex,
  committedOffset: kept.offset,
  committedLeaderEpoch: kept.leaderEpoch,
  metadata: kept.metadata,
  errorCode: 0,
})

/** The answer for a partition without an offset to show. */
export const noOffset = (partitionIndex: number, errorCode: number): AnsweredPartition => ({
  partitionIndex,
  committedOffset: -1,
  committedLeaderEpoch: -1,
  metadata: '',
  errorCode,
})
