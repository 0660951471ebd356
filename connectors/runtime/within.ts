import type { Timers } from '#core/ports/timers.ts'

/** Rejects with the given error when the work takes longer; the work itself goes on unobserved. */
export async function within<T>(timers: Timers, ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  let expire = (): void => {}
  const expired = new Promise<never>((_, reject) => (expire = () => reject(late())))
  const timer = timers.after(ms, () => expire())
  try {
    return await Promise.race([work, expired])
  } finally {
    timer.cancel()
  }
}
