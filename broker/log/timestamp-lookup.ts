import type { LogRecord } from '#core/records/record.ts'

import type { BatchPlace, Segment } from './segment.ts'
import { verifiedBatch } from './verified-batches.ts'

/** A record found by its time. */
export interface FoundRecord {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

function firstRecord(
  segment: Segment,
  place: BatchPlace,
  endOffset: number | undefined,
  matches: (record: LogRecord) => boolean,
): FoundRecord | undefined {
  const batch = verifiedBatch(segment, place, endOffset)
  for (const record of batch.records()) {
    if (matches(record))
      return { offset: record.offset, timestamp: record.timestamp, leaderEpoch: batch.partitionLeaderEpoch }
  }
  return undefined
}

/** The first record from `startOffset` on whose timestamp is at least `timestamp`. */
export function findByTimestamp(
  segments: readonly Segment[],
  timestamp: number,
  startOffset: number,
): FoundRecord | undefined {
  for (const [i, segment] of segments.entries()) {
    if (segment.largest.timestamp < timestamp) continue
    const endOffset = segments[i + 1]?.baseOffset
    const from = Math.max(segment.offsetBefore(timestamp), startOffset)
    for (const { batch, position } of segment.headers(segment.positionBefore(from))) {
      if (batch.maxTimestamp < timestamp || batch.lastOffset < startOffset) continue
      const { sizeInBytes } = batch
      const found = firstRecord(
        segment,
        { position, sizeInBytes },
        endOffset,
        (record) => record.timestamp >= timestamp && record.offset >= startOffset,
      )
      if (found) return found
    }
  }
  return undefined
}

/** The first record that has the largest timestamp of all. */
export function findLargestTimestamp(segments: readonly Segment[]): FoundRecord | undefined {
  let newest: Segment | undefined
  for (const segment of segments) {
    if (segment.largest.timestamp > (newest?.largest.timestamp ?? -1)) newest = segment
  }
  if (newest === undefined) return undefined
  const { timestamp, offset } = newest.largest
  const place = newest.placeOf(offset)
  const endOffset = segments[segments.indexOf(newest) + 1]?.baseOffset
  return place && firstRecord(newest, place, endOffset, (record) => record.timestamp === timestamp)
}
