import { batches, RecordBatch } from '#core/records/batch.ts'

import { cleanedSuffix } from '../file-names.ts'
import type { LogPorts } from '../log-parts.ts'
import type { ProducerStates } from '../producer-state.ts'
import { Segment } from '../segment.ts'
import type { SegmentLog } from '../segment-log.ts'
import { removeCleaned } from '../swap-files.ts'
import type { AbortedTransaction } from '../transaction-index.ts'
import { cleanBatch, type CleaningRules } from './clean-batch.ts'
import type { Cleanable } from './cleanable.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import { KeyOffsets } from './key-offsets.ts'
import type { Pace } from './pace.ts'
import { rawRecords } from './rewrite-batch.ts'
import { chunksOf } from './segment-batches.ts'

/** The log that is cleaned. */
export interface CleaningParts {
  readonly ports: LogPorts
  readonly directory: string
  readonly bytes: SegmentLog
  readonly abortedTransactions: (from: number, upTo: number) => readonly AbortedTransaction[]
  readonly producers: ProducerStates
  /** Files beside a segment that go with it when it is taken out for good. */
  readonly also: (segment: Segment) => string[]
  /** The log takes nothing any more. */
  readonly closed: () => boolean
  /** The files are no longer those that the log in memory stands for: it may take nothing until they are opened anew. */
  readonly failed: (error: Error) => void
}

/** What a cleaning came to. */
export interface CleaningResult {
  /** Everything below is clean now. */
  readonly endOffset: number
  readonly bytesBefore: number
  readonly bytesAfter: number
}

class Stopped extends Error {}

/**
 * One pass over a log: the last offset of each key in the dirty part is taken into memory, as far as that goes; then all
 * segments up to there are copied without what they need no more, small ones together, and take the place of the old
 * ones. Undefined when the log changed or closed meanwhile, which leaves it as it is.
 */
export class CleaningPass {
  readonly #parts: CleaningParts
  readonly #cleanable: Cleanable
  readonly #pace: Pace
  readonly #keys: KeyOffsets

  constructor(parts: CleaningParts, cleanable: Cleanable, keyBytes: number, pace: Pace) {
    this.#parts = parts
    this.#cleanable = cleanable
    this.#pace = pace
    this.#keys = new KeyOffsets(cleanable.firstUncleanableOffset - cleanable.firstDirtyOffset, keyBytes)
  }

  async run(): Promise<CleaningResult | undefined> {
    const { ports, directory } = this.#parts
    removeCleaned(ports.files, directory)
    try {
      return await this.#clean()
    } catch (error) {
      if (this.#parts.closed()) return undefined
      removeCleaned(ports.files, directory)
      if (error instanceof Stopped) return undefined
      throw error
    }
  }

  async #clean(): Promise<CleaningResult> {
    const { bytes, ports, producers } = this.#parts
    const { config } = bytes
    await this.#mapKeys()
    const endOffset = this.#keys.latestOffset + 1
    const sources = bytes.segments.all().filter((segment) => segment.baseOffset < endOffset)
    let cleaned: Segment
    const rules: CleaningRules = {
      keys: this.#keys,
      transactions: new CleanedTransactions((entry) => cleaned.transactions.add(entry)),
      lastOfProducers: producers.lastBatches(),
      nowMs: ports.clock.now(),
      deleteRetentionMs: config['delete.retention.ms'],
      upperBoundOffset: this.#cleanable.firstUncleanableOffset,
    }
    let bytesBefore = 0
    let bytesAfter = 0
    for (const group of grouped(sources, config['segment.bytes'], config['segment.index.bytes'])) {
      const { baseOffset } = group[0]!
      cleaned = Segment.create(ports.files, this.#parts.directory, baseOffset, ports.clock.now(), cleanedSuffix)
      try {
        for (const segment of group) await this.#copy(segment, cleaned, rules)
        cleaned.seal()
        await cleaned.sync()
      } finally {
        cleaned.close()
      }
      this.#mustBeThere(group)
      bytesBefore += group.reduce((sum, segment) => sum + segment.sizeInBytes, 0)
      bytesAfter += cleaned.sizeInBytes
      this.#replace(group)
    }
    await ports.files.syncDirectoryLater(this.#parts.directory)
    return { endOffset, bytesBefore, bytesAfter }
  }

  #replace(group: readonly Segment[]): void {
    const { bytes, also, failed } = this.#parts
    try {
      bytes.replaceSegments(group, also)
    } catch (error) {
      failed(error as Error)
      throw error
    }
  }

  /** Takes in the last offset of each key in the dirty part, until there is no room for another. */
  async #mapKeys(): Promise<void> {
    const { firstDirtyOffset, firstUncleanableOffset } = this.#cleanable
    const transactions = new CleanedTransactions()
    transactions.add(this.#parts.abortedTransactions(firstDirtyOffset, firstUncleanableOffset))
    const { segments } = this.#parts.bytes
    for (const segment of segments.from(firstDirtyOffset)) {
      if (segment.baseOffset >= firstUncleanableOffset) return
      const end = segments.endOf(segment, firstUncleanableOffset)
      for await (const batch of this.#batches(segment, segment.positionBefore(firstDirtyOffset)))
        if (!this.#mapBatch(batch, transactions)) return
      this.#keys.latestOffset = end - 1
    }
  }

  /** False when the memory ended within the batch. */
  #mapBatch(batch: RecordBatch, transactions: CleanedTransactions): boolean {
    const aborted = transactions.read(batch)
    const { firstDirtyOffset } = this.#cleanable
    if (batch.lastOffset < firstDirtyOffset) return true
    if (!batch.isControl && !aborted && batch.recordCount > 0) {
      for (const { key, offset } of rawRecords(batch)) {
        if (key === null || offset < firstDirtyOffset) continue
        if (this.#keys.isFull) return false
        this.#keys.put(key, offset)
      }
    }
    this.#keys.latestOffset = batch.lastOffset
    return true
  }

  /** Copies what stays of a segment to the end of the cleaned one. */
  async #copy(segment: Segment, cleaned: Segment, rules: CleaningRules): Promise<void> {
    const { bytes, abortedTransactions } = this.#parts
    const end = bytes.segments.endOf(segment, bytes.endOffset)
    rules.transactions.add(abortedTransactions(segment.baseOffset, end))
    const interval = bytes.config['index.interval.bytes']
    const writes = new RunWriter((run) => {
      cleaned.append(run, interval)
      this.#pace.moved(run.length)
    })
    for await (const batch of this.#batches(segment, 0, () => writes.end())) writes.add(cleanBatch(batch, rules))
    writes.end()
  }

  /** The batches of a segment, with pauses; `pausing` is called before their bytes are let go. */
  async *#batches(segment: Segment, from: number, pausing = () => {}): AsyncGenerator<RecordBatch, void, undefined> {
    for await (const chunk of chunksOf(segment, from)) {
      this.#pace.moved(chunk.length)
      for (const batch of batches(chunk)) {
        yield batch
        const pause = this.#pace.pause()
        if (pause === undefined) continue
        await pause
        this.#mustBeThere([segment])
      }
      pausing()
    }
  }

  #mustBeThere(sources: readonly Segment[]): void {
    const { bytes, closed } = this.#parts
    const all = bytes.segments.all()
    if (closed() || this.#pace.stopped || sources.some((segment) => !all.includes(segment)))
      throw new Stopped('the log changed')
  }
}

/** Puts batches together that follow one another in memory, so that untouched ones are written in one go. */
class RunWriter {
  readonly #write: (run: Buffer) => void
  #buffer: Buffer | undefined
  #start = 0
  #end = 0

  constructor(write: (run: Buffer) => void) {
    this.#write = write
  }

  add(kept: RecordBatch | Buffer | undefined): void {
    if (kept === undefined) return
    if (kept instanceof RecordBatch) {
      const end = kept.position + kept.sizeInBytes
      if (this.#buffer !== kept.buffer || this.#end !== kept.position) {
        this.end()
        this.#buffer = kept.buffer
        this.#start = kept.position
      }
      this.#end = end
    } else {
      this.end()
      this.#write(kept)
    }
  }

  end(): void {
    if (this.#buffer) this.#write(this.#buffer.subarray(this.#start, this.#end))
    this.#buffer = undefined
  }
}

const farthestOffset = 0x7fffffff

/** The segments in rows that fit into one segment each: by size, by the size of their indexes and by their offsets. */
function grouped(segments: readonly Segment[], maxBytes: number, maxIndexBytes: number): Segment[][] {
  const groups: Segment[][] = []
  let sizes = { bytes: 0, offsets: 0, times: 0 }
  segments.forEach((segment, i) => {
    const { offsets, times } = segment.index
    const more = {
      bytes: sizes.bytes + segment.sizeInBytes,
      offsets: sizes.offsets + offsets.count * offsets.entryBytes,
      times: sizes.times + times.count * times.entryBytes,
    }
    const group = groups.at(-1)
    const end = segments[i + 1]?.baseOffset ?? segment.nextOffset()
    const fits =
      group !== undefined &&
      more.bytes <= maxBytes &&
      more.offsets <= maxIndexBytes &&
      more.times <= maxIndexBytes &&
      (segment.sizeInBytes === 0 || end - 1 - group[0]!.baseOffset <= farthestOffset)
    if (fits) group.push(segment)
    else groups.push([segment])
    sizes = fits
      ? more
      : { bytes: segment.sizeInBytes, offsets: more.offsets - sizes.offsets, times: more.times - sizes.times }
  })
  return groups
}
