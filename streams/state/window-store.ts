import type { Serde } from '#core/serde/serde.ts'
import { noHeaders } from '#core/records/record.ts'
import { Change } from '../record.ts'
import type { Row } from './cache.ts'
import type { OpenStore, StoreEnvironment } from './environment.ts'
import { KeyText } from './key-value.ts'
import type { HoldingStore, StateStore, StoreSpec, ValueAndTimestamp } from './store.ts'
import type { Flushed } from './table-store.ts'
import { WindowRows } from './window.ts'
import type { WindowRow } from './window.ts'
import type { Windowed } from './windowed.ts'

/** Reading a window store. Times are window starts in ms; ranges include both ends. */
export interface ReadOnlyWindowStore<K, R> extends StateStore {
  /** The row of one window. */
  fetch(key: K, start: number): R | null
  /** Rows of a key, by time. */
  fetchRange(key: K, from: number, to: number): Iterable<readonly [start: number, row: R]>
  backwardFetchRange(key: K, from: number, to: number): Iterable<readonly [start: number, row: R]>
  /** Rows of all keys, by time, then key bytes. */
  fetchAll(from: number, to: number): Iterable<readonly [key: Windowed<K>, row: R]>
  backwardFetchAll(from: number, to: number): Iterable<readonly [key: Windowed<K>, row: R]>
  all(): Iterable<readonly [key: Windowed<K>, row: R]>
}

/** A store of values by key and window start. */
export interface WindowStore<K, V> extends ReadOnlyWindowStore<K, V> {
  /** Null deletes, unless the store keeps duplicates. */
  put(key: K, value: V | null, start: number): void
}

/** A store of values by key and window start that keeps the time of their last update. */
export interface TimestampedWindowStore<K, V> extends ReadOnlyWindowStore<K, ValueAndTimestamp<V>> {
  put(key: K, value: V | null, timestamp: number, start: number): void
  /** As `TableStore.onFlush`. */
  onFlush(sendOldValues: boolean, flushed: Flushed<Windowed<K>, V>): boolean
}

abstract class Windows<K, V, R> implements ReadOnlyWindowStore<K, R> {
  readonly name: string
  readonly sizeMs: number
  protected readonly rows: WindowRows
  protected readonly keys: KeyText<K>
  protected readonly serde: Serde<V>

  constructor(spec: StoreSpec, rows: WindowRows) {
    this.name = spec.name
    this.sizeMs = spec.windowSizeMs ?? Infinity
    this.rows = rows
    this.keys = new KeyText(spec.key as Serde<K>, spec.name)
    this.serde = spec.value as Serde<V>
  }

  protected abstract row(row: Row): R

  get size(): number {
    return this.rows.size
  }

  fetch(key: K, start: number): R | null {
    const row = this.rows.get(this.keys.of(key), start)
    return row === undefined ? null : this.row(row)
  }

  *fetchRange(key: K, from: number, to: number): Iterable<readonly [start: number, row: R]> {
    for (const { start, row } of this.rows.range(from, to, this.keys.of(key))) yield [start, this.row(row)]
  }

  *backwardFetchRange(key: K, from: number, to: number): Iterable<readonly [start: number, row: R]> {
    for (const { start, row } of this.rows.range(from, to, this.keys.of(key)).reverse()) yield [start, this.row(row)]
  }

  fetchAll(from: number, to: number): Iterable<readonly [key: Windowed<K>, row: R]> {
    return this.#read(this.rows.range(from, to))
  }

  backwardFetchAll(from: number, to: number): Iterable<readonly [key: Windowed<K>, row: R]> {
    return this.#read(this.rows.range(from, to).reverse())
  }

  all(): Iterable<readonly [key: Windowed<K>, row: R]> {
    return this.#read(this.rows.range(-Infinity, Infinity))
  }

  protected windowed(key: string, start: number): Windowed<K> {
    return { key: this.keys.read(key), start, end: start + this.sizeMs }
  }

  *#read(rows: Iterable<WindowRow>): Iterable<readonly [key: Windowed<K>, row: R]> {
    for (const { key, start, row } of rows) yield [this.windowed(key, start), this.row(row)]
  }
}

class PlainWindowStore<K, V> extends Windows<K, V, V> implements WindowStore<K, V> {
  put(key: K, value: V | null, start: number): void {
    const row = value === null ? undefined : { value: this.serde.serialize(value, this.name), timestamp: -1 }
    this.rows.put(this.keys.of(key), start, row)
  }

  protected override row(row: Row): V {
    return this.serde.deserialize(row.value, this.name)
  }
}

class TimestampedWindows<K, V>
  extends Windows<K, V, ValueAndTimestamp<V>>
  implements TimestampedWindowStore<K, V>, HoldingStore
{
  holdFrom(start: number): void {
    this.rows.holdFrom(start)
  }

  put(key: K, value: V | null, timestamp: number, start: number): void {
    const row = value === null ? undefined : { value: this.serde.serialize(value, this.name), timestamp }
    this.rows.put(this.keys.of(key), start, row)
  }

  onFlush(sendOldValues: boolean, flushed: Flushed<Windowed<K>, V>): boolean {
    return this.rows.onFlush(sendOldValues, (key, start, { row, record }, before) => {
      const change = new Change(
        row === undefined ? null : this.serde.deserialize(row.value, this.name),
        before === undefined || !sendOldValues ? null : this.serde.deserialize(before.value, this.name),
      )
      flushed(
        this.windowed(key, start),
        change,
        row?.timestamp ?? record?.timestamp ?? -1,
        record?.headers ?? noHeaders,
      )
    })
  }

  protected override row({ value, timestamp }: Row): ValueAndTimestamp<V> {
    return { value: this.serde.deserialize(value, this.name), timestamp }
  }
}

/** Opens a `window` or `timestampedWindow` store. */
export function openWindowStore(spec: StoreSpec, environment: StoreEnvironment): OpenStore {
  const rows = new WindowRows(spec, environment)
  const store = spec.kind === 'window' ? new PlainWindowStore(spec, rows) : new TimestampedWindows(spec, rows)
  return { store, flush: () => rows.flush(), restore: (records) => rows.restore(records) }
}
