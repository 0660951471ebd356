import type { LogRecord } from '#core/records/record.ts'

import type { BatchPlace, Segment } from './segment.ts'
import type { Segments } from './segments.ts'
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
  endOffset: number,
  matches: (record: LogRecord) => boolean,
): FoundRecord | undefined {
  const batch = verifiedBatch(segment, place, endOffset)
  for (const record of batch.records()) {
    if (matches(record))
      return { offset: record.offset, timestamp: record.timestamp, leaderEpoch: batch.partitionLeaderEpoch }
  }
  return undefined
}

/** The first record of a log from `startOffset` to `endOffset` whose timestamp is at least `timestamp`. */
export function findByTimestamp(
  segments: Segments,
  timestamp: number,
  startOffset: number,
  endOffset: number,
): FoundRecord | undefined {
  for (const segment of segments.from(startOffset)) {
    if (segment.largest.timestamp < timestamp) continue
    const from = Math.max(segment.offsetBefore(timestamp), startOffset)
    for (const { batch, position } of segment.headers(segment.positionBefore(from))) {
      if (batch.maxTimestamp < timestamp || batch.lastOffset < startOffset) continue
      const { sizeInBytes } = batch
      const found = firstRecord(
        segment,
        { position, sizeInBytes },
        segments.endOf(segment, endOffset),
        (record) => record.timestamp >= timestamp && record.offset >= startOffset,
      )
      if (found) return found
    }
  }
  return undefined
}

/** The first record that has the largest timestamp of all, in a log from `startOffset` to `endOffset`. */
export function findLargestTimestamp(
  segments: Segments,
  startOffset: number,
  endOffset: number,
): FoundRecord | undefined {
  let newest: Segment | undefined
  for (const segment of segments.from(startOffset)) {
    if (segment.largest.timestamp > (newest?.largest.timestamp ?? -1)) newest = segment
  }
  if (newest === undefined) return undefined
  const { timestamp, offset } = newest.largest
  const place = newest.placeOf(offset)
  const end = segments.endOf(newest, endOffset)
  return place && firstRecord(newest, place, end, (record) => record.timestamp === timestamp)
}
