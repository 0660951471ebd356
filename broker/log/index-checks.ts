import type { RecordBatch } from '#core/records/batch.ts'

import { isDamage } from './errors.ts'
import type { Segment } from './segment.ts'
import type { OffsetPosition, TimestampOffset } from './segment-index.ts'
import type { AbortedTransaction } from './transaction-index.ts'
import { markerOf } from './transaction-marker.ts'
import { verifiedBatch } from './verified-batches.ts'

/**
 * True when an entry can be right: a batch begins at its position, and not behind its offset. That is all a look-up needs,
 * wherever else in the index there is rubbish: it goes on from there by the batches themselves.
 */
export function entryFits(segment: Segment, { offset, position }: OffsetPosition): boolean {
  const batch = segment.headerAt(position)
  return (
    batch !== undefined && batch.magic === 2 && batch.baseOffset >= segment.baseOffset && batch.baseOffset <= offset
  )
}

/** True when the batch that holds the entry's offset has the entry's timestamp. */
export function timeFits(segment: Segment, { timestamp, offset }: TimestampOffset, from?: number): boolean {
  const place = segment.placeOf(offset, from)
  return place !== undefined && segment.headerAt(place.position)?.maxTimestamp === timestamp
}

/**
 * Looks at the last entries of indexes that were found on the disk: they must fit, and nothing behind them may be newer, since
 * the largest timestamp decides how long a segment is kept. Reads a few headers.
 */
export function indexesFit(segment: Segment): boolean {
  const { index } = segment
  const { lastTime, lastEntry } = index
  if (lastEntry && !entryFits(segment, lastEntry)) return false
  const before = index.entryBefore(lastTime.offset)
  if (before && !entryFits(segment, before)) return false
  if (index.times.count > 0 && !timeFits(segment, lastTime, before?.position ?? 0)) return false
  for (const { batch } of segment.headers(lastEntry?.position ?? 0))
    if (batch.maxTimestamp > lastTime.timestamp && batch.recordCount > 0) return false
  return true
}

/**
 * True when the index of aborted transactions can be right: each entry ends at an abort marker of its producer and begins at
 * a batch of its transaction, unless those are damaged or gone; and none claims that everything before one that comes later
 * was decided. `segments` are all of the log.
 */
export function transactionsFit(segment: Segment, segments: readonly Segment[]): boolean {
  let firstOfLater = Number.POSITIVE_INFINITY
  for (const entry of [...segment.transactions.all()].reverse()) {
    if (!endsAtMarker(segment, entry) || !beginsAtBatch(segments, entry)) return false
    if (entry.lastStableOffset > firstOfLater) return false
    firstOfLater = Math.min(firstOfLater, entry.firstOffset)
  }
  return true
}

function endsAtMarker(segment: Segment, { producerId, lastOffset }: AbortedTransaction): boolean {
  const marker = batchOf(segment, lastOffset)
  if (marker === 'damaged') return true
  return marker?.isControl === true && marker.producerId === producerId && markerOf(marker)?.aborts !== false
}

function beginsAtBatch(segments: readonly Segment[], { producerId, firstOffset }: AbortedTransaction): boolean {
  const holder = segments.findLast((each) => each.baseOffset <= firstOffset)
  const first = holder && batchOf(holder, firstOffset)
  if (first === undefined || first === 'damaged' || first.baseOffset > firstOffset) return true
  return (
    first.baseOffset === firstOffset && first.producerId === producerId && first.isTransactional && !first.isControl
  )
}

/** The batch that holds an offset, or the next one. */
function batchOf(segment: Segment, offset: number): RecordBatch | 'damaged' | undefined {
  try {
    const place = segment.placeOf(offset)
    return place && verifiedBatch(segment, place)
  } catch (error) {
    if (!isDamage(error)) throw error
    return 'damaged'
  }
}
