import type { Clock } from '#core/ports/clock.ts'
import type { Files } from '#core/ports/files.ts'
import type { Random } from '#core/ports/random.ts'
import type { Timer, Timers } from '#core/ports/timers.ts'
import { batches as batchesIn, RecordBatch } from '#core/records/batch.ts'
import { recompress } from '#core/records/recompress.ts'
import type { Log } from '#core/telemetry/log.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import { appendRules, checkClientBatch, needsRecompression, wholeBatch, type AppendRules } from './batch-checks.ts'
import type { TopicConfig } from './config.ts'
import { logErrors } from './errors.ts'
import { GroupCommit, type Durable } from './group-commit.ts'
import type { EpochEnd, LeaderEpochs } from './leader-epochs.ts'
import { LogReader, type LogRead, type ReadOptions } from './log-reader.ts'
import { replayProducers, type LoadedLog } from './log-recovery.ts'
import type { ProducerSnapshots } from './producer-snapshots.ts'
import type { AppendOrigin, KnownBatch, ProducerStates } from './producer-state.ts'
import { deletableSegments } from './retention.ts'
import { Segment, largestSegmentBytes } from './segment.ts'
import { Segments } from './segments.ts'
import type { LogTail } from './tail-cache.ts'
import { findByTimestamp, findLargestTimestamp, type FoundRecord } from './timestamp-lookup.ts'

export type { AppendOrigin, Durable, EpochEnd, FoundRecord, LogRead }

/** What the log needs of the outside. */
export interface LogPorts {
  readonly files: Files
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
}

export interface AppendOptions {
  /** The leader's term, stamped on the batches; ignored for origin `replica`. */
  readonly leaderEpoch: number
  readonly origin: AppendOrigin
}

export interface AppendResult {
  readonly baseOffset: number
  readonly lastOffset: number
  /** The broker's time given to the records under LogAppendTime, else -1. */
  readonly logAppendTime: number
  /** The batch was in the log already; the offsets are those it got then. */
  readonly duplicate: boolean
}

/** The parts that a directory puts together for one log. */
export interface PartitionLogParts {
  readonly ports: LogPorts
  readonly directory: string
  readonly topic: string
  readonly partition: number
  readonly topicId: string | undefined
  readonly config: TopicConfig
  readonly loaded: LoadedLog
  readonly highWatermark: number
  readonly tail: LogTail
  readonly epochs: LeaderEpochs
  readonly producers: ProducerStates
  readonly snapshots: ProducerSnapshots
  /** Hears that the start of the log moved, to make it survive a restart. */
  readonly logStartMoved: () => void
}

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
  readonly #ports: LogPorts
  readonly #segments: Segments
  readonly #reader: LogReader
  readonly #tail: LogTail
  readonly #epochs: LeaderEpochs
  readonly #producers: ProducerStates
  readonly #snapshots: ProducerSnapshots
  readonly #commit: GroupCommit
  readonly #logStartMoved: () => void
  readonly #unsynced = new Set<Segment>()
  #config: TopicConfig
  #rules: AppendRules
  #logStartOffset: number
  #logEndOffset: number
  #highWatermark: number
  #rollJitterMs = 0
  #directoryDirty = false
  #tornTail = false
  #unflushedRecords = 0
  #flushTimer: Timer | undefined
  #closed = false

  constructor(parts: PartitionLogParts) {
    const { loaded } = parts
    this.topic = parts.topic
    this.partition = parts.partition
    this.topicId = parts.topicId
    this.directory = parts.directory
    this.name = `${parts.topic}-${parts.partition}`
    this.#ports = parts.ports
    this.#config = parts.config
    this.#rules = appendRules(parts.config)
    this.#segments = new Segments(loaded.segments)
    this.#tail = parts.tail
    this.#reader = new LogReader(this.#segments, parts.tail)
    this.#epochs = parts.epochs
    this.#producers = parts.producers
    this.#snapshots = parts.snapshots
    this.#logStartMoved = parts.logStartMoved
    this.#logStartOffset = loaded.logStartOffset
    this.#logEndOffset = loaded.logEndOffset
    this.#highWatermark = Math.min(Math.max(parts.highWatermark, loaded.logStartOffset), loaded.logEndOffset)
    for (const segment of loaded.segments) {
      if (this.#segments.endOf(segment, loaded.logEndOffset) > loaded.recoveryPoint) this.#unsynced.add(segment)
    }
    this.#commit = new GroupCommit(loaded.recoveryPoint, () => this.#logEndOffset, () => this.#sync(), () => this.onDurable?.())
    this.#drawJitter()
    this.#removeLater(loaded.marked)
  }

  get config(): TopicConfig {
    return this.#config
  }
  get logStartOffset(): number {
    return this.#logStartOffset
  }
  get logEndOffset(): number {
    return this.#logEndOffset
  }
  get highWatermark(): number {
    return this.#highWatermark
  }
  /** Where read_committed readers stop. */
  get lastStableOffset(): number {
    return this.#highWatermark
  }
  /** Everything below was forced to the disk. */
  get recoveryPoint(): number {
    return this.#commit.endOffset
  }
  get sizeInBytes(): number {
    return this.#segments.sizeInBytes
  }
  /** Base offset of the oldest segment, at most the log start. */
  get firstSegmentOffset(): number {
    return this.#segments.first.baseOffset
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
    return this.#commitsEachBatch ? this.#commit.endOffset : this.#logEndOffset
  }

  get #commitsEachBatch(): boolean {
    return this.#config['flush.messages'] <= 1
  }

  /**
   * Appends whole batches: checks them as the origin demands, gives them their offsets and the leader epoch, and writes
   * them in one call. The buffer is copied and free again on return. Throws a ProtocolError, after which nothing was appended.
   */
  append(batches: Buffer, options: AppendOptions): AppendResult {
    this.#mustBeWritable()
    const { origin } = options
    const nowMs = this.#ports.clock.now()
    const first = origin === 'client' ? checkClientBatch(batches, this.#rules, nowMs, this.name) : wholeBatch(batches, 0)
    const duplicate = this.#checkProducers(batches, first, origin)
    if (duplicate) return this.#repeated(duplicate)
    const recompresses = origin === 'client' && needsRecompression(first, this.#rules)
    const bytes = recompresses ? recompress(first, this.#rules.compression!, this.#rules.compressionLevel) : batches
    try {
      return this.#write(bytes, options, nowMs)
    } catch (error) {
      if (error instanceof ProtocolError) throw error
      this.#ports.log('error', `log ${this.name} cannot be written`, { error: (error as Error).message })
      throw new ProtocolError('KAFKA_STORAGE_ERROR', `${this.name} cannot be written: ${(error as Error).message}`)
    }
  }

  #checkProducers(batches: Buffer, first: RecordBatch, origin: AppendOrigin): KnownBatch | undefined {
    if (origin === 'client') return this.#producers.check(first, origin)
    for (const batch of batchesIn(batches)) this.#producers.check(batch, origin)
    return undefined
  }

  #repeated(known: KnownBatch): AppendResult {
    const logAppendTime = this.#rules.logAppendTime ? known.timestamp : -1
    return { baseOffset: known.baseOffset, lastOffset: known.lastOffset, logAppendTime, duplicate: true }
  }

  #write(bytes: Buffer, options: AppendOptions, nowMs: number): AppendResult {
    const replica = options.origin === 'replica'
    const logAppendTime = this.#rules.logAppendTime && !replica && options.origin !== 'raft'
    const extent = this.#extentOf(bytes, replica)
    this.#makeRoom(bytes.length, extent.lastOffset, logAppendTime ? nowMs : extent.maxTimestamp, nowMs)
    const staged = this.#tail.stage(bytes, extent.baseOffset)
    let next = extent.baseOffset
    for (const batch of batchesIn(staged)) {
      if (!replica) {
        batch.setBaseOffset(next)
        batch.setPartitionLeaderEpoch(options.leaderEpoch)
        if (logAppendTime) batch.setMaxTimestampAndRecomputeCrc('LogAppendTime', nowMs)
      }
      next = batch.lastOffset + 1
      const epoch = batch.partitionLeaderEpoch
      if (epoch > (this.#epochs.latest?.epoch ?? -1)) this.#epochs.assign(epoch, batch.baseOffset)
    }
    this.#writeStaged(staged)
    for (const batch of batchesIn(staged)) this.#producers.update(batch)
    this.#tail.commit(bytes.length, extent.baseOffset, next)
    this.#unflushedRecords += next - this.#logEndOffset
    this.#logEndOffset = next
    this.#flushSoon()
    return { baseOffset: extent.baseOffset, lastOffset: next - 1, logAppendTime: logAppendTime ? nowMs : -1, duplicate: false }
  }

  /** Offsets and time that the batches will take in the log. Batches of a replica have their offsets, which must go on from the end. */
  #extentOf(bytes: Buffer, replica: boolean): { baseOffset: number; lastOffset: number; maxTimestamp: number } {
    let next = this.#logEndOffset
    let baseOffset = -1
    let maxTimestamp = -1
    let end = 0
    for (const batch of batchesIn(bytes)) {
      if (replica && (batch.baseOffset < next || !batch.isCrcValid())) {
        throw new ProtocolError('CORRUPT_MESSAGE', `a replicated batch at offset ${batch.baseOffset} for ${this.name}, which ends at ${next}`)
      }
      const base = replica ? batch.baseOffset : next
      if (baseOffset < 0) baseOffset = base
      next = base + batch.lastOffsetDelta + 1
      maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp)
      end += batch.sizeInBytes
    }
    if (end !== bytes.length) throw new ProtocolError('CORRUPT_MESSAGE', `${bytes.length - end} bytes after the last whole batch`)
    return { baseOffset, lastOffset: next - 1, maxTimestamp }
  }

  /** Writes at the end of the active segment; a failure is undone, at the latest before the next write. */
  #writeStaged(staged: Buffer): void {
    const { active } = this.#segments
    if (this.#tornTail) active.cutTail()
    this.#tornTail = true
    active.append(staged, this.#config['index.interval.bytes'])
    this.#tornTail = false
    this.#unsynced.add(active)
  }

  /** Begins a new segment when the active one cannot or should not take the batches. */
  #makeRoom(bytes: number, lastOffset: number, maxTimestamp: number, nowMs: number): void {
    const segmentBytes = Math.min(this.#config['segment.bytes'], largestSegmentBytes)
    if (bytes > segmentBytes) {
      throw new ProtocolError('RECORD_LIST_TOO_LARGE', `${bytes} bytes for ${this.name}, segment.bytes is ${segmentBytes}`)
    }
    const { active } = this.#segments
    if (active.sizeInBytes === 0) {
      if (active.reaches(lastOffset)) return
    } else {
      const { rollTimestamp = -1 } = active
      const waitedMs = rollTimestamp >= 0 ? maxTimestamp - rollTimestamp : nowMs - active.createdMs
      const full = active.sizeInBytes > segmentBytes - bytes || !active.index.hasRoom(this.#config['segment.index.bytes'])
      if (!full && waitedMs <= this.#config['segment.ms'] - this.#rollJitterMs && active.reaches(lastOffset)) return
    }
    this.roll()
  }

  /** Begins a new segment at the end of the log, unless the active one is empty. */
  roll(): void {
    const { active } = this.#segments
    if (active.baseOffset === this.#logEndOffset) return
    if (this.#tornTail) active.cutTail()
    this.#tornTail = false
    const { files, clock } = this.#ports
    const next = Segment.create(files, this.directory, this.#logEndOffset, clock.now())
    active.seal()
    this.#snapshots.write(this.#producers)
    this.#segments.push(next)
    this.#unsynced.add(next)
    this.#directoryDirty = true
    this.#drawJitter()
    this.#commit.request()
  }

  #drawJitter(): void {
    const most = Math.min(this.#config['segment.jitter.ms'], this.#config['segment.ms'])
    this.#rollJitterMs = most > 0 ? Math.floor(this.#ports.random.next() * most) : 0
  }

  #flushSoon(): void {
    const { 'flush.messages': flushMessages, 'flush.ms': flushMs } = this.#config
    if (this.#unflushedRecords >= flushMessages) {
      this.#unflushedRecords = 0
      this.#commit.request()
    } else if (flushMs < 0x7fffffff && this.#flushTimer === undefined) {
      this.#flushTimer = this.#ports.timers.after(flushMs, () => {
        this.#flushTimer = undefined
        this.#commit.request()
      })
    }
  }

  /** Forces out all that is not known to be on the disk: segments oldest first, so that a crash leaves no hole. */
  async #sync(): Promise<void> {
    this.#unflushedRecords = 0
    if (this.#directoryDirty) {
      this.#directoryDirty = false
      this.#ports.files.syncDirectory(this.directory)
    }
    const segments = [...this.#unsynced].sort((a, b) => a.baseOffset - b.baseOffset)
    for (const segment of segments) this.#unsynced.delete(segment)
    try {
      for (const segment of segments) {
        await segment.sync()
        if (segment !== this.#segments.active) await this.#snapshots.sync(this.#segments.endOf(segment, this.#logEndOffset))
      }
    } catch (error) {
      if (this.#closed) return
      this.#ports.log('error', `log ${this.name} cannot be forced to the disk; it takes no more appends`, { error: (error as Error).message })
      throw error
    }
  }

  /** Calls `done` when everything below `endOffset` may be acknowledged: at once unless each batch is committed. */
  whenDurable(endOffset: number, done: Durable): void {
    if (endOffset <= this.durableEndOffset) done(undefined)
    else this.#commit.when(endOffset, done)
  }

  /** `whenDurable` as a promise. */
  durable(endOffset: number): Promise<void> {
    return new Promise((resolve, reject) => this.whenDurable(endOffset, (error) => (error ? reject(error) : resolve())))
  }

  /** Resolves when everything appended so far is on the disk. */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => this.#commit.when(this.#logEndOffset, (error) => (error ? reject(error) : resolve())))
  }

  /**
   * Stored bytes of whole batches, from the one that holds `offset` on. Throws OFFSET_OUT_OF_RANGE outside of
   * [logStartOffset, logEndOffset].
   */
  read(offset: number, maxBytes: number, options: Partial<ReadOptions> = {}): LogRead | Promise<LogRead> {
    if (offset < this.#logStartOffset || offset > this.#logEndOffset) {
      throw new ProtocolError(
        'OFFSET_OUT_OF_RANGE',
        `${this.name} holds offsets ${this.#logStartOffset} to ${this.#logEndOffset}, not ${offset}`,
      )
    }
    const { upTo = this.#logEndOffset, atLeastOneBatch = false } = options
    return this.#reader.read(offset, maxBytes, { upTo, atLeastOneBatch })
  }

  /** Stored bytes from one offset to another, about a MiB a step, read at once: for loading state at start. */
  scan(from = this.#logStartOffset, upTo = this.#logEndOffset): Iterable<Buffer> {
    return this.#reader.scan(Math.max(from, this.#logStartOffset), Math.min(upTo, this.#logEndOffset))
  }

  /** The first record whose timestamp is at least `timestamp`. */
  offsetForTimestamp(timestamp: number): FoundRecord | undefined {
    return findByTimestamp(this.#segments.from(this.#logStartOffset), timestamp, this.#logStartOffset)
  }

  /** The first record that has the largest timestamp. */
  maxTimestampOffset(): FoundRecord | undefined {
    return findLargestTimestamp(this.#segments.from(this.#logStartOffset))
  }

  /** Where a leader epoch ended, as OffsetForLeaderEpoch answers it. */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.#epochs.endOffsetFor(epoch, this.#logEndOffset)
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
    const next = Math.min(offset, this.#logEndOffset)
    if (next <= this.#highWatermark) return false
    this.#highWatermark = next
    return true
  }

  /** Moves the start of the log up (DeleteRecords); -1 means up to the high watermark. Returns the start. */
  deleteRecordsBefore(offset: number): number {
    const target = offset === -1 ? this.#highWatermark : offset
    if (target < 0 || target > this.#highWatermark) {
      throw new ProtocolError('OFFSET_OUT_OF_RANGE', `records of ${this.name} can be deleted up to ${this.#highWatermark}, not ${offset}`)
    }
    if (target > this.#logStartOffset) {
      this.#logStartOffset = target
      this.#logStartMoved()
      this.#epochs.truncateFromStart(target)
      this.#epochs.write()
      this.deleteOldSegments(this.#ports.clock.now())
    }
    return this.#logStartOffset
  }

  /** Takes out the segments that are over by age, size or log start. Returns the bytes freed. */
  deleteOldSegments(nowMs: number): number {
    const { files } = this.#ports
    const count = deletableSegments(
      {
        segments: this.#segments,
        logStartOffset: this.#logStartOffset,
        logEndOffset: this.#logEndOffset,
        highWatermark: this.#highWatermark,
        nowMs,
        modifiedMs: (segment) => Math.max(segment.createdMs, files.stat(segment.path).modifiedMs),
      },
      this.#config,
    )
    if (count === 0) return 0
    if (count === this.#segments.all().length) this.roll()
    const gone = this.#segments.removeFirst(count)
    const freed = gone.reduce((sum, segment) => sum + segment.sizeInBytes, 0)
    this.#discard(gone)
    const start = this.#segments.first.baseOffset
    if (start > this.#logStartOffset) {
      this.#logStartOffset = start
      this.#epochs.truncateFromStart(start)
      this.#epochs.write()
    }
    this.#ports.log('info', `log ${this.name} dropped ${count} old segments`, { bytes: freed, logStartOffset: this.#logStartOffset })
    return freed
  }

  #discard(segments: readonly Segment[]): void {
    const marked: string[] = []
    for (const segment of segments) {
      this.#unsynced.delete(segment)
      marked.push(...segment.markDeleted(), ...this.#snapshots.markDeleted(segment.baseOffset))
      segment.close()
    }
    this.#reader.forget()
    this.#removeLater(marked)
  }

  #removeLater(paths: readonly string[]): void {
    if (paths.length === 0) return
    const { files, timers } = this.#ports
    timers.after(this.#config['file.delete.delay.ms'], () => {
      for (const path of paths) if (files.exists(path)) files.remove(path)
    })
  }

  /** Cuts the log so that it ends before `offset`, at a whole batch: for followers and the quorum. */
  truncateTo(offset: number): void {
    if (offset >= this.#logEndOffset) return
    if (offset < this.#segments.first.baseOffset) return this.truncateFullyAndStartAt(offset)
    this.#discard(this.#segments.removeAbove(offset))
    const { active } = this.#segments
    active.index.load()
    active.truncateTo(offset)
    this.#setEnd(active.nextOffset())
    this.#snapshots.removeAbove(this.#logEndOffset)
    this.#snapshots.restore(this.#producers, this.#logStartOffset, this.#logEndOffset)
    replayProducers(this.#segments.all(), this.#producers, this.#logEndOffset)
  }

  /** Drops everything and begins anew at an offset. */
  truncateFullyAndStartAt(offset: number): void {
    const { files, clock } = this.#ports
    this.#discard(this.#segments.removeFirst(this.#segments.all().length))
    this.#segments.push(Segment.create(files, this.directory, offset, clock.now()))
    this.#snapshots.removeAll()
    this.#producers.clear(offset)
    this.#logStartOffset = offset
    this.#setEnd(offset)
    this.#logStartMoved()
  }

  #setEnd(offset: number): void {
    this.#logEndOffset = offset
    this.#tornTail = false
    this.#tail.clear()
    this.#reader.forget()
    this.#unsynced.add(this.#segments.active)
    this.#commit.truncatedTo(offset)
    this.#highWatermark = Math.min(this.#highWatermark, offset)
    this.#logStartOffset = Math.min(this.#logStartOffset, offset)
    this.#epochs.truncateFromEnd(offset)
    this.#epochs.write()
  }

  /** Forgets producers that have been silent for longer than `expirationMs`. */
  expireProducers(nowMs: number, expirationMs: number): void {
    this.#producers.expire(nowMs, expirationMs)
  }

  /** Takes new settings at once. */
  updateConfig(config: TopicConfig): void {
    this.#config = config
    this.#rules = appendRules(config)
    this.#drawJitter()
    this.#flushSoon()
  }

  #mustBeWritable(): void {
    if (this.#closed) throw logErrors.LOG_CLOSED({ topic: this.topic, partition: this.partition })
    const { failure } = this.#commit
    if (failure) throw new ProtocolError('KAFKA_STORAGE_ERROR', `${this.name} takes no appends since a sync failed: ${failure.message}`)
  }

  /** Ends appends, forces everything out and writes indexes and producer snapshot, so that the next start need not scan. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#flushTimer?.cancel()
    await this.flush()
    this.#closed = true
    const { active } = this.#segments
    active.writeIndexes()
    await active.index.sync()
    this.#snapshots.write(this.#producers)
    await this.#snapshots.sync(this.#producers.endOffset)
    this.#epochs.write()
    this.#closeFiles()
  }

  /** Lets go of the files without a word to them: the log is to be deleted. */
  abandon(): void {
    this.#closed = true
    this.#flushTimer?.cancel()
    this.#closeFiles()
  }

  #closeFiles(): void {
    this.#tail.clear()
    for (const segment of this.#segments.all()) segment.close()
  }
}
