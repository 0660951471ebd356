import { crc32 } from 'node:zlib'

import type { Files } from '#core/ports/files.ts'
import { RecordBatch } from '#core/records/batch.ts'
import { batchHeaderBytes, batchLayout } from '#core/records/layout.ts'
import type { Log } from '#core/telemetry/log.ts'

import { logErrors } from './errors.ts'
import { deletedSuffix, indexSuffix, logSuffix, offsetOf, timeIndexSuffix, txnIndexSuffix } from './file-names.ts'
import { transactionsFit } from './index-checks.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { ProducerSnapshots } from './producer-snapshots.ts'
import { ProducerStates } from './producer-state.ts'
import { Segment } from './segment.ts'
import { finishSwap } from './swap-files.ts'
import { verifiedBatch } from './verified-batches.ts'

/** What is known of a log before its files are read. */
export interface LoadOptions {
  readonly files: Files
  readonly log: Log
  readonly nowMs: number
  readonly directory: string
  readonly name: string
  /** The last stop was clean: indexes and producer snapshot are complete and nothing needs to be verified. */
  readonly clean: boolean
  /** Everything below was on the disk; 0 when not known. */
  readonly recoveryPoint: number
  /** From the checkpoint; 0 when not known. */
  readonly logStartOffset: number
  /** Compaction got that far, so that offsets may be missing below; 0 when not known. */
  readonly cleanedOffset: number
  readonly indexIntervalBytes: number
  readonly epochs: LeaderEpochs
  readonly producers: ProducerStates
  readonly snapshots: ProducerSnapshots
}

/** A log as its files gave it, cut where they end in a torn write; offsets are those of the log. */
export interface LoadedLog {
  readonly segments: Segment[]
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly recoveryPoint: number
  /** The last stop was clean: indexes and snapshot on the disk are those of this state. */
  readonly clean: boolean
  /** Files taken out of the log, to be removed later. */
  readonly marked: string[]
}

/**
 * Opens the files of a log. After a clean stop nothing is scanned. Otherwise every segment from the recovery point on is
 * read, its batches verified and its indexes rebuilt; the log is cut at the first bad or short batch. So it is after a clean
 * stop where the log does not end at the recovery point, but nothing is cut then. Damage below the recovery point is
 * LOG_CORRUPT or LOG_FILE_MISSING: that data was promised, so it is never cut away.
 */
export function loadLog(options: LoadOptions): LoadedLog {
  const loaded = load(options)
  const { recoveryPoint, log, name } = options
  if (!options.clean || loaded.logEndOffset === recoveryPoint) return loaded
  // A clean stop leaves the two the same; no checksum covers the offset by which the last batch says where the log ends.
  const found = `log ${name} ends at ${loaded.logEndOffset}`
  if (recoveryPoint === 0) log('info', `${found} and has no recovery point: it is verified`)
  else log('warn', `${found}, not at its recovery point ${recoveryPoint}: it is verified`)
  for (const segment of loaded.segments) segment.close()
  return load({ ...options, clean: false }, Number.POSITIVE_INFINITY)
}

/** Below `promised` nothing is cut. */
function load(options: LoadOptions, promised = options.recoveryPoint): LoadedLog {
  const { epochs, producers, snapshots } = options
  const epochsKnown = epochs.load()
  const marked: string[] = []
  let segments = openSegments(options)
  if (segments.length > 0)
    segments = options.clean
      ? openAll(options, segments, epochsKnown)
      : recover({ ...options, promised }, segments, epochsKnown, marked)
  let logEndOffset = segments.at(-1)?.nextOffset() ?? options.logStartOffset
  if (logEndOffset < options.recoveryPoint && logEndOffset >= options.logStartOffset) {
    throw logErrors.LOG_FILE_MISSING({
      directory: options.directory,
      end: logEndOffset,
      recoveryPoint: options.recoveryPoint,
    })
  }
  if (segments.length > 0 && logEndOffset < options.logStartOffset) {
    // Everything that is left was deleted by DeleteRecords already.
    for (const segment of segments.splice(0)) marked.push(...discard(segment))
    epochs.clear()
    logEndOffset = options.logStartOffset
  }
  const made = segments.length === 0
  if (made) {
    segments = [Segment.create(options.files, options.directory, logEndOffset, options.nowMs)]
    snapshots.removeAll()
    producers.clear(logEndOffset)
  }
  const logStartOffset = Math.max(options.logStartOffset, segments[0]!.baseOffset)
  epochs.truncateFromEnd(logEndOffset)
  epochs.truncateFromStart(logStartOffset)
  snapshots.removeAbove(logEndOffset)
  if (options.clean) snapshots.restore(producers, logStartOffset, logEndOffset)
  replayProducers(segments, producers, logEndOffset)
  snapshots.removeStray(new Set(segments.map((segment) => segment.baseOffset)))
  const recoveryPoint = options.clean ? logEndOffset : Math.min(options.recoveryPoint, logEndOffset)
  return { segments, logStartOffset, logEndOffset, recoveryPoint, clean: options.clean && !made, marked }
}

/** The segments by their files. Finishes or removes what a compaction left, and removes what a deletion left and indexes without a log. */
function openSegments({ files, log, directory, nowMs }: LoadOptions): Segment[] {
  const names = finishSwap(files, log, directory)
  const bases = new Set<number>()
  for (const name of names) {
    const base = offsetOf(name, logSuffix)
    if (base !== undefined) bases.add(base)
  }
  for (const name of names) {
    const path = `${directory}/${name}`
    // Snapshots of the metadata quorum end in .checkpoint.deleted; they are not this layer's to remove.
    const leftBehind = name.endsWith(deletedSuffix) && !name.endsWith(`.checkpoint${deletedSuffix}`)
    const base = [indexSuffix, timeIndexSuffix, txnIndexSuffix]
      .map((suffix) => offsetOf(name, suffix))
      .find((each) => each !== undefined)
    if (leftBehind || (base !== undefined && !bases.has(base))) files.remove(path)
  }
  return [...bases].sort((a, b) => a - b).map((base) => Segment.existing(files, log, directory, base, nowMs))
}

/** Opens the first segments of all, whose batches are known to be whole; indexes that are missing are built anew. */
function openSealed(options: LoadOptions, segments: readonly Segment[], count = segments.length): void {
  for (const segment of segments.slice(0, count)) {
    const indexed = segment.openIndexes()
    if (!indexed) {
      options.log('warn', `the indexes of ${segment.path} are missing or do not fit it: they are built anew`)
      verify(options, segment, { promised: Number.POSITIVE_INFINITY, ...boundsOf(segments, segment) })
    }
    const transactionsKnown = segment.transactions.openSealed(segment.baseOffset) && transactionsFit(segment, segments)
    if (!transactionsKnown) {
      options.log('warn', `the transaction index of ${segment.path} does not fit it: it is built anew`)
      findAborted(options, segments, segment)
    }
    if (!indexed || !transactionsKnown) segment.seal()
  }
}

/** Builds the index of aborted transactions of one segment anew, from the producers as they were at its beginning. */
function findAborted({ name, snapshots }: LoadOptions, segments: readonly Segment[], segment: Segment): void {
  const producers = new ProducerStates(name)
  const before = segments.slice(0, segments.indexOf(segment))
  snapshots.restore(producers, segments[0]!.baseOffset, segment.baseOffset)
  replayProducers(before, producers, segment.baseOffset)
  segment.transactions.reset()
  for (const batch of unseen(segment, producers)) count(batch, producers, segment)
}

/** Opens a cleanly closed log and makes its last segment ready for appends. */
function openAll(options: LoadOptions, segments: Segment[], epochsKnown: boolean): Segment[] {
  openSealed(options, segments)
  if (!epochsKnown) findEpochs(segments, options.epochs)
  const kept = segments.length > 1 && isStray(segments.at(-1)!, segments.at(-2)!) ? segments.slice(0, -1) : segments
  const last = kept.at(-1)!
  last.index.load()
  last.transactions.load()
  last.readTimes()
  return kept
}

/** An empty file that begins inside the segment before it: left by a roll that failed, and filled by nobody. */
const isStray = (segment: Segment, before: Segment): boolean =>
  segment.sizeInBytes === 0 && segment.baseOffset < before.nextOffset()

interface RecoveryOptions extends LoadOptions {
  /** Below it nothing is cut: the recovery point, or everything after a clean stop. */
  readonly promised: number
}

/** Opens the segments below the recovery point as they are and verifies the rest. */
function recover(options: RecoveryOptions, segments: Segment[], epochsKnown: boolean, marked: string[]): Segment[] {
  const { recoveryPoint, promised, cleanedOffset, producers, snapshots, log, name } = options
  // One that is empty says nothing of where the log ends.
  const firstUnsure = Math.max(
    0,
    segments.findLastIndex((segment) => segment.baseOffset <= recoveryPoint && segment.sizeInBytes > 0),
  )
  const kept = segments.slice(0, firstUnsure)
  openSealed(options, segments, firstUnsure)
  if (!epochsKnown) findEpochs(kept, options.epochs)
  snapshots.restore(
    producers,
    Math.max(options.logStartOffset, segments[0]!.baseOffset),
    segments[firstUnsure]!.baseOffset,
  )
  replayProducers(kept, producers, segments[firstUnsure]!.baseOffset)
  let next = kept.at(-1)?.nextOffset()
  for (const segment of segments.slice(firstUnsure)) {
    if (next !== undefined && segment.baseOffset < next && segment.file.size() === 0) {
      marked.push(...discard(segment))
      continue
    }
    // What should lie between was never on the disk, or the recovery point would be behind it, unless compaction took it.
    const hole = next !== undefined && segment.baseOffset > next && next >= Math.max(promised, cleanedOffset)
    if (!hole && next !== undefined && next < Math.min(segment.baseOffset, recoveryPoint)) {
      // Only compaction leaves offsets out, and not this far up.
      if (segment.baseOffset > Math.max(cleanedOffset, recoveryPoint))
        throw logErrors.LOG_FILE_MISSING({ directory: options.directory, end: next, recoveryPoint })
    }
    const cutBytes = hole ? 0 : verify(options, segment, { promised, ...boundsOf(segments, segment), producers })
    if (!hole) kept.push(segment)
    if (!hole && cutBytes === 0) {
      next = segment.nextOffset()
      continue
    }
    const dropped = segments.slice(segments.indexOf(segment) + (hole ? 0 : 1))
    for (const each of dropped) marked.push(...discard(each))
    options.files.syncDirectory(options.directory)
    log('warn', `log ${name} was not closed: cut what lies behind offset ${kept.at(-1)!.nextOffset()}`, {
      file: kept.at(-1)!.path,
      position: kept.at(-1)!.sizeInBytes,
      cutBytes,
      droppedSegments: dropped.length,
    })
    break
  }
  for (const segment of kept.slice(firstUnsure, -1)) segment.seal()
  return kept
}

function discard(segment: Segment): string[] {
  segment.close()
  return segment.markDeleted()
}

interface Bounds {
  /** Where the offsets of a segment must end: where the next file begins that has anything in it. */
  readonly endOffset: number
  /** Where the last file begins, be it empty. */
  readonly lastBase: number
}

function boundsOf(segments: readonly Segment[], segment: Segment): Bounds {
  const next = segments.slice(segments.indexOf(segment) + 1).find((each) => each.file.size() > 0)
  return { endOffset: next?.baseOffset ?? Number.POSITIVE_INFINITY, lastBase: segments.at(-1)!.baseOffset }
}

interface Verification extends Bounds {
  /** Below it nothing is cut. */
  readonly promised: number
  readonly producers?: ProducerStates
}

/**
 * Reads a whole segment, verifies its batches, rebuilds its indexes and counts them into the epochs; with `producers`, which
 * must be as they were at its beginning, also into those and the index of aborted transactions. Cuts it at the first bad
 * batch unless the offset there is below `promised`. Returns how many bytes were cut.
 */
function verify(options: LoadOptions, segment: Segment, verification: Verification): number {
  const { promised, endOffset, producers, lastBase } = verification
  const { epochs, indexIntervalBytes, recoveryPoint } = options
  const fileBytes = segment.file.size()
  let next = segment.baseOffset
  segment.resetNotes()
  if (producers) segment.transactions.reset()
  const problem = eachBatch(segment, fileBytes, (batch) => {
    if (batch.baseOffset < next) return `offset ${batch.baseOffset} after offset ${next - 1}`
    if (batch.lastOffset < batch.baseOffset || !segment.reaches(batch.lastOffset))
      return `a last offset of ${batch.lastOffset}`
    if (batch.baseOffset > next && !isConfirmed(segment, batch, lastBase, recoveryPoint))
      return `offset ${batch.baseOffset} where ${next} should be`
    if (batch.lastOffset >= endOffset) return `offset ${batch.lastOffset} where the next file begins at ${endOffset}`
    segment.note(batch, indexIntervalBytes)
    noteEpoch(batch, epochs)
    next = batch.lastOffset + 1
    if (producers && batch.baseOffset >= producers.endOffset) count(batch, producers, segment)
    return undefined
  })
  if (problem === undefined) return 0
  if (next < promised) throw logErrors.LOG_CORRUPT({ file: segment.path, position: segment.sizeInBytes, problem })
  segment.cutTailForGood()
  return fileBytes - segment.sizeInBytes
}

/**
 * No checksum covers offsets. A batch that leaves some out, as compaction and copies of compacted logs do, is believed where
 * something behind it agrees: the next batch, the file in which the log goes on, or the recovery point. Without that it is
 * the last of the log, where nothing has been compacted and each batch begins at the end of the one before.
 */
function isConfirmed(
  segment: Segment,
  { lastOffset, sizeInBytes }: RecordBatch,
  lastBase: number,
  recoveryPoint: number,
): boolean {
  const endsWhereKnown = lastOffset + 1 === recoveryPoint
  const behind = segment.sizeInBytes + sizeInBytes
  const left = segment.file.size() - behind
  if (left === 0) return endsWhereKnown || lastOffset < lastBase
  if (left < batchHeaderBytes) return endsWhereKnown
  const nextBytes = RecordBatch.at(segment.readNow(behind, batchHeaderBytes)).sizeInBytes
  if (nextBytes < batchHeaderBytes || nextBytes > left) return endsWhereKnown
  const next = RecordBatch.at(segment.readNow(behind, nextBytes))
  return next.isCrcValid() ? next.baseOffset > lastOffset : endsWhereKnown
}

function noteEpoch(batch: RecordBatch, epochs: LeaderEpochs): void {
  const { partitionLeaderEpoch } = batch
  if (partitionLeaderEpoch > (epochs.latest?.epoch ?? -1)) epochs.assign(partitionLeaderEpoch, batch.baseOffset, true)
}

/** Reads the epochs out of the batches when their file says nothing. */
function findEpochs(segments: readonly Segment[], epochs: LeaderEpochs): void {
  for (const segment of segments) for (const { batch } of segment.headers(0)) noteEpoch(batch, epochs)
}

const blockBytes = 4 * 1024 * 1024

/** A message of format 0 or 1 whose own checksum holds: no torn batch, so nothing to cut. Its size field counts 12 bytes less too. */
function isOldFormat(bytes: Buffer, at: number, sizeInBytes: number): boolean {
  const magicAt = at + batchLayout.magic
  if (bytes[magicAt]! > 1) return false
  return bytes.readUInt32BE(at + batchLayout.partitionLeaderEpoch) === crc32(bytes.subarray(magicAt, at + sizeInBytes))
}

/** Hands out the valid batches of a file in order until one is refused or bad; says what is wrong with that. */
function eachBatch(
  segment: Segment,
  fileBytes: number,
  take: (batch: RecordBatch) => string | undefined,
): string | undefined {
  let block = Buffer.allocUnsafeSlow(Math.min(fileBytes, blockBytes))
  for (let position = 0; position < fileBytes;) {
    const filled = segment.file.read(block, 0, Math.min(block.length, fileBytes - position), position)
    const view = block.subarray(0, filled)
    let at = 0
    while (at + batchHeaderBytes <= filled) {
      const batch = RecordBatch.at(view, at)
      const { sizeInBytes, magic } = batch
      if (sizeInBytes < batchHeaderBytes) return `a batch of ${sizeInBytes} bytes`
      if (position + at + sizeInBytes > fileBytes)
        return `a batch of ${sizeInBytes} bytes, of which ${fileBytes - position - at} are there`
      if (at + sizeInBytes > filled) break
      if (isOldFormat(view, at, sizeInBytes)) {
        throw logErrors.LOG_FILE_INVALID({
          file: segment.path,
          problem: `message format ${magic}, which Kafka wrote before 0.11`,
        })
      }
      if (magic !== 2) return `a batch of format ${magic}`
      const problem = batch.isCrcValid() ? take(batch) : 'a batch with a wrong checksum'
      if (problem !== undefined) return problem
      at += sizeInBytes
    }
    if (at === 0) {
      if (fileBytes - position < batchHeaderBytes) return `${fileBytes - position} bytes that are no batch`
      // A batch larger than the block: its size was checked against the file above.
      block = Buffer.allocUnsafeSlow(RecordBatch.at(view).sizeInBytes)
    }
    position += at
  }
  return undefined
}

/** Counts a batch into the producers, and the transaction that it aborts into the segment's index. */
function count(batch: RecordBatch, producers: ProducerStates, segment: Segment): void {
  const aborted = producers.update(batch)
  if (aborted) segment.transactions.add(aborted)
}

/** Counts batches that the producers' state does not cover yet, from the headers in the files. The segments' indexes stay as they are. */
export function replayProducers(segments: readonly Segment[], producers: ProducerStates, upTo: number): void {
  segments.forEach((segment, i) => {
    const next = segments[i + 1]?.baseOffset ?? upTo
    if (next > producers.endOffset) for (const batch of unseen(segment, producers)) producers.update(batch)
  })
  producers.endOffset = upTo
}

/** The batches of a segment from where the producers' state ends. */
function* unseen(segment: Segment, producers: ProducerStates): Generator<RecordBatch, void, undefined> {
  for (const { batch, position } of segment.headers(segment.positionBefore(producers.endOffset))) {
    if (batch.baseOffset < producers.endOffset) continue
    // The record of a transaction marker counts too, and the header view may end before it.
    yield batch.isControl ? verifiedBatch(segment, { position, sizeInBytes: batch.sizeInBytes }) : batch
  }
}
