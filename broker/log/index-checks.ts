import type { Segment } from './segment.ts'
import type { OffsetPosition, TimestampOffset } from './segment-index.ts'

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
