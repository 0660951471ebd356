import { isKnownError, type KnownError } from '#core/errors/table.ts'
import type { Files, OpenFile } from '#core/ports/files.ts'
import { batches, RecordBatch } from '#core/records/batch.ts'
import { batchHeaderBytes } from '#core/records/layout.ts'
import { silentLog, type Log } from '#core/telemetry/log.ts'

import { logErrors } from './errors.ts'
import { deletedSuffix, logSuffix, offsetName, segmentSuffixes } from './file-names.ts'
import { entryFits, indexesFit, timeFits } from './index-checks.ts'
import type { ReadMemory } from './read-memory.ts'
import { SegmentIndex, type TimestampOffset } from './segment-index.ts'
import { TransactionIndex } from './transaction-index.ts'
import { TrustedBytes } from './trusted-bytes.ts'

/** Offsets in an index are int32 relative to the base, so this is how far a segment reaches. */
const farthestOffset = 0x7fffffff

/** Positions are int32 in the index, so no segment file grows beyond this. */
export const largestSegmentBytes = 0x7fffffff

const headerBlockBytes = 16 * 1024

/** Bytes between the entries of an index that had to be built anew while the log is open. */
const rebuiltIntervalBytes = 4096

/** A batch's place in a segment. */
export interface BatchPlace {
  readonly position: number
  readonly sizeInBytes: number
}

/**
 * One file of a log and its indexes. Batches are appended at the end and never change; the last segment of a log takes
 * appends, the others are sealed. The file is opened on first use.
 */
export class Segment {
  readonly baseOffset: number
  index: SegmentIndex
  readonly transactions: TransactionIndex
  readonly #files: Files
  readonly #directory: string
  readonly #stem: string
  readonly #suffix: string
  #file: OpenFile | undefined
  #size = 0
  /** The largest timestamp and the last offset of the first batch that has it. */
  largest: TimestampOffset
  /** Largest timestamp of the first batch, which time-based rolling counts from; undefined while the segment is empty. */
  rollTimestamp: number | undefined
  /** Wall clock when the segment was begun or opened; stands in for the timestamp of records that have none. */
  readonly createdMs: number
  #bytesSinceIndexEntry = 0
  #reads = 0
  #closed = false
  /** Who hears of damage. */
  #log = silentLog
  /** Positions of damage that was spoken of. */
  readonly #told = new Set<number>()
  /** Which bytes may be served as they are. */
  trusted = new TrustedBytes(0)
  /** The indexes were found on the disk, so they may say anything. */
  #foundIndexes = false
  /** Why indexes that do not fit could not be built anew. */
  #unindexed: KnownError | undefined

  constructor(files: Files, directory: string, baseOffset: number, nowMs: number, suffix = '') {
    this.#files = files
    this.#directory = directory
    this.#stem = `${directory}/${offsetName(baseOffset)}`
    this.#suffix = suffix
    this.baseOffset = baseOffset
    this.index = new SegmentIndex(files, directory, baseOffset, suffix)
    this.transactions = new TransactionIndex(files, directory, baseOffset, suffix)
    this.largest = { timestamp: -1, offset: baseOffset }
    this.createdMs = nowMs
  }

  /** A new, empty segment; its file is made at once. One with a suffix to its files' names is not live yet. */
  static create(files: Files, directory: string, baseOffset: number, nowMs: number, suffix = ''): Segment {
    const segment = new Segment(files, directory, baseOffset, nowMs, suffix)
    segment.#file = files.open(segment.path, { create: true })
    segment.#file.truncate(0)
    segment.index.reset()
    return segment
  }

  /** A segment that is there, indexes and all. `openIndexes` comes next. What is found damaged goes to `log`. */
  static existing(files: Files, log: Log, directory: string, baseOffset: number, nowMs: number, suffix = ''): Segment {
    const segment = new Segment(files, directory, baseOffset, nowMs, suffix)
    segment.#log = log
    segment.#size = files.stat(segment.path).size
    segment.trusted = new TrustedBytes(segment.#size)
    return segment
  }

  get path(): string {
    return this.#stem + logSuffix + this.#suffix
  }

  /** Bytes of batches in the file. */
  get sizeInBytes(): number {
    return this.#size
  }

  /** The file, opened on first use. */
  get file(): OpenFile {
    return (this.#file ??= this.#files.open(this.path))
  }

  /** Wall clock of the last write, for records that have no time. */
  get modifiedMs(): number {
    return Math.max(this.createdMs, this.#files.stat(this.path).modifiedMs)
  }

  /** True when an offset can be kept in this segment's index. */
  reaches(offset: number): boolean {
    return offset - this.baseOffset <= farthestOffset
  }

  /** Writes whole batches at the end in one call, then notes them. A failed write leaves the segment as it was. */
  append(bytes: Buffer, indexIntervalBytes: number): void {
    this.file.write([bytes], this.#size)
    for (const batch of batches(bytes)) this.note(batch, indexIntervalBytes)
  }

  /** Counts a batch in that the file holds at the segment's end: size, largest timestamp, index entries. */
  note(batch: RecordBatch, indexIntervalBytes: number): void {
    const { maxTimestamp, lastOffset, sizeInBytes } = batch
    if (this.#size === 0) this.rollTimestamp = maxTimestamp
    // A batch that compaction has emptied has a time, but no record of it.
    if (maxTimestamp > this.largest.timestamp && batch.recordCount > 0)
      this.largest = { timestamp: maxTimestamp, offset: lastOffset }
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      this.index.addOffset(lastOffset, this.#size)
      this.index.addTime(this.largest)
      this.#bytesSinceIndexEntry = 0
    }
    this.#bytesSinceIndexEntry += sizeInBytes
    this.#size += sizeInBytes
  }

  /** Forgets everything known of the content, to note it again. */
  resetNotes(): void {
    this.#size = 0
    this.#bytesSinceIndexEntry = 0
    this.rollTimestamp = undefined
    this.largest = { timestamp: -1, offset: this.baseOffset }
    this.index.reset()
    this.#foundIndexes = false
    this.trusted.own()
  }

  /** Cuts what a failed write may have left behind the last batch. */
  cutTail(): void {
    this.file.truncate(this.#size)
  }

  /** Cuts what lies behind the last batch for good: what is written there next must not be mixed with it after a power cut. */
  cutTailForGood(): void {
    this.cutTail()
    this.file.syncNow()
  }

  /**
   * The headers of the batches from `position` on, as views that are valid until the next one. Reads blocks of 16 KiB, so
   * large batches are skipped unread. Sizes and offsets that cannot be are LOG_CORRUPT.
   */
  *headers(position: number): Generator<{ readonly batch: RecordBatch; readonly position: number }, void, undefined> {
    const block = Buffer.allocUnsafe(headerBlockBytes)
    let blockStart = 0
    let blockEnd = 0
    let next = this.baseOffset
    for (let at = position; at < this.#size;) {
      if (at < blockStart || at + batchHeaderBytes > blockEnd) {
        blockStart = at
        blockEnd = at + this.file.read(block, 0, Math.min(headerBlockBytes, this.#size - at), at)
      }
      if (at + batchHeaderBytes > blockEnd) throw this.damage(at, 'the file ends inside a batch')
      const batch = RecordBatch.at(block, at - blockStart)
      const { sizeInBytes, baseOffset, lastOffset } = batch
      if (sizeInBytes < batchHeaderBytes || at + sizeInBytes > this.#size)
        throw this.damage(at, `a batch of ${sizeInBytes} bytes behind offset ${next - 1}`)
      if (baseOffset < next || lastOffset < baseOffset)
        throw this.damage(at, `a batch of offsets ${baseOffset} to ${lastOffset} behind offset ${next - 1}`)
      next = lastOffset + 1
      yield { batch, position: at }
      at += sizeInBytes
    }
  }

  /** The header of the batch at a position that may be wrong; undefined when no batch that fits into the file can begin there. */
  headerAt(position: number): RecordBatch | undefined {
    if (position < 0 || position + batchHeaderBytes > this.#size) return undefined
    const batch = RecordBatch.at(this.readNow(position, batchHeaderBytes))
    const fits = batch.sizeInBytes >= batchHeaderBytes && position + batch.sizeInBytes <= this.#size
    return fits && batch.lastOffset >= batch.baseOffset ? batch : undefined
  }

  /** Damage as an error to throw; each place is spoken of once. */
  damage(position: number, problem: string): KnownError {
    const error = logErrors.LOG_CORRUPT({ file: this.path, position, problem })
    if (!this.#told.has(position)) this.#log('error', error.message, { hint: error.hint })
    this.#told.add(position)
    return error
  }

  /** A position at or before the batch that holds `offset`. An index that cannot be right is built anew first. */
  positionBefore(offset: number): number {
    const entry = this.index.entryBefore(offset)
    if (entry === undefined) return 0
    if (!this.#foundIndexes || entryFits(this, entry)) return entry.position
    this.#rebuildIndexes()
    return this.positionBefore(offset)
  }

  /** An offset before which every timestamp is below `timestamp`; the same holds of the index. */
  offsetBefore(timestamp: number): number {
    const entry = this.index.timeBefore(timestamp)
    if (entry === undefined) return this.baseOffset
    if (!this.#foundIndexes || timeFits(this, entry)) return entry.offset
    this.#rebuildIndexes()
    return this.offsetBefore(timestamp)
  }

  /** Throws LOG_CORRUPT, and leaves the indexes as they are, where the headers are damaged too. */
  #rebuildIndexes(): void {
    if (this.#unindexed) throw this.#unindexed
    this.#log('warn', `the indexes of ${this.path} do not fit it: they are built anew`)
    const notes = new Segment(this.#files, this.#directory, this.baseOffset, this.createdMs, this.#suffix)
    notes.resetNotes()
    try {
      for (const { batch } of this.headers(0)) notes.note(batch, rebuiltIntervalBytes)
    } catch (error) {
      if (isKnownError(error)) this.#unindexed = error
      throw error
    }
    const { isSealed } = this.index
    this.index = notes.index
    this.largest = notes.largest
    this.#bytesSinceIndexEntry = notes.#bytesSinceIndexEntry
    this.#foundIndexes = false
    this.index.addTime(this.largest)
    if (!isSealed) return
    this.index.write()
    this.index.seal()
  }

  /** Where the first batch lies that ends at or after `offset`; `from` is a position known to be before it. */
  placeOf(offset: number, from = this.positionBefore(offset)): BatchPlace | undefined {
    for (const { batch, position } of this.headers(from)) {
      if (batch.lastOffset >= offset) return { position, sizeInBytes: batch.sizeInBytes }
    }
    return undefined
  }

  /** The offset after the last batch; the base offset of an empty segment. */
  nextOffset(): number {
    let next = this.baseOffset
    for (const { batch } of this.headers(this.positionBefore(this.index.lastOffset))) next = batch.lastOffset + 1
    return next
  }

  /** Takes the indexes as they are on the disk; false when they must be rebuilt from the log. */
  openIndexes(): boolean {
    this.#foundIndexes = true
    if (!this.index.openSealed() || !indexesFit(this)) return false
    this.largest = this.index.lastTime
    return true
  }

  /** Finds `largest` and `rollTimestamp` of a segment whose indexes are open, reading only what they do not cover. */
  readTimes(): void {
    this.largest = this.index.lastTime
    for (const { batch } of this.headers(this.positionBefore(this.largest.offset))) {
      if (batch.maxTimestamp > this.largest.timestamp && batch.recordCount > 0)
        this.largest = { timestamp: batch.maxTimestamp, offset: batch.lastOffset }
    }
    this.rollTimestamp = this.firstTimestamp()
  }

  /** Largest timestamp of the first batch; undefined while the segment is empty. */
  firstTimestamp(): number | undefined {
    return this.rollTimestamp ?? this.headers(0).next().value?.batch.maxTimestamp
  }

  /** Reads whole or part; shorter only where the file is. */
  readNow(position: number, length: number, memory?: ReadMemory): Buffer {
    const bytes = memory?.take(length) ?? Buffer.allocUnsafeSlow(length)
    return bytes.subarray(0, this.file.read(bytes, 0, length, position))
  }

  /** The same off the event loop; the file stays open until it is done. */
  async readLater(position: number, length: number, memory?: ReadMemory): Promise<Buffer> {
    const bytes = memory?.take(length) ?? Buffer.allocUnsafeSlow(length)
    this.#reads++
    try {
      return bytes.subarray(0, await this.file.readAsync(bytes, 0, length, position))
    } finally {
      this.#reads--
      if (this.#closed) this.close()
    }
  }

  /** Cuts the segment to the batches that end before `offset`. */
  truncateTo(offset: number): void {
    const place = this.placeOf(offset)
    if (place === undefined) return
    this.index.truncateTo(offset)
    this.transactions.load()
    this.transactions.truncateTo(offset)
    this.#size = place.position
    this.trusted.cut(this.#size)
    this.cutTailForGood()
    this.#bytesSinceIndexEntry = 0
    if (this.#size === 0) this.resetNotes()
    else this.readTimes()
  }

  /** Ends appends: the last timestamp gets its entry and the indexes go to their files. */
  seal(): void {
    this.writeIndexes()
    this.index.seal()
    this.transactions.seal()
  }

  /** Writes the indexes of a segment that may still grow. */
  writeIndexes(): void {
    this.index.addTime(this.largest)
    this.index.write()
    this.transactions.write()
  }

  /** Forces log and index files to the disk. */
  async sync(): Promise<void> {
    this.#reads++
    try {
      await this.file.sync()
      await this.index.sync()
      await this.transactions.sync()
    } finally {
      this.#reads--
      if (this.#closed) this.close()
    }
  }

  /** Renames the files so that no restart takes them for live; returns what to remove later. */
  markDeleted(): string[] {
    const marked: string[] = []
    for (const suffix of segmentSuffixes) {
      const path = this.#stem + suffix
      if (!this.#files.exists(path)) continue
      this.#files.rename(path, path + deletedSuffix)
      marked.push(path + deletedSuffix)
    }
    return marked
  }

  /** Closes the file once no read is under way. */
  close(): void {
    this.#closed = true
    if (this.#reads > 0 || this.#file === undefined) return
    this.#file.close()
    this.#file = undefined
  }
}
