import type { Serde } from '#core/serde/serde.ts'
import { noHeaders } from '#core/records/record.ts'
import { Change } from '../record.ts'
import type { OpenStore, StoreEnvironment } from './environment.ts'
import { KeyText } from './key-value.ts'
import type { SessionRow } from './session.ts'
import { SessionRows } from './session.ts'
import type { HoldingStore, StateStore, StoreSpec } from './store.ts'
import type { Flushed } from './table-store.ts'
import type { Windowed } from './windowed.ts'

/** A store of values by key and session. Times in ms, both ends of a session included. */
export interface SessionStore<K, V> extends StateStore {
  /** The value of exactly this session. */
  fetchSession(key: K, start: number, end: number): V | null
  /** Sessions of a key that overlap the span: end at `earliestEnd` or later, begin at `latestStart` or earlier. By end. */
  findSessions(key: K, earliestEnd: number, latestStart: number): Iterable<readonly [key: Windowed<K>, value: V]>
  backwardFindSessions(
    key: K,
    earliestEnd: number,
    latestStart: number,
  ): Iterable<readonly [key: Windowed<K>, value: V]>
  /** Sessions of all keys by their end. */
  findSessionsByEnd(earliestEnd: number, latestEnd: number): Iterable<readonly [key: Windowed<K>, value: V]>
  all(): Iterable<readonly [key: Windowed<K>, value: V]>
  /** Null deletes. */
  put(session: Windowed<K>, value: V | null): void
  remove(session: Windowed<K>): void
  /** As `TableStore.onFlush`. */
  onFlush(sendOldValues: boolean, flushed: Flushed<Windowed<K>, V>): boolean
}

class MemorySessionStore<K, V> implements SessionStore<K, V>, HoldingStore {
  readonly name: string
  readonly #rows: SessionRows
  readonly #keys: KeyText<K>
  readonly #serde: Serde<V>

  constructor(spec: StoreSpec, rows: SessionRows) {
    this.name = spec.name
    this.#rows = rows
    this.#keys = new KeyText(spec.key as Serde<K>, spec.name)
    this.#serde = spec.value as Serde<V>
  }

  get size(): number {
    return this.#rows.size
  }

  fetchSession(key: K, start: number, end: number): V | null {
    const value = this.#rows.get(this.#keys.of(key), start, end)
    return value === undefined ? null : this.#serde.deserialize(value, this.name)
  }

  findSessions(key: K, earliestEnd: number, latestStart: number): Iterable<readonly [key: Windowed<K>, value: V]> {
    return this.#read(this.#rows.find(this.#keys.of(key), earliestEnd, latestStart))
  }

  backwardFindSessions(
    key: K,
    earliestEnd: number,
    latestStart: number,
  ): Iterable<readonly [key: Windowed<K>, value: V]> {
    return this.#read(this.#rows.find(this.#keys.of(key), earliestEnd, latestStart).reverse())
  }

  findSessionsByEnd(earliestEnd: number, latestEnd: number): Iterable<readonly [key: Windowed<K>, value: V]> {
    return this.#read(this.#rows.findByEnd(earliestEnd, latestEnd))
  }

  all(): Iterable<readonly [key: Windowed<K>, value: V]> {
    return this.findSessionsByEnd(-Infinity, Infinity)
  }

  holdFrom(end: number): void {
    this.#rows.holdFrom(end)
  }

  put({ key, start, end }: Windowed<K>, value: V | null): void {
    this.#rows.put(this.#keys.of(key), start, end, value === null ? undefined : this.#serde.serialize(value, this.name))
  }

  remove({ key, start, end }: Windowed<K>): void {
    this.#rows.remove(this.#keys.of(key), start, end)
  }

  onFlush(sendOldValues: boolean, flushed: Flushed<Windowed<K>, V>): boolean {
    return this.#rows.onFlush(sendOldValues, (text, start, end, { row, record }, before) => {
      const change = new Change(
        row === undefined ? null : this.#serde.deserialize(row.value, this.name),
        before === undefined || !sendOldValues ? null : this.#serde.deserialize(before, this.name),
      )
      flushed({ key: this.#keys.read(text), start, end }, change, end, record?.headers ?? noHeaders)
    })
  }

  *#read(rows: Iterable<SessionRow>): Iterable<readonly [key: Windowed<K>, value: V]> {
    for (const { key, start, end, value } of rows) {
      yield [{ key: this.#keys.read(key), start, end }, this.#serde.deserialize(value, this.name)]
    }
  }
}

/** Opens a `session` store. */
export function openSessionStore(spec: StoreSpec, environment: StoreEnvironment): OpenStore {
  const rows = new SessionRows(spec, environment)
  const store = new MemorySessionStore(spec, rows)
  return { store, flush: () => rows.flush(), restore: (records) => rows.restore(records) }
}
