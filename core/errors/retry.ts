import type { Clock } from '#core/ports/clock.ts'
import type { Random } from '#core/ports/random.ts'
import type { Timers } from '#core/ports/timers.ts'

/** Waits between tries: doubling from `firstMs` to `mostMs`, spread by up to a fifth either way. */
export interface Backoff {
  readonly firstMs: number
  readonly mostMs: number
}

/** The pause before try number `attempt` (from 1). */
export function backoffMs(backoff: Backoff, attempt: number, random: Random): number {
  const base = Math.min(backoff.mostMs, backoff.firstMs * 2 ** Math.min(30, attempt - 1))
  return base * (0.8 + 0.4 * random.next())
}

/** Resolves after a pause, or at once when the signal aborts. */
export function sleep(timers: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const timer = timers.after(ms, done)
    function done(): void {
      timer.cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** Runs `attempt` until it succeeds, `retriable` says no, or the time is up; then the last error is thrown. */
export async function retry<T>(
  ports: { readonly clock: Clock; readonly timers: Timers; readonly random: Random },
  options: { readonly backoff: Backoff; readonly timeoutMs: number; readonly retriable: (error: unknown) => boolean },
  attempt: (number: number) => Promise<T>,
): Promise<T> {
  const end = ports.clock.monotonic() + options.timeoutMs
  for (let number = 1; ; number++) {
    try {
      return await attempt(number)
    } catch (error) {
      const pause = backoffMs(options.backoff, number, ports.random)
      if (!options.retriable(error) || ports.clock.monotonic() + pause > end) throw error
      await sleep(ports.timers, pause)
    }
  }
}
