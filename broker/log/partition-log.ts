import { ProtocolError } from '#core/wire/errors.ts'

import type { AppendOptions, AppendResult } from './append.ts'
import { LogCompaction } from './cleaner/log-compaction.ts'
import type { TopicConfig } from './config.ts'
import { logErrors } from './errors.ts'
import type { Durable } from './group-commit.ts'
import type { EpochEnd, LeaderEpochs } from './leader-epochs.ts'
import type { LogPorts, MovedOffset, PartitionLogParts } from './log-parts.ts'
import { LogAppender } from './log-appender.ts'
import { LogDurability } from './log-durability.ts'
import type { LogRead, ReadOptions } from './log-reader.ts'
import { replayProducers } from './log-recovery.ts'
import type { ProducerSnapshots } from './producer-snapshots.ts'
import type { ActiveProducer, AppendOrigin, OpenTransaction, ProducerStates } from './producer-state.ts'
import { deletableSegments, segmentsBelow } from './retention.ts'
import type { Segment } from './segment.ts'
import { SegmentLog } from './segment-log.ts'
import { stored } from './storage-failure.ts'
import { findByTimestamp, findLargestTimestamp, type FoundRecord } from './timestamp-lookup.ts'
import type { AbortedTransaction } from './transaction-index.ts'

export type { AppendOptions, AppendOrigin, AppendResult, Durable, EpochEnd, FoundRecord, LogPorts, LogRead }
export type { AbortedTransaction, ActiveProducer, OpenTransaction }

/**
 * One partition's log. Appends are written to the file before they return; what the file system then does with them is the
 * flush settings' matter. All offsets are record counts, all times milliseconds.
 */
export class PartitionLog {
  readonly topic: string
  readonly partition: number
  readonly topicId: string | undefined
  readonly directory: string
  readonly name: string
  /** Called after a group commit moved `durableEndOffset`. */
  onDurable: (() => void) | undefined
  /** What compaction has done to the log, and could do. */
  readonly compaction: LogCompaction
  readonly #ports: LogPorts
  readonly #bytes: SegmentLog
  readonly #epochs: LeaderEpochs
  readonly #producers: ProducerStates
  readonly #snapshots: ProducerSnapshots
  readonly #durability: LogDurability
  readonly #persist: (moved: MovedOffset) => void
  readonly #appender: LogAppender
  #logStartOffset: number
  #highWatermark: number
  #closed = false

  constructor(parts: PartitionLogParts) {
    const { loaded } = parts
    this.topic = parts.topic
    this.partition = parts.partition
    this.topicId = parts.topicId
    this.directory = parts.directory
    this.name = `${parts.topic}-${parts.partition}`
    this.#ports = parts.ports
    this.#epochs = parts.epochs
    this.#producers = parts.producers
    this.#snapshots = parts.snapshots
    this.#persist = parts.persist
    this.#bytes = new SegmentLog({ ...parts, name: this.name, rolled: () => this.#rolled() })
    this.#appender = new LogAppender(
      {
        name: this.name,
        bytes: this.#bytes,
        epochs: this.#epochs,
        producers: this.#producers,
        appended: (records) => this.#durability.appended(records),
      },
      parts.config,
    )
    this.#logStartOffset = loaded.logStartOffset
    this.#highWatermark = Math.min(Math.max(parts.highWatermark, loaded.logStartOffset), loaded.logEndOffset)
    this.#producers.transactions.highWatermarkMoved(this.#highWatermark)
    this.#durability = new LogDurability({
      timers: parts.ports.timers,
      recoveryPoint: loaded.recoveryPoint,
      logEndOffset: () => this.logEndOffset,
      config: () => this.config,
      sync: () => this.#sync(),
      moved: () => this.onDurable?.(),
    })
    this.compaction = new LogCompaction(
      {
        ports: parts.ports,
        directory: parts.directory,
        bytes: this.#bytes,
        producers: this.#producers,
        abortedTransactions: (from, upTo) => this.abortedTransactions(from, upTo),
        also: this.#snapshotOf,
        closed: () => this.#closed,
        failed: (error) => this.#durability.fail(error),
      },
      () => this.#offsets(),
      parts.cleanedOffset,
    )
    // A log that is new gets its directory and its topic id to the disk before anything in it is promised.
    if (!loaded.clean) this.#durability.request()
  }

  get config(): TopicConfig {
    return this.#bytes.config
  }
  get logStartOffset(): number {
    return this.#logStartOffset
  }
  get logEndOffset(): number {
    return this.#bytes.endOffset
  }
  get highWatermark(): number {
    return this.#highWatermark
  }
  /**
   * Where read_committed readers stop: at the first record of the earliest transaction that has no marker, or whose marker
   * is not below the high watermark.
   */
  get lastStableOffset(): number {
    const { firstUnstableOffset } = this.#producers.transactions
    return Math.min(Math.max(firstUnstableOffset, this.#logStartOffset), this.#highWatermark)
  }
  /** Everything below was forced to the disk. */
  get recoveryPoint(): number {
    return this.#durability.recoveryPoint
  }
  get sizeInBytes(): number {
    return this.#bytes.segments.sizeInBytes
  }
  /** Base offset of the oldest segment, at most the log start. */
  get firstSegmentOffset(): number {
    return this.#bytes.segments.first.baseOffset
  }
  get latestEpoch(): number | undefined {
    return this.#epochs.latest?.epoch
  }
  /** Producer ids that are remembered. */
  get producerCount(): number {
    return this.#producers.size
  }
  /** End of what may be acknowledged: the log end, or with flush.messages=1 the end of the last group commit. */
  get durableEndOffset(): number {
    return this.#durability.endOffset
  }

  /**
   * Appends whole batches: checks them as the origin demands, gives them their offsets and the leader epoch, and writes
   * them in one call. The buffer is copied and free again on return. Throws a ProtocolError, after which nothing was appended.
   */
  append(batches: Buffer, options: AppendOptions): AppendResult {
    this.#mustBeWritable()
    const { log, clock } = this.#ports
    return stored(this.name, log, () => this.#appender.append(batches, options, clock.now()))
  }

  #mustBeWritable(): void {
    if (this.#closed) throw logErrors.LOG_CLOSED({ topic: this.topic, partition: this.partition })
    const { failure } = this.#durability
    if (failure)
      throw new ProtocolError(
        'KAFKA_STORAGE_ERROR',
        `${this.name} takes no appends since a sync failed: ${failure.message}`,
      )
  }

  /** Begins a new segment at the end of the log, unless the last one is empty. */
  roll(): void {
    this.#bytes.roll()
  }

  #rolled(): void {
    this.#snapshots.write(this.#producers)
    // The old segment goes to the disk in the background, which moves the recovery point behind it.
    this.#durability.request()
  }

  async #sync(): Promise<void> {
    const { segments } = this.#bytes
    try {
      await this.#epochs.sync()
      await this.#bytes.sync(async (segment) => {
        if (segment !== segments.active) await this.#snapshots.sync(segments.endOf(segment, this.logEndOffset))
      })
    } catch (error) {
      if (this.#closed) throw error
      this.#ports.log('error', `log ${this.name} cannot be forced to the disk; it takes no more appends`, {
        error: (error as Error).message,
      })
      throw error
    }
  }

  /** Calls `done` when everything below `endOffset` may be acknowledged: at once unless each batch is committed. */
  whenDurable(endOffset: number, done: Durable): void {
    this.#durability.when(endOffset, done)
  }

  /** `whenDurable` as a promise. */
  durable(endOffset: number): Promise<void> {
    return this.#durability.acknowledged(endOffset)
  }

  /** Resolves when everything appended so far is on the disk. */
  flush(): Promise<void> {
    return this.#durability.synced(this.logEndOffset)
  }

  /**
   * Stored bytes of whole batches, from the one that holds `offset` on. Throws OFFSET_OUT_OF_RANGE outside of
   * [logStartOffset, logEndOffset].
   */
  read(offset: number, maxBytes: number, options: Partial<ReadOptions> = {}): LogRead | Promise<LogRead> {
    if (offset < this.#logStartOffset || offset > this.logEndOffset) {
      throw new ProtocolError(
        'OFFSET_OUT_OF_RANGE',
        `${this.name} holds offsets ${this.#logStartOffset} to ${this.logEndOffset}, not ${offset}`,
      )
    }
    const { upTo = this.logEndOffset, atLeastOneBatch = false, memory } = options
    return this.#bytes.reader.read(offset, maxBytes, { upTo, atLeastOneBatch, memory })
  }

  /** Stored bytes from one offset to another, about a MiB a step, read at once: for loading state at start. */
  scan(from = this.#logStartOffset, upTo = this.logEndOffset): Iterable<Buffer> {
    return this.#bytes.reader.scan(Math.max(from, this.#logStartOffset), Math.min(upTo, this.logEndOffset))
  }

  /** The first record whose timestamp is at least `timestamp`. */
  offsetForTimestamp(timestamp: number): FoundRecord | undefined {
    return findByTimestamp(this.#bytes.segments, timestamp, this.#logStartOffset, this.logEndOffset)
  }

  /** The first record that has the largest timestamp. */
  maxTimestampOffset(): FoundRecord | undefined {
    return findLargestTimestamp(this.#bytes.segments, this.#logStartOffset, this.logEndOffset)
  }

  /** Where a leader epoch ended, as OffsetForLeaderEpoch answers it. */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.#epochs.endOffsetFor(epoch, this.logEndOffset)
  }

  epochFor(offset: number): number {
    return this.#epochs.epochFor(offset)
  }

  /** Notes that a leader epoch begins, before anything is written in it. */
  assignEpoch(epoch: number, startOffset: number): void {
    this.#epochs.assign(epoch, startOffset)
  }

  /** Moves the high watermark up within the log; true when it moved. */
  advanceHighWatermark(offset: number): boolean {
    const next = Math.min(offset, this.logEndOffset)
    if (next <= this.#highWatermark) return false
    this.#highWatermark = next
    this.#producers.transactions.highWatermarkMoved(next)
    return true
  }

  /** Aborted transactions that have records in `[from, upTo)`, which readers of committed data leave out. */
  abortedTransactions(from: number, upTo: number): readonly AbortedTransaction[] {
    const found: AbortedTransaction[] = []
    for (const segment of this.#bytes.segments.from(from)) if (segment.transactions.collect(from, upTo, found)) break
    return found
  }

  /** The producers that are remembered, as DescribeProducers shows them. */
  activeProducers(): Iterable<ActiveProducer> {
    return this.#producers.active()
  }

  /** The transaction that a producer has open in this partition, and the epoch it is written in. */
  openTransactionOf(producerId: number): OpenTransaction | undefined {
    return this.#producers.openTransactionOf(producerId)
  }

  /** Moves the start of the log up (DeleteRecords); -1 means up to the high watermark. Returns the start. */
  deleteRecordsBefore(offset: number): number {
    const target = offset === -1 ? this.#highWatermark : offset
    if (target < 0 || target > this.#highWatermark) {
      throw new ProtocolError(
        'OFFSET_OUT_OF_RANGE',
        `records of ${this.name} can be deleted up to ${this.#highWatermark}, not ${offset}`,
      )
    }
    if (target > this.#logStartOffset) {
      stored(this.name, this.#ports.log, () => {
        this.#startAt(target)
        this.#persist('logStart')
        this.#drop(segmentsBelow(this.#bytes.segments, target))
      })
    }
    return this.#logStartOffset
  }

  #startAt(offset: number): void {
    this.#logStartOffset = offset
    this.#epochs.truncateFromStart(offset)
    this.#epochs.write()
  }

  /** Takes out the segments that are over by age, size or log start. Returns the bytes freed. */
  deleteOldSegments(nowMs: number): number {
    return this.#drop(deletableSegments({ ...this.#offsets(), segments: this.#bytes.segments, nowMs }, this.config))
  }

  #drop(count: number): number {
    if (count === 0) return 0
    if (count === this.#bytes.segments.all().length) this.roll()
    const freed = this.#bytes.removeOldest(count, this.#snapshotOf)
    if (this.firstSegmentOffset > this.#logStartOffset) this.#startAt(this.firstSegmentOffset)
    this.#ports.log('info', `log ${this.name} dropped ${count} old segments`, { bytes: freed, ...this.#offsets() })
    return freed
  }

  readonly #snapshotOf = (segment: Segment): string[] => this.#snapshots.markDeleted(segment.baseOffset)

  /** Cuts the log at a whole batch so that it ends at or before `offset`: for followers and the quorum. */
  truncateTo(offset: number): void {
    if (offset >= this.logEndOffset) return
    if (offset < this.firstSegmentOffset) return this.truncateFullyAndStartAt(offset)
    this.#lowerRecoveryPoint(offset)
    this.#bytes.truncateTo(offset, this.#snapshotOf)
    this.#truncated()
    this.#snapshots.removeAbove(this.logEndOffset)
    this.#snapshots.restore(this.#producers, this.#logStartOffset, this.logEndOffset)
    replayProducers(this.#bytes.segments.all(), this.#producers, this.logEndOffset)
    this.#producers.transactions.highWatermarkMoved(this.#highWatermark)
  }

  /** Drops everything and begins anew at an offset. */
  truncateFullyAndStartAt(offset: number): void {
    this.#lowerRecoveryPoint(Math.min(offset, this.firstSegmentOffset))
    this.#bytes.restartAt(offset, this.#snapshotOf)
    this.#logStartOffset = this.#highWatermark = offset
    this.#truncated()
    this.#snapshots.removeAll()
    this.#producers.clear(offset)
    this.#persist('logStart')
  }

  /** Before the cut, so that no crash in between finds less in the log than was promised. */
  #lowerRecoveryPoint(offset: number): void {
    if (offset >= this.recoveryPoint) return
    this.#durability.truncatedTo(offset)
    this.#persist('recoveryPoint')
  }

  #truncated(): void {
    const end = this.logEndOffset
    this.#durability.truncatedTo(end)
    this.#highWatermark = Math.min(this.#highWatermark, end)
    this.#logStartOffset = Math.min(this.#logStartOffset, end)
    this.compaction.truncatedTo(end)
    this.#epochs.truncateFromEnd(end)
    this.#epochs.write()
  }

  #offsets() {
    const { logStartOffset, logEndOffset, highWatermark, lastStableOffset, recoveryPoint } = this
    return { logStartOffset, logEndOffset, highWatermark, lastStableOffset, recoveryPoint }
  }

  /** Forgets producers that have been silent for longer than `expirationMs`. */
  expireProducers(nowMs: number, expirationMs: number): void {
    this.#producers.expire(nowMs, expirationMs)
  }

  /** Takes new settings at once. */
  updateConfig(config: TopicConfig): void {
    this.#bytes.config = config
    this.#appender.updateConfig(config)
    this.#durability.appended(0)
  }

  /** Ends appends, forces everything out and writes indexes and producer snapshot, so that the next start need not scan. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#durability.cancel()
    await this.flush()
    this.#closed = true
    // A log that was opened clean and not written to has its files as they should be.
    if (this.#bytes.touched) {
      await this.#bytes.writeIndexes()
      this.#snapshots.write(this.#producers)
      await this.#snapshots.sync(this.#producers.endOffset)
    }
    this.#epochs.write()
    this.#bytes.closeFiles()
  }

  /** Lets go of the files without a word to them: the log is to be deleted. */
  abandon(): void {
    this.#closed = true
    this.#durability.cancel()
    this.#bytes.closeFiles()
  }
}
