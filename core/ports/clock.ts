/** Time as the rest of the system sees it: a wall clock for records, a steady one for durations. Both in ms. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number
}

/** The clocks of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}
