import { batches as batchesIn } from '#core/records/batch.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import type { LeaderEpochs } from './leader-epochs.ts'
import type { AppendOrigin } from './producer-state.ts'
import type { Extent } from './segment-log.ts'

/** Who appends, which decides what is checked and what is stamped on the batches. */
export interface AppendOptions {
  /** The leader's term, stamped on the batches; ignored for origin `replica`. */
  readonly leaderEpoch: number
  /**
   * Who writes. `client`: one batch, every check. `coordinator` and `raft`: batches that this node made, which may be control
   * batches; producer epochs are checked, sequences are not. `replica`: the leader's batches, whose offsets and epochs stay.
   */
  readonly origin: AppendOrigin
  /**
   * The transaction.version that the producer of a transactional batch, or the transaction of a marker, goes by. From 2 on
   * a marker needs a higher epoch than the records before it, and a producer that is not known begins with sequence 0.
   */
  readonly transactionVersion?: number
}

/** Where batches went: their first and last offset, both included. */
export interface AppendResult {
  readonly baseOffset: number
  readonly lastOffset: number
  /** The broker's time given to the records under LogAppendTime, else -1. */
  readonly logAppendTime: number
  /** The batch was in the log already; the offsets are those it got then. */
  readonly duplicate: boolean
}

/**
 * The offsets that a row of batches will take from `nextOffset` on, and its largest timestamp (`logAppendTime` unless -1).
 * Batches of a replica have their offsets, which must go on from the end of the log. Throws CORRUPT_MESSAGE.
 */
export function extentOf(bytes: Buffer, nextOffset: number, replica: boolean, logAppendTime: number): Extent {
  let next = nextOffset
  let baseOffset = -1
  let maxTimestamp = logAppendTime
  let end = 0
  for (const batch of batchesIn(bytes)) {
    if (replica && (batch.baseOffset < next || !batch.isCrcValid())) {
      throw new ProtocolError(
        'CORRUPT_MESSAGE',
        `a replicated batch at offset ${batch.baseOffset} for a log that ends at ${next}`,
      )
    }
    const base = replica ? batch.baseOffset : next
    if (baseOffset < 0) baseOffset = base
    next = base + batch.lastOffsetDelta + 1
    if (logAppendTime < 0 && batch.maxTimestamp > maxTimestamp) maxTimestamp = batch.maxTimestamp
    end += batch.sizeInBytes
  }
  if (end !== bytes.length)
    throw new ProtocolError('CORRUPT_MESSAGE', `${bytes.length - end} bytes after the last whole batch`)
  return { baseOffset, lastOffset: next - 1, maxTimestamp }
}

/** Writes offsets, leader epoch and append time into the copy that will be stored, and notes an epoch that is new. */
export function stamp(
  staged: Buffer,
  baseOffset: number,
  options: AppendOptions,
  logAppendTime: number,
  epochs: LeaderEpochs,
): void {
  let next = baseOffset
  for (const batch of batchesIn(staged)) {
    if (options.origin !== 'replica') {
      batch.setBaseOffset(next)
      batch.setPartitionLeaderEpoch(options.leaderEpoch)
      if (logAppendTime >= 0) batch.setMaxTimestampAndRecomputeCrc('LogAppendTime', logAppendTime)
    }
    next = batch.lastOffset + 1
    const epoch = batch.partitionLeaderEpoch
    if (epoch > (epochs.latest?.epoch ?? -1)) epochs.assign(epoch, batch.baseOffset)
  }
}
