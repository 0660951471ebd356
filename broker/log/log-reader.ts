import type { Clock } from '#core/ports/clock.ts'
import { RecordBatch } from '#core/records/batch.ts'
import { batchHeaderBytes } from '#core/records/layout.ts'

import type { ReadMemory } from './read-memory.ts'
import { ReadPace } from './read-pace.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import type { LogTail } from './tail-cache.ts'
import { verified, verifiedBatch } from './verified-batches.ts'

/** Whole batches, as stored; the buffers belong to the log and must not be written to. */
export interface LogRead {
  readonly chunks: Buffer[]
  readonly sizeInBytes: number
}

/** Bounds of one read besides its bytes, and where the bytes may lie. */
export interface ReadOptions {
  /** Only batches that end below this offset. */
  readonly upTo: number
  /** Returns the first batch even when it is larger than the bytes asked for. */
  readonly atLeastOneBatch: boolean
  /** Every chunk of the answer lies in a buffer of its own from here; without it, in memory that is the log's. */
  readonly memory?: ReadMemory | undefined
}

const nothing: LogRead = { chunks: [], sizeInBytes: 0 }

/**
 * Up to here a read goes straight to the file: from the page cache it costs a microsecond or two, less than a trip through
 * the thread pool. Larger ones do so while the disk keeps up.
 */
const readNowBytes = 64 * 1024
/** What a read may hold the event loop for, even then. */
const mostReadNowBytes = 2 * 1024 * 1024

/** Positions where sequential readers will go on, so that they need no index. */
const rememberedPositions = 32

interface Place {
  readonly segment: Segment
  readonly position: number
  /** Which of the log's sets of segments it belongs to. */
  readonly generation: number
}

interface WholeBatches {
  readonly bytes: Buffer
  readonly nextOffset: number
}

/** Cuts a row of batches after the last one that is whole and lies below `upTo`. */
function wholeBatches(bytes: Buffer, upTo: number): WholeBatches {
  let end = 0
  let nextOffset = -1
  while (end + batchHeaderBytes <= bytes.length) {
    const batch = RecordBatch.at(bytes, end)
    const { sizeInBytes, lastOffset } = batch
    if (sizeInBytes < batchHeaderBytes || end + sizeInBytes > bytes.length || lastOffset >= upTo) break
    end += sizeInBytes
    nextOffset = lastOffset + 1
  }
  return { bytes: bytes.subarray(0, end), nextOffset }
}

function copied(read: LogRead, memory: ReadMemory): LogRead {
  if (read.sizeInBytes === 0) return nothing
  const bytes = memory.take(read.sizeInBytes)
  let at = 0
  for (const chunk of read.chunks) at += chunk.copy(bytes, at)
  return { chunks: [bytes], sizeInBytes: at }
}

/** Reads of one log: from memory when the batches are recent, else from the segment files. */
export class LogReader {
  readonly #segments: Segments
  readonly #tail: LogTail
  readonly #logEndOffset: () => number
  readonly #pace: ReadPace
  readonly #places = new Map<number, Place>()
  #generation = 0

  /** `logEndOffset` says where the offsets of the last segment end. */
  constructor(segments: Segments, tail: LogTail, clock: Clock, logEndOffset: () => number) {
    this.#logEndOffset = logEndOffset
    this.#pace = new ReadPace(clock)
    this.#segments = segments
    this.#tail = tail
  }

  /** Batches from the one that holds `offset` on; a promise only where a large piece comes from a file. */
  read(offset: number, maxBytes: number, options: ReadOptions): LogRead | Promise<LogRead> {
    if (options.upTo <= offset) return nothing
    const { memory } = options
    const cached = this.#tail.read(offset, maxBytes, options.upTo, options.atLeastOneBatch, memory === undefined)
    if (cached) return memory === undefined ? cached : copied(cached, memory)
    const place = this.#find(offset)
    if (place === undefined) return nothing
    const { segment, position } = place
    const first = segment.headers(position).next().value
    if (first === undefined) return nothing
    const wanted = options.atLeastOneBatch ? Math.max(maxBytes, first.batch.sizeInBytes) : maxBytes
    const length = Math.min(wanted, segment.sizeInBytes - position)
    if (length <= readNowBytes) return this.#cut(segment.readNow(position, length, memory), place, options.upTo)
    const pace = this.#pace
    if (pace.mayReadNow && length <= mostReadNowBytes) {
      return this.#cut(
        pace.readNow(() => segment.readNow(position, length, memory)),
        place,
        options.upTo,
      )
    }
    return pace
      .readLater(() => segment.readLater(position, length, memory))
      .then((bytes) => this.#cut(bytes, place, options.upTo))
  }

  /** Whole batches of `[from, upTo)`, about a MiB a step, read at once: for loading state. */
  *scan(from: number, upTo: number): Generator<Buffer, void, undefined> {
    for (let offset = from; offset < upTo;) {
      const place = this.#find(offset)
      if (place === undefined) return
      const { segment, position } = place
      const first = segment.headers(position).next().value
      if (first === undefined) return
      const length = Math.min(Math.max(1024 * 1024, first.batch.sizeInBytes), segment.sizeInBytes - position)
      const { bytes, nextOffset } = this.#whole(segment.readNow(position, length), place, upTo)
      if (bytes.length === 0) return
      yield bytes
      offset = nextOffset
    }
  }

  /** Segments were cut or dropped: what was remembered may be wrong. */
  forget(): void {
    this.#generation++
    this.#places.clear()
  }

  #find(offset: number): Place | undefined {
    const remembered = this.#places.get(offset)
    if (remembered && remembered.position < remembered.segment.sizeInBytes) return remembered
    for (const segment of this.#segments.from(offset)) {
      const place = segment.placeOf(offset)
      if (place) return { segment, position: place.position, generation: this.#generation }
    }
    return undefined
  }

  /** The whole batches of what was read, up to the first that is damaged. LOG_CORRUPT when that is the first of all. */
  #whole(read: Buffer, { segment, position, generation }: Place, upTo: number): WholeBatches {
    const whole = wholeBatches(read, upTo)
    if (whole.bytes.length === 0) this.#mustBelong(read, segment, position)
    if (segment.trusted.endAt(position) >= position + whole.bytes.length) return whole
    const isCurrent = generation === this.#generation
    const endOffset = this.#segments.endOf(segment, this.#logEndOffset())
    const { length, problem } = verified(segment, whole.bytes, position, endOffset, isCurrent)
    if (problem === undefined) return whole
    // Cut while it was read: what came may be of both sides of the cut.
    if (length === 0 && isCurrent) throw segment.damage(position, problem)
    return wholeBatches(whole.bytes.subarray(0, length), upTo)
  }

  /** A batch that reaches beyond what may be read is either none of a reader's business or damaged. */
  #mustBelong(read: Buffer, segment: Segment, position: number): void {
    if (read.length < batchHeaderBytes) return
    const { sizeInBytes } = RecordBatch.at(read)
    if (sizeInBytes > read.length || segment.trusted.endAt(position) >= position + sizeInBytes) return
    const endOffset = this.#segments.endOf(segment, this.#logEndOffset())
    verifiedBatch(segment, { position, sizeInBytes }, endOffset)
  }

  #cut(read: Buffer, place: Place, upTo: number): LogRead {
    const { bytes, nextOffset } = this.#whole(read, place, upTo)
    if (bytes.length === 0) return nothing
    const { segment, generation } = place
    // A segment that was replaced while this was read: a new file may go by its name.
    if (generation !== this.#generation) return { chunks: [bytes], sizeInBytes: bytes.length }
    if (this.#places.size >= rememberedPositions) this.#places.delete(this.#places.keys().next().value!)
    this.#places.set(nextOffset, { segment, position: place.position + bytes.length, generation })
    return { chunks: [bytes], sizeInBytes: bytes.length }
  }
}
