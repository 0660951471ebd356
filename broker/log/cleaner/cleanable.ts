import type { TopicConfig } from '../config.ts'
import type { Segment } from '../segment.ts'
import type { Segments } from '../segments.ts'

/** What decides how much of a log may be cleaned. */
export interface CleaningState {
  readonly segments: Segments
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly lastStableOffset: number
  readonly recoveryPoint: number
  /** Where the last cleaning ended; undefined before the first. */
  readonly cleanedOffset: number | undefined
}

/** The part of a log that compaction may work on. */
export interface Cleanable {
  readonly firstDirtyOffset: number
  /** Base of a segment: cleaning takes whole segments. */
  readonly firstUncleanableOffset: number
  /** Bytes that were not cleaned yet. */
  readonly dirtyBytes: number
  /** Share of them in all that could be read. */
  readonly dirtyRatio: number
  /** Records wait for longer than max.compaction.lag.ms. */
  readonly overdue: boolean
}

const sizeOf = (segments: readonly Segment[]): number => segments.reduce((sum, each) => sum + each.sizeInBytes, 0)

/**
 * What may be cleaned: never the active segment, nothing at or above the last stable offset or younger than
 * min.compaction.lag.ms, and nothing above the recovery point: a record may go only when the newer one of its key is on the
 * disk. Undefined when there are no bytes to clean.
 */
export function findCleanable(state: CleaningState, config: TopicConfig, nowMs: number): Cleanable | undefined {
  const { segments, logStartOffset, logEndOffset, cleanedOffset = logStartOffset } = state
  const known = cleanedOffset >= logStartOffset && cleanedOffset <= logEndOffset
  const firstDirtyOffset = known ? cleanedOffset : logStartOffset
  const sealed = segments.all().slice(0, -1)
  const limit = Math.min(
    state.lastStableOffset,
    state.recoveryPoint,
    youngFrom(segments, sealed, firstDirtyOffset, config['min.compaction.lag.ms'], nowMs),
  )
  const firstUncleanableOffset = Math.min(
    segments.active.baseOffset,
    segments.all()[segments.indexOf(limit)]!.baseOffset,
  )
  const clean = sealed.filter((segment) => segment.baseOffset < firstDirtyOffset)
  const dirtyFrom = segments.indexOf(Math.min(firstDirtyOffset, firstUncleanableOffset))
  const dirty = sealed.slice(dirtyFrom).filter((segment) => segment.baseOffset < firstUncleanableOffset)
  const dirtyBytes = sizeOf(dirty)
  if (dirtyBytes === 0 || firstDirtyOffset >= firstUncleanableOffset) return undefined
  const dirtyRatio = dirtyBytes / (sizeOf(clean) + dirtyBytes)
  const overdue = isOverdue(sealed.slice(dirtyFrom), config['max.compaction.lag.ms'], nowMs)
  return { firstDirtyOffset, firstUncleanableOffset, dirtyBytes, dirtyRatio, overdue }
}

/** Base of the first uncleaned segment with a record that is too young. */
function youngFrom(segments: Segments, sealed: readonly Segment[], from: number, lagMs: number, nowMs: number): number {
  if (lagMs <= 0) return Number.POSITIVE_INFINITY
  const young = sealed.slice(segments.indexOf(from)).find((segment) => segment.largest.timestamp > nowMs - lagMs)
  return young?.baseOffset ?? Number.POSITIVE_INFINITY
}

function isOverdue(dirty: readonly Segment[], lagMs: number, nowMs: number): boolean {
  if (lagMs >= Number.MAX_SAFE_INTEGER) return false
  return dirty.some((segment) => {
    const first = segment.firstTimestamp() ?? -1
    return first > 0 && first < nowMs - lagMs
  })
}

/** Whether a log should be cleaned now. */
export const isWorthCleaning = (cleanable: Cleanable, config: TopicConfig): boolean =>
  cleanable.overdue || cleanable.dirtyRatio > config['min.cleanable.dirty.ratio']
