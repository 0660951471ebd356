import type { GroupType } from './group-kinds.ts'
import type { Shard } from './shard.ts'

/** How much a coordinator of groups keeps. */
export interface GroupTally {
  /** Groups by kind, and among those of a kind by state, in Kafka's words. */
  readonly groups: Readonly<Record<GroupType, ReadonlyMap<string, number>>>
  /** Committed offsets, each for one partition. */
  readonly offsets: number
}

/** Counts the groups of partitions that are loaded; a walk over all groups, for those who look now and then. */
export function tallyOf(shards: Iterable<Shard>): GroupTally {
  const groups = { classic: new Map<string, number>(), consumer: new Map<string, number>(), streams: new Map() }
  let offsets = 0
  for (const shard of shards) {
    if (!shard.isLoaded) continue
    offsets += shard.stored.offsets.size
    for (const { type, state } of shard.all()) groups[type].set(state, (groups[type].get(state) ?? 0) + 1)
  }
  return { groups, offsets }
}
