import { streamsErrors } from '../errors.ts'
import type { SessionWindows, SlidingWindows, TimeWindows } from '../operators/windows.ts'
import type { Duration } from '../operators/duration.ts'
import { durationMs } from '../operators/duration.ts'

/** How long a window takes late records after its end; default 0. */
export interface GraceOption {
  readonly grace?: Duration
}

const refuse = (what: string, problem: string): never => {
  throw streamsErrors.OPTION_INVALID({ what, problem })
}

function timed(
  kind: 'tumbling' | 'hopping',
  size: Duration,
  advance: Duration,
  { grace = 0 }: GraceOption,
): TimeWindows {
  const sizeMs = durationMs(size, `${kind} window size`)
  const advanceMs = durationMs(advance, `${kind} window advance`)
  const graceMs = durationMs(grace, `${kind} window grace`)
  if (sizeMs <= 0) refuse(`${kind} window size`, `must be more than 0 ms, got ${sizeMs}`)
  if (advanceMs <= 0 || advanceMs > sizeMs) {
    refuse(`${kind} window advance`, `must be more than 0 and at most the size of ${sizeMs} ms, got ${advanceMs}`)
  }
  if (graceMs < 0) refuse(`${kind} window grace`, `must not be negative, got ${graceMs}`)
  return Object.freeze({ kind, sizeMs, advanceMs, graceMs, startMs: 0 })
}

/** Kinds of windows over event time. */
export const windows = {
  /** One after the other: `[0, size)`, `[size, 2 · size)`, … since the epoch. */
  tumbling: (size: Duration, options: GraceOption = {}): TimeWindows => timed('tumbling', size, size, options),
  /** A window of `size` begins at every multiple of `advance`; a record lies in several. */
  hopping: (size: Duration, options: GraceOption & { readonly advance: Duration }): TimeWindows =>
    timed('hopping', size, options.advance, options),
  /** `[t - difference, t]` for every time t at which the content changes, both ends included. */
  sliding: (difference: Duration, { grace = 0 }: GraceOption = {}): SlidingWindows => {
    const differenceMs = durationMs(difference, 'sliding window difference')
    const graceMs = durationMs(grace, 'sliding window grace')
    if (differenceMs < 0) refuse('sliding window difference', `must not be negative, got ${differenceMs}`)
    if (graceMs < 0) refuse('sliding window grace', `must not be negative, got ${graceMs}`)
    return Object.freeze({ kind: 'sliding', differenceMs, graceMs })
  },
  /** Records of a key that follow one another within `gap`; both ends included. */
  session: (gap: Duration, { grace = 0 }: GraceOption = {}): SessionWindows => {
    const gapMs = durationMs(gap, 'session gap')
    const graceMs = durationMs(grace, 'session grace')
    if (gapMs <= 0) refuse('session gap', `must be more than 0 ms, got ${gapMs}`)
    if (graceMs < 0) refuse('session grace', `must not be negative, got ${graceMs}`)
    return Object.freeze({ kind: 'session', gapMs, graceMs })
  },
  /** One window without end, beginning at `start` (ms since the epoch). */
  unlimited: ({ start = 0 }: { readonly start?: number } = {}): TimeWindows => {
    if (!Number.isSafeInteger(start) || start < 0) refuse('unlimited window start', `must be a time, got ${start}`)
    return Object.freeze({ kind: 'unlimited', sizeMs: Infinity, advanceMs: Infinity, graceMs: 0, startMs: start })
  },
} as const
