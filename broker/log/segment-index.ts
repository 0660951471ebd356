import type { Files } from '#core/ports/files.ts'
import { readInt64, writeInt64 } from '#core/records/layout.ts'

import { indexSuffix, offsetName, timeIndexSuffix } from './file-names.ts'
import { IndexFile } from './index-file.ts'

/** A timestamp and the last offset of the batch that brought it; -1 and the base offset when there is none. */
export interface TimestampOffset {
  readonly timestamp: number
  readonly offset: number
}

/** The last offset of a batch and where the batch begins. */
export interface OffsetPosition {
  readonly offset: number
  readonly position: number
}

const offsetEntryBytes = 8
const timeEntryBytes = 12

const relativeOffsetOf = (bytes: Buffer, at: number): number => bytes.readInt32BE(at)
const timeOffsetOf = (bytes: Buffer, at: number): number => bytes.readInt32BE(at + 8)

/**
 * The two indexes of a segment, in Kafka's formats: `.index` maps the last offset of some batches (relative to the base,
 * int32) to the position of the batch (int32); `.timeindex` maps rising timestamps (int64) to such offsets.
 */
export class SegmentIndex {
  readonly baseOffset: number
  readonly offsets: IndexFile
  readonly times: IndexFile
  #lastTime: TimestampOffset

  constructor(files: Files, directory: string, baseOffset: number, suffix = '') {
    const stem = `${directory}/${offsetName(baseOffset)}`
    this.baseOffset = baseOffset
    this.offsets = new IndexFile(files, stem + indexSuffix + suffix, offsetEntryBytes)
    this.times = new IndexFile(files, stem + timeIndexSuffix + suffix, timeEntryBytes)
    this.#lastTime = { timestamp: -1, offset: baseOffset }
  }

  /** Starts both empty and in memory. */
  reset(): void {
    this.offsets.reset()
    this.times.reset()
    this.#lastTime = { timestamp: -1, offset: this.baseOffset }
  }

  /** Takes the files as they are; false when one is missing or cannot be an index, so that it must be rebuilt. */
  openSealed(): boolean {
    if (!this.offsets.openSealed() || !this.times.openSealed()) return false
    this.#readLastTime()
    return true
  }

  /** Makes sealed indexes take entries again. */
  load(): void {
    this.offsets.load()
    this.times.load()
  }

  /** Both indexes take another entry within `maxBytes` each; one time entry stays in reserve for the seal. */
  hasRoom(maxBytes: number): boolean {
    return (
      (this.offsets.count + 1) * offsetEntryBytes <= maxBytes && (this.times.count + 2) * timeEntryBytes <= maxBytes
    )
  }

  /** The batch that ends with `lastOffset` begins at `position`. */
  addOffset(lastOffset: number, position: number): void {
    const { bytes, at } = this.offsets.push()
    bytes.writeInt32BE(lastOffset - this.baseOffset, at)
    bytes.writeInt32BE(position, at + 4)
  }

  /** Notes the largest timestamp so far, if it is larger than the last noted. */
  addTime(largest: TimestampOffset): void {
    if (largest.timestamp <= this.#lastTime.timestamp) return
    const { bytes, at } = this.times.push()
    writeInt64(bytes, at, largest.timestamp)
    bytes.writeInt32BE(largest.offset - this.baseOffset, at + 8)
    this.#lastTime = largest
  }

  get lastTime(): TimestampOffset {
    return this.#lastTime
  }

  /** True when entries are read from the files, and none can be added. */
  get isSealed(): boolean {
    return this.offsets.isSealed
  }

  /** The last offset that has an entry; the base offset without entries. */
  get lastOffset(): number {
    return this.lastEntry?.offset ?? this.baseOffset
  }

  get lastEntry(): OffsetPosition | undefined {
    return this.#offsetEntry(this.offsets.count - 1)
  }

  /** The last entry that is not behind `offset`. */
  entryBefore(offset: number): OffsetPosition | undefined {
    return this.#offsetEntry(this.offsets.floor(offset - this.baseOffset, relativeOffsetOf))
  }

  #offsetEntry(slot: number): OffsetPosition | undefined {
    if (slot < 0) return undefined
    const { bytes, at } = this.offsets.entry(slot)
    return { offset: this.baseOffset + relativeOffsetOf(bytes, at), position: bytes.readInt32BE(at + 4) }
  }

  /** The last entry whose timestamp is below `timestamp`. */
  timeBefore(timestamp: number): TimestampOffset | undefined {
    return this.#timeEntry(this.times.floor(timestamp - 1, readInt64))
  }

  #timeEntry(slot: number): TimestampOffset | undefined {
    if (slot < 0) return undefined
    const { bytes, at } = this.times.entry(slot)
    return { timestamp: readInt64(bytes, at), offset: this.baseOffset + timeOffsetOf(bytes, at) }
  }

  /** Drops entries of offsets from `offset` on. */
  truncateTo(offset: number): void {
    this.load()
    const relative = offset - this.baseOffset - 1
    this.offsets.truncate(this.offsets.floor(relative, relativeOffsetOf) + 1)
    this.times.truncate(this.times.floor(relative, timeOffsetOf) + 1)
    this.#readLastTime()
  }

  write(): void {
    this.offsets.write()
    this.times.write()
  }

  /** Ends additions, once everything was written. */
  seal(): void {
    this.offsets.seal()
    this.times.seal()
  }

  async sync(): Promise<void> {
    await Promise.all([this.offsets.sync(), this.times.sync()])
  }

  #readLastTime(): void {
    this.#lastTime = this.#timeEntry(this.times.count - 1) ?? { timestamp: -1, offset: this.baseOffset }
  }
}
