import type { GroupSettings } from '../config.ts'
import type { Group } from '../group-kinds.ts'
import type { CommittedOffset, CoordinatorRecord } from '../records.ts'
import type { StoredState } from '../stored-state.ts'

/**
 * Tombstones for what nobody needs any more. The offsets of a group that is Empty expire together, counted from when it
 * became empty; in a stable group of consumers those of topics that are no longer subscribed to, and in a group that only
 * ever committed all of them, each counted from its commit. A group goes when it is empty and its last offset does.
 */
export function expire(group: Group, state: StoredState, config: GroupSettings, nowMs: number): CoordinatorRecord[] {
  const { groupId } = group
  const since = group.offsetsAgeFrom()
  const tombstones: CoordinatorRecord[] = []
  let kept = state.hasOpenTransaction(groupId)
  for (const [topic, partitions] of state.offsets.topics(groupId)) {
    for (const [partition, offset] of partitions) {
      const stays =
        since === null ||
        group.isSubscribedTo(topic) ||
        !isExpired(offset, since(offset), config, nowMs) ||
        state.isUnstable(groupId, topic, partition)
      if (stays) kept = true
      else tombstones.push({ kind: 'offset', groupId, topic, partition, value: null })
    }
  }
  return !kept && group.isEmpty ? [...tombstones, ...group.tombstones()] : tombstones
}

function isExpired(offset: CommittedOffset, sinceMs: number, config: GroupSettings, nowMs: number): boolean {
  if (offset.expireTimestamp >= 0) return nowMs >= offset.expireTimestamp
  return nowMs - sinceMs >= config['offsets.retention.minutes'] * 60_000
}
