/** A pending call; cancelling one that has fired does nothing. */
export interface Timer {
  cancel(): void
}

/** The only way to ask for a later call. Callbacks must not throw. */
export interface Timers {
  after(delayMs: number, call: () => void): Timer
  every(periodMs: number, call: () => void): Timer
}

/** Node's timers. `ref: false` keeps a timer from holding the process open. */
export function systemTimers(options: { readonly ref?: boolean } = {}): Timers {
  const keep = options.ref ?? true
  const wrap = (timer: NodeJS.Timeout, clear: (timer: NodeJS.Timeout) => void): Timer => {
    if (!keep) timer.unref()
    return { cancel: () => clear(timer) }
  }
  return {
    after: (delayMs, call) => wrap(setTimeout(call, delayMs), clearTimeout),
    every: (periodMs, call) => wrap(setInterval(call, periodMs), clearInterval),
  }
}
