import { RecordBatch } from '#core/records/batch.ts'

import type { BatchPlace, Segment } from './segment.ts'

/** What a look at a row of batches came to. */
export interface Verdict {
  /** Bytes of the row that are whole. */
  readonly length: number
  /** What is wrong with the batch behind them; undefined when nothing is. */
  readonly problem?: string
}

/**
 * How much of a row of whole batches, read from a segment at `position`, may be served. The offsets of the segment end at
 * `endOffset`. What the segment trusts costs nothing; `isCurrent` is false when the file may have changed since the read.
 */
export function verified(
  segment: Segment,
  bytes: Buffer,
  position: number,
  endOffset: number,
  isCurrent = true,
): Verdict {
  const { baseOffset, trusted } = segment
  const seen = verifyBatches(bytes, trusted.endAt(position) - position, baseOffset, endOffset)
  const verdict = seen.problem === undefined && isCurrent ? fitting(segment, seen, position + bytes.length) : seen
  if (isCurrent && verdict.length > 0) trusted.add(position, position + verdict.length)
  return verdict
}

/** No checksum covers offsets: one that the whole batch behind contradicts is doubtful. */
function fitting(segment: Segment, row: Row, end: number): Verdict {
  const behind = segment.headerAt(end)
  if (behind === undefined || behind.baseOffset >= row.nextOffset) return row
  if (!RecordBatch.at(segment.readNow(end, behind.sizeInBytes)).isCrcValid()) return row
  return { length: row.lastBatchAt, problem: `offset ${row.nextOffset - 1} before offset ${behind.baseOffset}` }
}

/** One batch, verified if need be; LOG_CORRUPT when it is damaged. */
export function verifiedBatch(
  segment: Segment,
  { position, sizeInBytes }: BatchPlace,
  endOffset = Number.POSITIVE_INFINITY,
): RecordBatch {
  const bytes = segment.readNow(position, sizeInBytes)
  if (segment.trusted.endAt(position) >= position + sizeInBytes) return RecordBatch.at(bytes)
  const { length, problem } = verified(segment, bytes, position, endOffset)
  if (length === 0) throw segment.damage(position, problem ?? 'the file ends inside a batch')
  return RecordBatch.at(bytes)
}

/** Batches that follow one another. */
export interface Row extends Verdict {
  /** Where the last one begins. */
  readonly lastBatchAt: number
  readonly nextOffset: number
}

/**
 * Looks at whole batches that follow one another and must lie in the offsets `[from, endOffset)`; the checksums of those
 * below byte `trusted` are known. No checksum covers the offset: two whole batches whose offsets contradict each other are both doubtful.
 */
function verifyBatches(bytes: Buffer, trusted: number, from: number, endOffset: number): Row {
  let nextOffset = from
  let lastBatchAt = 0
  for (let at = 0; at < bytes.length;) {
    const batch = RecordBatch.at(bytes, at)
    const problem = at < trusted ? undefined : problemOf(batch)
    if (problem !== undefined) return { length: at, lastBatchAt, nextOffset, problem }
    const { baseOffset, lastOffset } = batch
    if (baseOffset < nextOffset)
      return {
        length: lastBatchAt,
        lastBatchAt,
        nextOffset,
        problem: `offset ${baseOffset} after offset ${nextOffset - 1}`,
      }
    if (lastOffset >= endOffset) {
      const beyond = `offset ${lastOffset} where the file ends before ${endOffset}`
      return { length: at, lastBatchAt, nextOffset, problem: beyond }
    }
    nextOffset = lastOffset + 1
    lastBatchAt = at
    at += batch.sizeInBytes
  }
  return { length: bytes.length, lastBatchAt, nextOffset }
}

function problemOf(batch: RecordBatch): string | undefined {
  if (batch.magic !== 2) return `a batch of format ${batch.magic} at offset ${batch.baseOffset}`
  if (!batch.isCrcValid()) return `the batch at offset ${batch.baseOffset} has a wrong checksum`
  if (batch.lastOffset < batch.baseOffset) return `the batch at offset ${batch.baseOffset} ends at ${batch.lastOffset}`
  return undefined
}
