import type { Cancellable } from '../operators/context.ts'

interface Schedule {
  readonly node: string
  readonly intervalMs: number
  readonly order: number
  readonly call: (timestamp: number) => void
  dueMs: number
  cancelled: boolean
}

/**
 * Calls that are due at times of one clock (stream or wall). After a gap a call comes once, with the present time, and the
 * next one is due at the next multiple of the interval: misses are not replayed.
 */
export class PunctuationQueue {
  readonly #schedules: Schedule[] = []
  #order = 0

  /** `firstMs`: when it is first due. Schedules due at one time run in the order in which they were made. */
  schedule(node: string, firstMs: number, intervalMs: number, call: (timestamp: number) => void): Cancellable {
    const schedule: Schedule = { node, intervalMs, order: this.#order++, call, dueMs: firstMs, cancelled: false }
    this.#schedules.push(schedule)
    return {
      cancel: () => {
        schedule.cancelled = true
        const at = this.#schedules.indexOf(schedule)
        if (at >= 0) this.#schedules.splice(at, 1)
      },
    }
  }

  /** Runs what is due, through `run`; true if anything was. */
  advance(now: number, run: (node: string, now: number, call: (timestamp: number) => void) => void): boolean {
    if (this.#schedules.length === 0) return false
    let any = false
    for (;;) {
      let due: Schedule | undefined
      for (const each of this.#schedules) {
        if (each.dueMs > now) continue
        if (due === undefined || each.dueMs < due.dueMs || (each.dueMs === due.dueMs && each.order < due.order))
          due = each
      }
      if (due === undefined) return any
      const schedule = due
      any = true
      schedule.dueMs += schedule.intervalMs * (Math.floor((now - schedule.dueMs) / schedule.intervalMs) + 1)
      run(schedule.node, now, schedule.call)
    }
  }
}
