import { zeroUuid } from '#core/bytes/uuid.ts'
import type { OffsetDeleteRequest, OffsetDeleteResponseInput } from '#core/wire/api/47-offset-delete.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import { code } from '../codes.ts'
import type { Group } from '../group-kinds.ts'
import type { Topics } from '../ports.ts'
import type { CommittedOffset, CoordinatorRecord } from '../records.ts'
import type { StoredState } from '../stored-state.ts'

/** Tombstones for the offsets that are there and may go, and the answer for each partition. */
export function deleteOffsets(
  group: Group,
  state: StoredState,
  topics: Topics,
  request: OffsetDeleteRequest,
): { readonly records: CoordinatorRecord[]; readonly answered: OffsetDeleteResponseInput['topics'] } {
  const { groupId } = group
  const records: CoordinatorRecord[] = []
  const answered = request.topics.map(({ name, partitions }) => {
    const count = topics.partitionCount(name) ?? 0
    const isSubscribed = group.isSubscribedTo(name)
    const problemOf = (partition: number): ErrorName | null => {
      if (partition < 0 || partition >= count) return 'UNKNOWN_TOPIC_OR_PARTITION'
      return isSubscribed ? 'GROUP_SUBSCRIBED_TO_TOPIC' : null
    }
    return {
      name,
      partitions: partitions.map(({ partitionIndex: partition }) => {
        const problem = problemOf(partition)
        const isThere =
          state.offsets.get(groupId, name, partition) !== undefined || state.isUnstable(groupId, name, partition)
        if (problem === null && isThere) records.push({ kind: 'offset', groupId, topic: name, partition, value: null })
        return { partitionIndex: partition, errorCode: problem === null ? 0 : code(problem) }
      }),
    }
  })
  return { records, answered }
}

/** Tombstones for all offsets of a group, those inside of open transactions too, and for the group. */
export function deleteGroup(group: Group, state: StoredState): CoordinatorRecord[] {
  const { groupId } = group
  const offsets = state
    .offsetPlaces(groupId)
    .map((place) => ({ kind: 'offset' as const, groupId, ...place, value: null }))
  return [...offsets, ...group.tombstones()]
}

/** A topic that is no more. */
export interface DeletedTopic {
  readonly name: string
  readonly id: string
}

/** Tombstones for all offsets of topics that are no more, but not for those of later topics with their names. */
export function deleteTopics(state: StoredState, topics: readonly DeletedTopic[]): Map<string, CoordinatorRecord[]> {
  const names = new Set(topics.map(({ name }) => name))
  const ids = new Set(topics.map(({ id }) => id))
  const isGone = (topic: string, { topicId }: CommittedOffset): boolean =>
    names.has(topic) && (topicId === zeroUuid || ids.has(topicId))
  const byGroup = new Map<string, CoordinatorRecord[]>()
  for (const groupId of state.offsetGroups()) {
    const places = state.offsetPlaces(groupId, isGone)
    if (places.length === 0) continue
    const records = places.map((place) => ({ kind: 'offset' as const, groupId, ...place, value: null }))
    byGroup.set(groupId, records)
  }
  return byGroup
}
