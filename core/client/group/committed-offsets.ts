import {
  type OffsetAndMetadata,
  partitionKey,
  type TopicPartition,
  type TopicPartitionOffset,
} from '#core/client/client.ts'
import { byTopic } from '#core/client/cluster/by-leader.ts'
import type { GroupCoordinator } from '#core/client/group/coordinator.ts'
import { refusal } from '#core/client/errors.ts'
import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import { offsetFetch, type OffsetFetchResponse } from '#core/wire/api/09-offset-fetch.ts'

/** Who commits: a member of a generation, or nobody in particular (generation -1). */
export interface Committer {
  readonly generation: number
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** Who commits without being a member: brokers take it while the group is empty. */
export const outsider: Committer = { generation: -1, memberId: '', groupInstanceId: null }

// From version 10 on topics go by id alone; names serve every version before, and topics made anew under a name.
const lastVersionWithNames = 9

/** Commits offsets; one try. Rejects with the first partition's error. */
export async function commitOffsets(
  coordinator: GroupCoordinator,
  offsets: readonly TopicPartitionOffset[],
  committer: Committer = outsider,
): Promise<void> {
  const topics = byTopic(offsets, ({ partition, offset, leaderEpoch, metadata }) => ({
    partitionIndex: partition,
    committedOffset: offset,
    committedLeaderEpoch: leaderEpoch ?? -1,
    committedMetadata: metadata ?? '',
  }))
  const answer = await coordinator.send(
    offsetCommit,
    (version) => ({
      groupId: coordinator.groupId,
      generationIdOrMemberEpoch: committer.generation,
      memberId: committer.memberId,
      ...(version >= 7 ? { groupInstanceId: committer.groupInstanceId } : {}),
      topics: topics.map(({ topic, entries }) => ({ name: topic, partitions: entries })),
    }),
    { maxVersion: lastVersionWithNames },
  )
  for (const { name, partitions } of answer.topics) {
    for (const { partitionIndex, errorCode } of partitions) {
      coordinator.check(errorCode, `commit of ${name}-${partitionIndex} by group "${coordinator.groupId}"`)
    }
  }
}

/**
 * Committed offsets of these partitions, or of all with null; one try. Partitions without one are left out. Offsets of
 * unfinished transactions are not passed over: they make it reject with a retriable UNSTABLE_OFFSET_COMMIT.
 */
export async function fetchCommitted(
  coordinator: GroupCoordinator,
  partitions: readonly TopicPartition[] | null,
): Promise<Map<string, TopicPartitionOffset>> {
  const { groupId } = coordinator
  const topics =
    partitions === null
      ? null
      : byTopic(partitions, ({ partition }) => partition).map(({ topic, entries }) => ({
          name: topic,
          partitionIndexes: entries,
        }))
  const answer = await coordinator.send(
    offsetFetch,
    (version) => ({
      ...(version >= 8 ? { groups: [{ groupId, topics }] } : { groupId, topics }),
      ...(version >= 7 ? { requireStable: true } : {}),
    }),
    { maxVersion: lastVersionWithNames },
  )
  const group: Pick<OffsetFetchResponse, 'errorCode' | 'topics'> = answer.groups[0] ?? answer
  coordinator.check(group.errorCode, `committed offsets of group "${groupId}"`)
  const found = new Map<string, TopicPartitionOffset>()
  for (const { name, partitions: each } of group.topics) {
    for (const { partitionIndex, errorCode, committedOffset, committedLeaderEpoch, metadata } of each) {
      const partition = { topic: name, partition: partitionIndex }
      if (errorCode !== 0) throw refusal(errorCode, `committed offset of ${partitionKey(partition)}`)
      if (committedOffset < 0) continue
      const extra: Partial<OffsetAndMetadata> = committedLeaderEpoch < 0 ? {} : { leaderEpoch: committedLeaderEpoch }
      found.set(partitionKey(partition), { ...partition, offset: committedOffset, metadata: metadata ?? '', ...extra })
    }
  }
  return found
}
