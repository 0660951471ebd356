import type { Header } from '#core/records/record.ts'
import type { Origin, StreamRecord } from '../record.ts'
import type { TaskCache } from './cache.ts'
import type { StateStore } from './store.ts'

/** The record that is being worked on: gives updates their time, headers and origin. */
export interface CurrentRecord {
  record: StreamRecord<unknown, unknown> | undefined
  origin: Origin | undefined
}

/** Writes to a changelog topic, in the partition of the task. */
export type ChangelogWriter = (
  key: Buffer,
  value: Buffer | null,
  timestamp: number,
  headers?: readonly Header[],
) => void

/** What a store needs of the task it is in. */
export interface StoreEnvironment {
  readonly current: CurrentRecord
  /** Undefined when the store is not logged. */
  readonly changelog: ChangelogWriter | undefined
  /** Undefined when nothing is cached. */
  readonly cache: Pick<TaskCache, 'open'> | undefined
  /** Counts rows that came too late for the store's retention. */
  expired(): void
  /** Wall-clock time, ms. */
  now(): number
}

/** A changelog record on its way back. */
export interface RestoredRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: number
}

/** A store with what the task does to it. */
export interface OpenStore {
  readonly store: StateStore
  /** Hands on what the cache holds, and writes what was kept back from the changelog. */
  readonly flush: () => void
  /** Takes changelog records back; nothing is logged or forwarded. */
  readonly restore: (records: Iterable<RestoredRecord>) => void
}
