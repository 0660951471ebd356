import type { TopicConfig } from './config.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'

/** All that retention looks at, the time in ms since the epoch among it. */
export interface RetentionState {
  readonly segments: Segments
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly highWatermark: number
  readonly nowMs: number
}

/**
 * How many of the oldest segments may go: all that lie before the log start, and under cleanup.policy delete those that
 * are too old by their largest timestamp, or that the rest is too large without. What readers cannot see yet stays, and
 * so does an empty last segment.
 */
export function deletableSegments(state: RetentionState, config: TopicConfig): number {
  const { segments, logEndOffset, logStartOffset, highWatermark } = state
  const list = segments.all()
  const retentionMs = config['retention.ms']
  const retentionBytes = config['retention.bytes']
  const deletes = config['cleanup.policy'].includes('delete')
  let excessBytes = deletes && retentionBytes >= 0 ? segments.sizeInBytes - retentionBytes : 0
  let count = 0
  for (const segment of list) {
    const end = list[count + 1]?.baseOffset ?? logEndOffset
    const last = count === list.length - 1
    if (end > highWatermark || (last && segment.sizeInBytes === 0)) break
    const tooOld = deletes && retentionMs >= 0 && state.nowMs - newestMs(segment) > retentionMs
    const tooLarge = excessBytes > 0 && excessBytes >= segment.sizeInBytes
    if (!tooOld && !tooLarge && !(end <= logStartOffset && !last)) break
    excessBytes -= segment.sizeInBytes
    count++
  }
  return count
}

/** How many of the oldest segments lie before an offset as a whole; the last one never does. */
export function segmentsBelow(segments: Segments, offset: number): number {
  return segments.all().filter((_, i, list) => (list[i + 1]?.baseOffset ?? Number.POSITIVE_INFINITY) <= offset).length
}

const newestMs = (segment: Segment): number =>
  segment.largest.timestamp >= 0 ? segment.largest.timestamp : segment.modifiedMs
