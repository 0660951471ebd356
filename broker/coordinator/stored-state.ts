import type { ModernGroup } from './group-kinds.ts'
import { modernGroups } from './modern-groups.ts'
import { CommittedOffsets } from './offsets/committed-offsets.ts'
import {
  type CommittedOffset,
  type CoordinatorRecord,
  type ModernRecord,
  type StoredGroup,
  isModern,
} from './records.ts'

/**
 * What one partition of `__consumer_offsets` says: the hard state of the coordinator. Nothing but the replay of records
 * changes it, in operation and when loading alike, so a restart brings back exactly what was here.
 */
export class StoredState {
  /** Classic groups: the generation of each that was handed out last. */
  readonly groups = new Map<string, StoredGroup>()
  /** Groups that consist of their records. */
  readonly modern = new Map<string, ModernGroup>()
  readonly offsets = new CommittedOffsets()
  /** Offsets committed inside transactions that are still open, by producer id; nobody sees them yet. */
  readonly #open = new Map<number, CommittedOffsets>()
  #order = 0

  /** Applies one record; with a producer id the offset counts once that producer's transaction commits. */
  replay(record: CoordinatorRecord, producerId = -1): void {
    if (isModern(record)) return this.#replayModern(record)
    if (record.kind === 'group') {
      if (record.value === null) this.groups.delete(record.groupId)
      else this.groups.set(record.groupId, record.value)
      return
    }
    const { groupId, topic, partition, value } = record
    if (value === null) {
      this.offsets.delete(groupId, topic, partition)
      for (const open of this.#open.values()) open.delete(groupId, topic, partition)
      return
    }
    const target = producerId === -1 ? this.offsets : this.#openOf(producerId)
    target.set(groupId, topic, partition, { ...value, order: this.#order++ })
  }

  /**
   * Ends a producer's transaction: what it committed counts now, unless a later commit was made outside of it. Returns the
   * groups that it committed for.
   */
  endTransaction(producerId: number, committed: boolean): string[] {
    const open = this.#open.get(producerId)
    this.#open.delete(producerId)
    if (open === undefined) return []
    const groupIds = [...open.groupIds()]
    if (!committed) return groupIds
    for (const groupId of groupIds) {
      for (const [topic, partitions] of open.topics(groupId)) {
        for (const [partition, offset] of partitions) {
          const present = this.offsets.get(groupId, topic, partition)
          if (present === undefined || present.order < offset.order) this.offsets.set(groupId, topic, partition, offset)
        }
      }
    }
    return groupIds
  }

  /** True when offsets of the group are committed, or may yet be. */
  hasOffsets(groupId: string): boolean {
    return this.offsets.has(groupId) || this.hasOpenTransaction(groupId)
  }

  /** The partitions for which offsets of the group are committed, or may yet be, as far as these are `wanted`. */
  offsetPlaces(
    groupId: string,
    wanted?: (topic: string, offset: CommittedOffset) => boolean,
  ): { readonly topic: string; readonly partition: number }[] {
    const places = new Map<string, { topic: string; partition: number }>()
    for (const offsets of [this.offsets, ...this.#open.values()]) {
      for (const [topic, partitions] of offsets.topics(groupId)) {
        for (const [partition, offset] of partitions) {
          if (wanted?.(topic, offset) !== false) places.set(`${topic}-${partition}`, { topic, partition })
        }
      }
    }
    return [...places.values()]
  }

  /** The groups of which offsets are committed, or may yet be. */
  offsetGroups(): Set<string> {
    return new Set([this.offsets, ...this.#open.values()].flatMap((offsets) => [...offsets.groupIds()]))
  }

  /** True while a transaction that may yet commit holds another offset for this partition. */
  isUnstable(groupId: string, topic: string, partition: number): boolean {
    for (const open of this.#open.values()) if (open.get(groupId, topic, partition) !== undefined) return true
    return false
  }

  /** True while an open transaction holds any offset of the group. */
  hasOpenTransaction(groupId: string): boolean {
    for (const open of this.#open.values()) if (open.has(groupId)) return true
    return false
  }

  #replayModern(record: ModernRecord): void {
    const { kind, groupId, value } = record
    let group = this.modern.get(groupId)
    if (group?.type !== kind) {
      // What is left of a group that was there before: the log keeps a tombstone longer than what it ended.
      if (value === null) return
      group = modernGroups[kind]?.(groupId)
      if (group === undefined) return
      this.modern.set(groupId, group)
    }
    group.replay(record)
    if (group.isGone) this.modern.delete(groupId)
  }

  #openOf(producerId: number): CommittedOffsets {
    let open = this.#open.get(producerId)
    if (open === undefined) this.#open.set(producerId, (open = new CommittedOffsets()))
    return open
  }
}
