import type { Files } from '#core/ports/files.ts'
import { readInt64, writeInt64 } from '#core/records/layout.ts'

import { offsetName, txnIndexSuffix } from './file-names.ts'
import { IndexFile } from './index-file.ts'

/** A transaction that was aborted, as the segment with its marker remembers it. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Offset of the marker. */
  readonly lastOffset: number
  /** First offset that was undecided when the marker was written: transactions that begin at or above it come later in the index. */
  readonly lastStableOffset: number
}

const version = 0
const entryBytes = 34
const entriesAtATime = 512

const lastOffsetAt = (bytes: Buffer, at: number): number => readInt64(bytes, at + 18)

/**
 * Kafka's `.txnindex` of one segment: the transactions whose abort markers lie in it, in the order of the markers.
 *
 *     version producerId firstOffset lastOffset lastStableOffset
 *     int16   int64      int64       int64      int64
 *
 * A segment without such markers has no file.
 */
export class TransactionIndex {
  readonly #files: Files
  readonly #entries: IndexFile

  constructor(files: Files, directory: string, baseOffset: number, suffix = '') {
    this.#files = files
    this.#entries = new IndexFile(files, `${directory}/${offsetName(baseOffset)}${txnIndexSuffix}${suffix}`, entryBytes)
    this.#entries.reset()
  }

  get count(): number {
    return this.#entries.count
  }

  reset(): void {
    this.#entries.reset()
  }

  /**
   * Takes the file as it is; false when it cannot be the index of a segment that begins at `baseOffset`. Whether its entries
   * are right only the segments can tell.
   */
  openSealed(baseOffset: number): boolean {
    this.#entries.reset()
    if (!this.#files.exists(this.#entries.path)) return true
    // Nobody makes it before there is an entry, or larger than its entries.
    const { size } = this.#files.stat(this.#entries.path)
    if (!this.#entries.openSealed() || this.count === 0 || this.count * entryBytes !== size) return false
    let last = baseOffset - 1
    for (const { firstOffset, lastOffset, lastStableOffset } of this.#read(0, version)) {
      if (!(lastOffset > last) || firstOffset < 0 || firstOffset > lastOffset) return false
      if (lastStableOffset < 0 || lastStableOffset > lastOffset + 1) return false
      last = lastOffset
    }
    return true
  }

  /** Makes a sealed index take entries again. */
  load(): void {
    this.#entries.load()
  }

  add(entry: AbortedTransaction): void {
    const { bytes, at } = this.#entries.push()
    bytes.writeInt16BE(version, at)
    writeInt64(bytes, at + 2, entry.producerId)
    writeInt64(bytes, at + 10, entry.firstOffset)
    writeInt64(bytes, at + 18, entry.lastOffset)
    writeInt64(bytes, at + 26, entry.lastStableOffset)
  }

  /** Drops the entries whose markers lie at `offset` or above. */
  truncateTo(offset: number): void {
    if (this.count > 0) this.#entries.truncate(this.#entries.floor(offset - 1, lastOffsetAt) + 1)
  }

  /** All entries in order. */
  all(): Iterable<AbortedTransaction> {
    return this.#read(0)
  }

  /**
   * Adds to `found` the transactions that have records in `[from, upTo)`. True when no later segment can hold another.
   */
  collect(from: number, upTo: number, found: AbortedTransaction[]): boolean {
    if (this.count === 0) return false
    for (const entry of this.#read(this.#entries.floor(from - 1, lastOffsetAt) + 1)) {
      if (entry.firstOffset < upTo) found.push(entry)
      if (entry.lastStableOffset >= upTo) return true
    }
    return false
  }

  write(): void {
    if (this.count > 0) this.#entries.write()
    else if (this.#files.exists(this.#entries.path)) this.#files.remove(this.#entries.path)
  }

  /** Ends additions, once everything was written. */
  seal(): void {
    if (this.count > 0) this.#entries.seal()
  }

  sync(): Promise<void> {
    return this.#entries.sync()
  }

  /** Entries from a slot on; with `expected`, one of another version reads as an offset that no index can hold. */
  *#read(slot: number, expected?: number): Generator<AbortedTransaction, void, undefined> {
    for (let next = slot; next < this.count; next += entriesAtATime) {
      const bytes = this.#entries.slots(next, Math.min(entriesAtATime, this.count - next))
      for (let at = 0; at < bytes.length; at += entryBytes) {
        const known = expected === undefined || bytes.readInt16BE(at) === expected
        yield {
          producerId: readInt64(bytes, at + 2),
          firstOffset: readInt64(bytes, at + 10),
          lastOffset: known ? lastOffsetAt(bytes, at) : Number.NaN,
          lastStableOffset: readInt64(bytes, at + 26),
        }
      }
    }
  }
}
