import type { LogRecord } from '#core/records/record.ts'

import type { Segment } from './segment.ts'
import { verifiedBatch } from './verified-batches.ts'

/** A record found by its time. */
export interface FoundRecord {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

function firstRecord(
  segment: Segment,
  position: number,
  sizeInBytes: number,
  matches: (record: LogRecord) => boolean,
): FoundRecord | undefined {
  const batch = verifiedBatch(segment, { position, sizeInBytes })
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
  for (const segment of segments) {
    if (segment.largest.timestamp < timestamp) continue
    const from = Math.max(segment.offsetBefore(timestamp), startOffset)
    for (const { batch, position } of segment.headers(segment.positionBefore(from))) {
      if (batch.maxTimestamp < timestamp || batch.lastOffset < startOffset) continue
      const { sizeInBytes } = batch
      const found = firstRecord(
        segment,
        position,
        sizeInBytes,
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
  return place && firstRecord(newest, place.position, place.sizeInBytes, (record) => record.timestamp === timestamp)
}
