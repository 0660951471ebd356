/** Windows of a fixed size at fixed starts: tumbling, hopping and unlimited ones. All times in ms. */
export interface TimeWindows {
  readonly kind: 'tumbling' | 'hopping' | 'unlimited'
  readonly sizeMs: number
  readonly advanceMs: number
  readonly graceMs: number
  /** First start; records before it belong to no window. */
  readonly startMs: number
}

/** Windows around records: `[t - difference, t]` for every time t at which their content changes, both ends included. */
export interface SlidingWindows {
  readonly kind: 'sliding'
  readonly differenceMs: number
  readonly graceMs: number
}

/** Windows of activity: records of a key belong together as long as no gap between them is longer. Both ends included. */
export interface SessionWindows {
  readonly kind: 'session'
  readonly gapMs: number
  readonly graceMs: number
}

/** The starts of all windows that a time lies in, ascending; never negative. */
export function windowStarts({ kind, sizeMs, advanceMs, startMs }: TimeWindows, time: number): number[] {
  if (kind === 'unlimited') return time >= startMs ? [startMs] : []
  const first = Math.floor(Math.max(0, time - sizeMs + advanceMs) / advanceMs) * advanceMs
  const starts: number[] = []
  for (let start = first; start <= time; start += advanceMs) starts.push(start)
  return starts
}
