import type { Serde } from '#core/serde/serde.ts'
import { noHeaders } from '#core/records/record.ts'
import { Change } from '../record.ts'
import type { Row } from './cache.ts'
import type { OpenStore, StoreEnvironment } from './environment.ts'
import { KeyText, KeyValueRows } from './key-value.ts'
import type { StateStore, StoreSpec, ValueAndTimestamp } from './store.ts'
import type { Flushed, PutResult, TableStore } from './table-store.ts'

/** Reading a key-value store. Ranges include both ends and are in the order of the key bytes; null is an open end. */
export interface ReadOnlyKeyValueStore<K, R> extends StateStore {
  get(key: K): R | null
  range(from: K | null, to: K | null): Iterable<readonly [key: K, row: R]>
  reverseRange(from: K | null, to: K | null): Iterable<readonly [key: K, row: R]>
  all(): Iterable<readonly [key: K, row: R]>
  reverseAll(): Iterable<readonly [key: K, row: R]>
  /** Rows whose key bytes begin with those of `prefix`. */
  prefixScan<P>(prefix: P, serde: Serde<P>): Iterable<readonly [key: K, row: R]>
}

/** A store of values by key. */
export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V> {
  /** Null deletes. */
  put(key: K, value: V | null): void
  /** Returns what was there before; puts only if that is null. */
  putIfAbsent(key: K, value: V): V | null
  /** Returns what was there. */
  delete(key: K): V | null
}

/** A store of values by key that keeps the time of their last update. */
export interface TimestampedKeyValueStore<K, V>
  extends ReadOnlyKeyValueStore<K, ValueAndTimestamp<V>>, TableStore<K, V> {
  get(key: K): ValueAndTimestamp<V> | null
}

abstract class Rows<K, V, R> implements ReadOnlyKeyValueStore<K, R> {
  readonly name: string
  protected readonly rows: KeyValueRows
  protected readonly keys: KeyText<K>
  protected readonly serde: Serde<V>

  constructor(spec: StoreSpec, rows: KeyValueRows) {
    this.name = spec.name
    this.rows = rows
    this.keys = new KeyText(spec.key as Serde<K>, spec.name)
    this.serde = spec.value as Serde<V>
  }

  protected abstract row(row: Row): R

  get size(): number {
    return this.rows.size
  }

  get(key: K): R | null {
    const row = this.rows.get(this.keys.of(key))
    return row === undefined ? null : this.row(row)
  }

  range(from: K | null, to: K | null): Iterable<readonly [key: K, row: R]> {
    return this.#read(this.#keys(from, to))
  }

  reverseRange(from: K | null, to: K | null): Iterable<readonly [key: K, row: R]> {
    return this.#read(this.#keys(from, to).reverse())
  }

  all(): Iterable<readonly [key: K, row: R]> {
    return this.#read(this.rows.keys())
  }

  reverseAll(): Iterable<readonly [key: K, row: R]> {
    return this.#read(this.rows.keys().reverse())
  }

  prefixScan<P>(prefix: P, serde: Serde<P>): Iterable<readonly [key: K, row: R]> {
    const text = serde.serialize(prefix, this.name).toString('latin1')
    return this.#read(this.rows.keys(text, KeyText.after(text)).filter((key) => key.startsWith(text)))
  }

  #keys(from: K | null, to: K | null): string[] {
    return this.rows.keys(from === null ? undefined : this.keys.of(from), to === null ? undefined : this.keys.of(to))
  }

  *#read(keys: Iterable<string>): Iterable<readonly [key: K, row: R]> {
    for (const key of keys) {
      const row = this.rows.get(key)
      if (row !== undefined) yield [this.keys.read(key), this.row(row)]
    }
  }
}

class PlainStore<K, V> extends Rows<K, V, V> implements KeyValueStore<K, V> {
  put(key: K, value: V | null): void {
    const row = value === null ? undefined : { value: this.serde.serialize(value, this.name), timestamp: -1 }
    this.rows.put(this.keys.of(key), row)
  }

  putIfAbsent(key: K, value: V): V | null {
    const before = this.get(key)
    if (before === null) this.put(key, value)
    return before
  }

  delete(key: K): V | null {
    const before = this.get(key)
    this.put(key, null)
    return before
  }

  protected override row(row: Row): V {
    return this.serde.deserialize(row.value, this.name)
  }
}

class TimestampedStore<K, V> extends Rows<K, V, ValueAndTimestamp<V>> implements TimestampedKeyValueStore<K, V> {
  readonly versioned = false

  put(key: K, value: V | null, timestamp: number): PutResult {
    const row = value === null ? undefined : { value: this.serde.serialize(value, this.name), timestamp }
    this.rows.put(this.keys.of(key), row)
    return 'latest'
  }

  getAsOf(key: K): ValueAndTimestamp<V> | null {
    return this.get(key)
  }

  onFlush(sendOldValues: boolean, flushed: Flushed<K, V>): boolean {
    return this.rows.onFlush(sendOldValues, ({ key, row, record }, before) => {
      const change = new Change(
        row === undefined ? null : this.serde.deserialize(row.value, this.name),
        before === undefined || !sendOldValues ? null : this.serde.deserialize(before.value, this.name),
      )
      flushed(this.keys.read(key), change, row?.timestamp ?? record?.timestamp ?? -1, record?.headers ?? noHeaders)
    })
  }

  protected override row({ value, timestamp }: Row): ValueAndTimestamp<V> {
    return { value: this.serde.deserialize(value, this.name), timestamp }
  }
}

/** Opens a `keyValue` or `timestampedKeyValue` store. */
export function openKeyValueStore(spec: StoreSpec, environment: StoreEnvironment): OpenStore {
  const rows = new KeyValueRows(environment)
  const store = spec.kind === 'keyValue' ? new PlainStore(spec, rows) : new TimestampedStore(spec, rows)
  return { store, flush: () => rows.flush(), restore: (records) => rows.restore(records) }
}
