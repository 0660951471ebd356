import { BTree } from './btree.ts'
import type { CacheEntry, Row, StoreCache } from './cache.ts'
import type { RestoredRecord, StoreEnvironment } from './environment.ts'
import { readInt64, writeInt64 } from './int64.ts'
import type { StoreSpec } from './store.ts'

/** A row of a window store: key bytes as latin1 text, window start, value. */
export interface WindowRow {
  readonly key: string
  readonly start: number
  readonly row: Row
}

/** A row that leaves the cache, with the row below it if somebody wants to know. */
export type FlushedWindowRow = (key: string, start: number, entry: CacheEntry, before: Row | undefined) => void

type Segment = Map<string, Row>

/**
 * Rows by window start and key, in memory, with changelog and cache. Rows whose start is not after the largest start ever
 * put less the retention are gone: reads do not see them, puts of them are counted as expired. A holding store keeps those that
 * were not emitted yet. Stores that keep duplicates number the rows of one key and start.
 */
export class WindowRows {
  readonly #retentionMs: number
  readonly #duplicates: boolean
  readonly #logsHeaders: boolean
  readonly #environment: StoreEnvironment
  readonly #segments = new BTree<number, Segment>(undefined, (a, b) => a - b)
  readonly #cache: StoreCache | undefined
  #observed = -1
  /** Rows from this start on stay. */
  #heldFrom: number
  #sequence = 0
  #flushed: { readonly call: FlushedWindowRow; readonly oldValues: boolean } | undefined

  constructor(spec: StoreSpec, environment: StoreEnvironment) {
    this.#retentionMs = spec.retentionMs ?? Infinity
    this.#heldFrom = spec.holding === true ? 0 : Infinity
    this.#duplicates = spec.retainDuplicates === true
    this.#logsHeaders = spec.logsHeaders === true
    this.#environment = environment
    this.#cache = environment.cache?.open(environment.current, true, (entries) => this.#handOn(entries))
  }

  get cached(): boolean {
    return this.#cache !== undefined
  }

  get size(): number {
    let size = 0
    for (const segment of this.#segments.values()) size += segment.size
    return size
  }

  get(key: string, start: number): Row | undefined {
    const entry = this.#cache?.get(cacheKey(key, start))
    return entry === undefined ? this.#fetch(key, start) : entry.row
  }

  put(key: string, start: number, row: Row | undefined): void {
    if (this.#cache === undefined) this.#write(key, start, row)
    else this.#cache.put(cacheKey(key, start), row)
  }

  /** Rows with starts from `from` to `to`, both included, by start, then key; of one key only, if given. */
  range(from: number, to: number, key?: string): WindowRow[] {
    const stored = this.#stored(from, to, key)
    if (this.#cache === undefined) return stored
    const rows = new Map(stored.map((each) => [cacheKey(each.key, each.start), each]))
    for (const entry of this.#cache.entries()) {
      const at = entry.key.length - 8
      const start = readInt64(Buffer.from(entry.key.slice(at), 'latin1'), 0)
      const text = entry.key.slice(0, at)
      if (start < from || start > to || (key !== undefined && key !== text)) continue
      if (entry.row === undefined) rows.delete(entry.key)
      else rows.set(entry.key, { key: text, start, row: entry.row })
    }
    return [...rows.values()].sort(byStartAndKey)
  }

  holdFrom(start: number): void {
    this.#heldFrom = start
  }

  onFlush(oldValues: boolean, call: FlushedWindowRow): boolean {
    this.#flushed = { call, oldValues }
    return this.#cache !== undefined
  }

  flush(): void {
    this.#cache?.flush()
  }

  /** Keys of the changelog: key bytes, 8 bytes of start, 4 bytes of sequence. */
  restore(records: Iterable<RestoredRecord>): void {
    for (const { key, value, timestamp } of records) {
      if (key === null || key.length < 12) continue
      const row = value === null ? undefined : { value: Buffer.from(value), timestamp }
      this.#put(key.toString('latin1', 0, key.length - 12), readInt64(key, key.length - 12), row, false)
    }
  }

  /** Rows up to this start are gone. */
  get #limit(): number {
    return Math.min(this.#observed - this.#retentionMs, this.#heldFrom - 1)
  }

  #fetch(key: string, start: number): Row | undefined {
    this.#expire()
    return start <= this.#limit ? undefined : this.#segments.get(start)?.get(key)
  }

  #stored(from: number, to: number, key: string | undefined): WindowRow[] {
    this.#expire()
    const rows: WindowRow[] = []
    const low = Math.max(from, this.#limit + 1)
    if (to < low) return rows
    this.#segments.forRange(low, to, true, (start, segment) => {
      if (key !== undefined && !this.#duplicates) {
        const row = segment.get(key)
        if (row !== undefined) rows.push({ key, start, row })
        return
      }
      for (const text of [...segment.keys()].sort()) {
        const plain = this.#duplicates ? text.slice(0, -4) : text
        if (key === undefined || key === plain) rows.push({ key: plain, start, row: segment.get(text)! })
      }
    })
    return rows
  }

  #write(key: string, start: number, row: Row | undefined): void {
    this.#put(key, start, row, true)
    const { changelog, current } = this.#environment
    if (changelog === undefined) return
    if (this.#duplicates) this.#logged = (this.#logged + 1) & 0x7fffffff
    const timestamp = row !== undefined && row.timestamp >= 0 ? row.timestamp : (current.record?.timestamp ?? -1)
    const headers = this.#logsHeaders ? current.record?.headers : undefined
    changelog(changelogKey(key, start, this.#logged), row === undefined ? null : row.value, timestamp, headers)
  }

  #logged = 0

  #put(key: string, start: number, row: Row | undefined, count: boolean): void {
    this.#expire()
    if (start > this.#observed) this.#observed = start
    if (start <= this.#limit) {
      if (count) this.#environment.expired()
      return
    }
    const segment = this.#segments.get(start)
    if (row !== undefined) {
      let text = key
      if (this.#duplicates) {
        this.#sequence = (this.#sequence + 1) & 0x7fffffff
        text += sequenceText(this.#sequence)
      }
      if (segment === undefined) this.#segments.set(start, new Map([[text, row]]))
      else segment.set(text, row)
    } else if (segment !== undefined && !this.#duplicates && segment.delete(key) && segment.size === 0) {
      this.#segments.delete(start)
    }
  }

  #expire(): void {
    const oldest = this.#segments.minKey()
    const limit = this.#limit
    if (oldest !== undefined && oldest <= limit) this.#segments.deleteRange(oldest, limit, true)
  }

  #handOn(entries: readonly CacheEntry[]): void {
    const { current } = this.#environment
    const { record, origin } = current
    try {
      for (const entry of entries) {
        const at = entry.key.length - 8
        const key = entry.key.slice(0, at)
        const start = readInt64(Buffer.from(entry.key.slice(at), 'latin1'), 0)
        const before =
          entry.row === undefined || this.#flushed?.oldValues === true ? this.#fetch(key, start) : undefined
        if (this.#flushed !== undefined && entry.row === undefined && before === undefined) continue
        current.record = entry.record
        current.origin = entry.origin
        this.#write(key, start, entry.row)
        this.#flushed?.call(key, start, entry, before)
      }
    } finally {
      current.record = record
      current.origin = origin
    }
  }
}

const scratch = Buffer.alloc(8)
let last = { start: -1, text: '' }

/** Eight bytes of start as text. The same start comes again and again. */
function startText(start: number): string {
  if (last.start === start) return last.text
  writeInt64(scratch, start, 0)
  last = { start, text: scratch.toString('latin1') }
  return last.text
}

/** Key and start as one text, in the order of the changelog's keys. */
const cacheKey = (key: string, start: number): string => key + startText(start)

function sequenceText(sequence: number): string {
  scratch.writeUInt32BE(sequence, 0)
  return scratch.toString('latin1', 0, 4)
}

function changelogKey(key: string, start: number, sequence: number): Buffer {
  const target = Buffer.allocUnsafe(key.length + 12)
  target.write(key, 0, 'latin1')
  target.writeUInt32BE(sequence, writeInt64(target, start, key.length))
  return target
}

const byStartAndKey = (a: WindowRow, b: WindowRow): number =>
  a.start - b.start || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
