import type { Serde } from '#core/serde/serde.ts'
import type { CacheEntry, Row, StoreCache } from './cache.ts'
import type { RestoredRecord, StoreEnvironment } from './environment.ts'
import { MemoryRows } from './memory-rows.ts'

/** A row that leaves the cache, with the row that was below it if somebody wants to know. */
export type FlushedRow = (entry: CacheEntry, before: Row | undefined) => void

/**
 * Rows by key bytes with what a store does around them: the changelog gets every change of the rows, and with a cache
 * the rows change only when the cache is flushed.
 */
export class KeyValueRows {
  readonly #rows = new MemoryRows()
  readonly #environment: StoreEnvironment
  readonly #cache: StoreCache | undefined
  #flushed: { readonly call: FlushedRow; readonly oldValues: boolean } | undefined

  constructor(environment: StoreEnvironment) {
    this.#environment = environment
    this.#cache = environment.cache?.open(environment.current, false, (entries) => this.#handOn(entries))
  }

  get cached(): boolean {
    return this.#cache !== undefined
  }

  get size(): number {
    this.#cache?.flush()
    return this.#rows.size
  }

  get(key: string): Row | undefined {
    const entry = this.#cache?.get(key)
    return entry === undefined ? this.#rows.get(key) : entry.row
  }

  put(key: string, row: Row | undefined): void {
    if (this.#cache === undefined) this.#write(key, row)
    else this.#cache.put(key, row)
  }

  /** Keys in byte order, both ends included. */
  keys(from?: string, to?: string): string[] {
    const keys = this.#rows.keys(from, to)
    if (this.#cache === undefined) return keys
    const extra: string[] = []
    for (const { key, row } of this.#cache.entries()) {
      if (row === undefined || this.#rows.get(key) !== undefined) continue
      if ((from === undefined || key >= from) && (to === undefined || key <= to)) extra.push(key)
    }
    return extra.length === 0 ? keys : [...keys, ...extra].sort()
  }

  onFlush(oldValues: boolean, call: FlushedRow): boolean {
    this.#flushed = { call, oldValues }
    return this.#cache !== undefined
  }

  flush(): void {
    this.#cache?.flush()
  }

  restore(records: Iterable<RestoredRecord>): void {
    for (const { key, value, timestamp } of records) {
      if (key === null) continue
      const text = key.toString('latin1')
      // The bytes are a view on a fetched batch, which must not be kept alive by one row.
      if (value === null) this.#rows.delete(text)
      else this.#rows.set(text, { value: Buffer.from(value), timestamp })
    }
  }

  #write(key: string, row: Row | undefined): void {
    if (row === undefined) this.#rows.delete(key)
    else this.#rows.set(key, row)
    const { changelog, current } = this.#environment
    if (changelog === undefined) return
    const timestamp = row !== undefined && row.timestamp >= 0 ? row.timestamp : (current.record?.timestamp ?? -1)
    changelog(Buffer.from(key, 'latin1'), row === undefined ? null : row.value, timestamp)
  }

  #handOn(entries: readonly CacheEntry[]): void {
    const { current } = this.#environment
    const { record, origin } = current
    try {
      for (const entry of entries) {
        const before =
          entry.row === undefined || this.#flushed?.oldValues === true ? this.#rows.get(entry.key) : undefined
        // A row that came and went within the cache leaves no trace.
        if (this.#flushed !== undefined && entry.row === undefined && before === undefined) continue
        current.record = entry.record
        current.origin = entry.origin
        this.#write(entry.key, entry.row)
        this.#flushed?.call(entry, before)
      }
    } finally {
      current.record = record
      current.origin = origin
    }
  }
}

/** Keys as text, serialised once for the read and the write that usually follow one another. */
export class KeyText<K> {
  readonly #serde: Serde<K>
  readonly #topic: string
  #last: K | undefined
  #text = ''

  constructor(serde: Serde<K>, topic: string) {
    this.#serde = serde
    this.#topic = topic
  }

  of(key: K): string {
    if (key === this.#last && typeof key !== 'object') return this.#text
    this.#text = this.#serde.serialize(key, this.#topic).toString('latin1')
    this.#last = key
    return this.#text
  }

  read(text: string): K {
    return this.#serde.deserialize(Buffer.from(text, 'latin1'), this.#topic)
  }

  /** The smallest text that is greater than all that begin with `prefix`. */
  static after(prefix: string): string | undefined {
    for (let end = prefix.length; end > 0; end--) {
      const last = prefix.charCodeAt(end - 1)
      if (last < 0xff) return prefix.slice(0, end - 1) + String.fromCharCode(last + 1)
    }
    return undefined
  }
}
