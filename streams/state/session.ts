import { BTree } from './btree.ts'
import type { CacheEntry, Row, StoreCache } from './cache.ts'
import type { RestoredRecord, StoreEnvironment } from './environment.ts'
import { readInt64, writeInt64 } from './int64.ts'
import type { StoreSpec } from './store.ts'

/** A session of a key; key bytes are latin1 text, times in ms, both ends included. */
export interface SessionRow {
  readonly key: string
  readonly start: number
  readonly end: number
  readonly value: Buffer
}

/** A session that leaves the cache, with the value below it if somebody wants to know. */
export type FlushedSession = (
  key: string,
  start: number,
  end: number,
  entry: CacheEntry,
  before: Buffer | undefined,
) => void

/**
 * Sessions by end, key and start, in memory, with changelog and cache. Sessions whose end is not after the largest end
 * ever put less the retention are gone; a holding store keeps those that were not emitted yet.
 */
export class SessionRows {
  readonly #retentionMs: number
  readonly #environment: StoreEnvironment
  readonly #byEnd = new BTree<number, Map<string, SessionRow>>(undefined, (a, b) => a - b)
  readonly #byKey = new Map<string, Map<string, SessionRow>>()
  readonly #cache: StoreCache | undefined
  #observed = -1
  /** Sessions from this end on stay. */
  #heldFrom: number
  #flushed: { readonly call: FlushedSession; readonly oldValues: boolean } | undefined

  constructor(spec: StoreSpec, environment: StoreEnvironment) {
    this.#retentionMs = spec.retentionMs ?? Infinity
    this.#heldFrom = spec.holding === true ? 0 : Infinity
    this.#environment = environment
    this.#cache = environment.cache?.open(environment.current, true, (entries) => this.#handOn(entries))
  }

  get size(): number {
    let size = 0
    for (const sessions of this.#byKey.values()) size += sessions.size
    return size
  }

  get(key: string, start: number, end: number): Buffer | undefined {
    const place = placeOf(key, start, end)
    const entry = this.#cache?.get(place)
    return entry === undefined ? this.#fetch(key, end, place) : entry.row?.value
  }

  /** Undefined deletes. */
  put(key: string, start: number, end: number, value: Buffer | undefined): void {
    const row = value === undefined ? undefined : { value, timestamp: -1 }
    if (this.#cache === undefined) this.#write(key, start, end, row)
    else this.#cache.put(placeOf(key, start, end), row)
  }

  /** Deletes a session; unlike a put of nothing this does not move the store's time. */
  remove(key: string, start: number, end: number): void {
    if (this.#cache !== undefined) return this.put(key, start, end, undefined)
    this.#delete(key, end, placeOf(key, start, end))
    this.#log(placeOf(key, start, end), null)
  }

  /** Sessions of a key that end at `earliestEnd` or later and begin at `latestStart` or earlier. */
  find(key: string, earliestEnd: number, latestStart: number): SessionRow[] {
    this.#expire()
    const rows = new Map<string, SessionRow>()
    const take = (place: string, row: SessionRow): void => {
      if (row.end >= earliestEnd && row.start <= latestStart) rows.set(place, row)
    }
    for (const [place, row] of this.#byKey.get(key) ?? []) take(place, row)
    if (this.#cache !== undefined)
      this.#merge(rows, (row) => row.key === key && row.end >= earliestEnd && row.start <= latestStart)
    return [...rows.values()].sort(byEndKeyStart)
  }

  /** Sessions of all keys that end from `earliestEnd` to `latestEnd`, both included. */
  findByEnd(earliestEnd: number, latestEnd: number): SessionRow[] {
    this.#expire()
    const rows = new Map<string, SessionRow>()
    this.#byEnd.forRange(earliestEnd, latestEnd, true, (_, sessions) => {
      for (const [place, row] of sessions) rows.set(place, row)
    })
    if (this.#cache !== undefined) this.#merge(rows, (row) => row.end >= earliestEnd && row.end <= latestEnd)
    return [...rows.values()].sort(byEndKeyStart)
  }

  holdFrom(end: number): void {
    this.#heldFrom = end
  }

  onFlush(oldValues: boolean, call: FlushedSession): boolean {
    this.#flushed = { call, oldValues }
    return this.#cache !== undefined
  }

  flush(): void {
    this.#cache?.flush()
  }

  /** Keys of the changelog: key bytes, 8 bytes of end, 8 bytes of start. */
  restore(records: Iterable<RestoredRecord>): void {
    for (const { key, value } of records) {
      if (key === null || key.length < 16) continue
      const [text, start, end] = parsePlace(key.toString('latin1'))
      this.#put(text, start, end, value === null ? undefined : Buffer.from(value), false)
    }
  }

  #merge(rows: Map<string, SessionRow>, wanted: (row: SessionRow) => boolean): void {
    for (const entry of this.#cache!.entries()) {
      const [key, start, end] = parsePlace(entry.key)
      const row = { key, start, end, value: entry.row?.value ?? Buffer.alloc(0) }
      if (!wanted(row)) continue
      if (entry.row === undefined) rows.delete(entry.key)
      else rows.set(entry.key, row)
    }
  }

  /** Sessions up to this end are gone. */
  get #limit(): number {
    return Math.min(this.#observed - this.#retentionMs, this.#heldFrom - 1)
  }

  #fetch(key: string, end: number, place: string): Buffer | undefined {
    this.#expire()
    return end <= this.#limit ? undefined : this.#byKey.get(key)?.get(place)?.value
  }

  #write(key: string, start: number, end: number, row: Row | undefined): void {
    this.#put(key, start, end, row?.value, true)
    this.#log(placeOf(key, start, end), row === undefined ? null : row.value)
  }

  #log(place: string, value: Buffer | null): void {
    const { changelog, current } = this.#environment
    changelog?.(Buffer.from(place, 'latin1'), value, current.record?.timestamp ?? -1)
  }

  #put(key: string, start: number, end: number, value: Buffer | undefined, count: boolean): void {
    this.#expire()
    if (end > this.#observed) this.#observed = end
    if (end <= this.#limit) {
      if (count) this.#environment.expired()
      return
    }
    const place = placeOf(key, start, end)
    if (value === undefined) return this.#delete(key, end, place)
    const row = { key, start, end, value }
    const ended = this.#byEnd.get(end)
    if (ended === undefined) this.#byEnd.set(end, new Map([[place, row]]))
    else ended.set(place, row)
    const mine = this.#byKey.get(key)
    if (mine === undefined) this.#byKey.set(key, new Map([[place, row]]))
    else mine.set(place, row)
  }

  #delete(key: string, end: number, place: string): void {
    const ended = this.#byEnd.get(end)
    if (ended?.delete(place) === true && ended.size === 0) this.#byEnd.delete(end)
    const mine = this.#byKey.get(key)
    if (mine?.delete(place) === true && mine.size === 0) this.#byKey.delete(key)
  }

  #expire(): void {
    const limit = this.#limit
    for (let oldest = this.#byEnd.minKey(); oldest !== undefined && oldest <= limit; oldest = this.#byEnd.minKey()) {
      for (const [place, { key, end }] of Array.from(this.#byEnd.get(oldest)!)) this.#delete(key, end, place)
    }
  }

  #handOn(entries: readonly CacheEntry[]): void {
    const { current } = this.#environment
    const { record, origin } = current
    try {
      for (const entry of entries) {
        const [key, start, end] = parsePlace(entry.key)
        const asks = entry.row === undefined || this.#flushed?.oldValues === true
        const before = asks ? this.#fetch(key, end, entry.key) : undefined
        if (this.#flushed !== undefined && entry.row === undefined && before === undefined) continue
        current.record = entry.record
        current.origin = entry.origin
        this.#write(key, start, end, entry.row)
        this.#flushed?.call(key, start, end, entry, before)
      }
    } finally {
      current.record = record
      current.origin = origin
    }
  }
}

function placeOf(key: string, start: number, end: number): string {
  const suffix = Buffer.allocUnsafe(16)
  writeInt64(suffix, start, writeInt64(suffix, end, 0))
  return key + suffix.toString('latin1')
}

function parsePlace(place: string): readonly [key: string, start: number, end: number] {
  const at = place.length - 16
  const suffix = Buffer.from(place.slice(at), 'latin1')
  return [place.slice(0, at), readInt64(suffix, 8), readInt64(suffix, 0)]
}

/** Kafka's in-memory order: by end, then key bytes, then the later start first. */
const byEndKeyStart = (a: SessionRow, b: SessionRow): number =>
  a.end - b.end || (a.key < b.key ? -1 : a.key > b.key ? 1 : b.start - a.start)
