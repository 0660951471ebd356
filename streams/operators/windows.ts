import type { Window } from '../state/windowed.ts'

/** Windows of a fixed size at fixed starts: tumbling, hopping and unlimited ones. All times in ms. */
export interface TimeWindows {
  readonly kind: 'tumbling' | 'hopping' | 'unlimited'
  readonly sizeMs: number
  readonly advanceMs: number
  readonly graceMs: number
  /** First start; records before it belong to no window. */
  readonly startMs: number
}

/** The starts of all windows that a time lies in, ascending; never negative. */
export function windowStarts({ kind, sizeMs, advanceMs, startMs }: TimeWindows, time: number): number[] {
  if (kind === 'unlimited') return time >= startMs ? [startMs] : []
  const first = Math.floor(Math.max(0, time - sizeMs + advanceMs) / advanceMs) * advanceMs
  const starts: number[] = []
  for (let start = first; start <= time; start += advanceMs) starts.push(start)
  return starts
}

/** The window that begins at `start`. */
export const windowAt = ({ sizeMs }: TimeWindows, start: number): Window => ({ start, end: start + sizeMs })
