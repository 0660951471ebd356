import type { Origin, StreamRecord } from '../record.ts'
import type { CurrentRecord } from './environment.ts'

/** A value with its time; the timestamp of stores without times is -1. */
export interface Row {
  readonly value: Buffer
  readonly timestamp: number
}

/** An update that waits in the cache, with the record that caused the last change of it. */
export class CacheEntry {
  readonly key: string
  row: Row | undefined
  dirty = false
  bytes = 0
  record: StreamRecord<unknown, unknown> | undefined
  origin: Origin | undefined
  /** Neighbours by last use, and among the dirty ones by last change. */
  older: CacheEntry | undefined
  newer: CacheEntry | undefined
  dirtyOlder: CacheEntry | undefined
  dirtyNewer: CacheEntry | undefined

  constructor(key: string) {
    this.key = key
  }
}

/** What an entry costs beyond its key and value: objects, links and map slots. */
const entryOverheadBytes = 64

/** Memory for updates that are not handed on yet, shared by the stores of a worker. */
export class RecordCache {
  readonly maxBytes: number
  usedBytes = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /**
   * Space for one store. `flush` gets the dirty entries, last dirtied last. `keepClean`: entries stay readable after they
   * were flushed, until the space is needed; Kafka's do, and window stores show it: rows outlive their retention.
   */
  open(current: CurrentRecord, keepClean: boolean, flush: (entries: readonly CacheEntry[]) => void): StoreCache {
    return new StoreCache(this, current, keepClean, flush)
  }
}

/** The parts of a record cache that belong to the stores of one task. */
export class TaskCache {
  readonly #shared: RecordCache
  readonly #stores: StoreCache[] = []

  constructor(shared: RecordCache) {
    this.#shared = shared
  }

  open(...args: Parameters<RecordCache['open']>): StoreCache {
    const store = this.#shared.open(...args)
    this.#stores.push(store)
    return store
  }

  /** Gives all of the space back; what was not flushed is forgotten. */
  release(): void {
    for (const store of this.#stores.splice(0)) store.clear()
  }
}

/** The part of a record cache that belongs to one store. Keys are the bytes of store keys as latin1 text. */
export class StoreCache {
  readonly #shared: RecordCache
  readonly #current: CurrentRecord
  readonly #keepClean: boolean
  readonly #flush: (entries: readonly CacheEntry[]) => void
  readonly #entries = new Map<string, CacheEntry>()
  #oldest: CacheEntry | undefined
  #newest: CacheEntry | undefined
  #dirtyOldest: CacheEntry | undefined
  #dirtyNewest: CacheEntry | undefined

  constructor(
    shared: RecordCache,
    current: CurrentRecord,
    keepClean: boolean,
    flush: (entries: readonly CacheEntry[]) => void,
  ) {
    this.#shared = shared
    this.#current = current
    this.#keepClean = keepClean
    this.#flush = flush
  }

  /** The entry of a key; one with an undefined row stands for a deletion. */
  get(key: string): CacheEntry | undefined {
    const entry = this.#entries.get(key)
    if (entry !== undefined && entry !== this.#newest) {
      this.#unlink(entry)
      this.#link(entry)
    }
    return entry
  }

  /** Sets a row, or with undefined a deletion. May flush when the space is used up. */
  put(key: string, row: Row | undefined): void {
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = new CacheEntry(key)
      this.#entries.set(key, entry)
      this.#link(entry)
    } else if (entry !== this.#newest) {
      this.#unlink(entry)
      this.#link(entry)
    }
    entry.row = row
    this.#markDirty(entry)
    entry.record = this.#current.record
    entry.origin = this.#current.origin
    const bytes = key.length + (row === undefined ? 0 : row.value.length) + entryOverheadBytes
    this.#shared.usedBytes += bytes - entry.bytes
    entry.bytes = bytes
    while (this.#shared.usedBytes > this.#shared.maxBytes && this.#oldest !== undefined) this.#evict(this.#oldest)
  }

  /** All entries, in no certain order. */
  entries(): Iterable<CacheEntry> {
    return this.#entries.values()
  }

  flush(): void {
    if (this.#dirtyOldest !== undefined) this.#flushDirty(undefined)
  }

  /** Gives the space back without flushing. */
  clear(): void {
    for (const entry of Array.from(this.#entries.values())) this.#remove(entry)
    this.#dirtyOldest = undefined
    this.#dirtyNewest = undefined
  }

  #evict(entry: CacheEntry): void {
    this.#remove(entry)
    // Kafka flushes the whole store when a dirty entry has to go: what came before it must not come out after it.
    if (entry.dirty) this.#flushDirty(entry)
  }

  #flushDirty(evicted: CacheEntry | undefined): void {
    const entries: CacheEntry[] = evicted === undefined ? [] : [evicted]
    for (let entry = this.#dirtyOldest; entry !== undefined;) {
      const next = entry.dirtyNewer
      if (entry !== evicted) entries.push(entry)
      entry.dirty = false
      entry.dirtyOlder = undefined
      entry.dirtyNewer = undefined
      entry = next
    }
    // The listener forwards, which may put into this very store.
    this.#dirtyOldest = undefined
    this.#dirtyNewest = undefined
    this.#flush(entries)
    for (const entry of entries) {
      if (!entry.dirty && (!this.#keepClean || entry.row === undefined) && this.#entries.get(entry.key) === entry)
        this.#remove(entry)
    }
  }

  /** Puts an entry at the end of the dirty ones. */
  #markDirty(entry: CacheEntry): void {
    if (entry === this.#dirtyNewest) return
    if (entry.dirty) {
      if (entry.dirtyOlder !== undefined) entry.dirtyOlder.dirtyNewer = entry.dirtyNewer
      else this.#dirtyOldest = entry.dirtyNewer
      entry.dirtyNewer!.dirtyOlder = entry.dirtyOlder
    }
    entry.dirty = true
    entry.dirtyOlder = this.#dirtyNewest
    entry.dirtyNewer = undefined
    if (this.#dirtyNewest !== undefined) this.#dirtyNewest.dirtyNewer = entry
    else this.#dirtyOldest = entry
    this.#dirtyNewest = entry
  }

  #remove(entry: CacheEntry): void {
    this.#entries.delete(entry.key)
    this.#unlink(entry)
    this.#shared.usedBytes -= entry.bytes
  }

  #link(entry: CacheEntry): void {
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest !== undefined) this.#newest.newer = entry
    else this.#oldest = entry
    this.#newest = entry
  }

  #unlink(entry: CacheEntry): void {
    if (entry.older !== undefined) entry.older.newer = entry.newer
    else this.#oldest = entry.newer
    if (entry.newer !== undefined) entry.newer.older = entry.older
    else this.#newest = entry.older
  }
}
