import type { Header } from '#core/records/record.ts'
import type { Change } from '../record.ts'
import type { StateStore, ValueAndTimestamp } from './store.ts'

/** What became of a put: the row is the latest, is an older version, or was too old to be taken in. */
export type PutResult = 'latest' | 'older' | 'refused'

/** An update that leaves a cache: the key, old and new row, and the time and headers that go with it. */
export type Flushed<K, V> = (key: K, change: Change<V>, timestamp: number, headers: readonly Header[]) => void

/** A store that keeps the rows of a table: timestamped or versioned key-value stores. */
export interface TableStore<K, V> extends StateStore {
  get(key: K): ValueAndTimestamp<V> | null
  /** The row as it was at that time, null if none or if that is longer ago than the store remembers. */
  getAsOf(key: K, timestamp: number): ValueAndTimestamp<V> | null
  /** Null deletes the row. */
  put(key: K, value: V | null, timestamp: number): PutResult
  readonly versioned: boolean
  /**
   * If the store caches, updates are handed to `flushed` when they leave the cache, and the answer is true: then whoever
   * puts must not forward them himself.
   */
  onFlush(sendOldValues: boolean, flushed: Flushed<K, V>): boolean
}
