import type { Clock } from '#core/ports/clock.ts'
import type { Timers } from '#core/ports/timers.ts'

/** A clock and timers that move only when told to: for test drivers and simulation. */
export class VirtualTime implements Clock, Timers {
  #now: number
  #sequence = 0
  readonly #pending = new Map<number, { at: number; order: number; period: number; call: () => void }>()

  constructor(startMs = 0) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  after(delayMs: number, call: () => void) {
    return this.#schedule(delayMs, 0, call)
  }

  every(periodMs: number, call: () => void) {
    return this.#schedule(periodMs, periodMs, call)
  }

  /** Moves time forward, firing what falls due in order of due time, then of request. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      let next: { id: number; at: number; order: number } | undefined
      for (const [id, entry] of this.#pending) {
        if (entry.at > end) continue
        if (!next || entry.at < next.at || (entry.at === next.at && entry.order < next.order)) next = { id, ...entry }
      }
      if (!next) break
      const entry = this.#pending.get(next.id)!
      this.#now = Math.max(this.#now, entry.at)
      if (entry.period > 0) Object.assign(entry, { at: entry.at + entry.period, order: this.#sequence++ })
      else this.#pending.delete(next.id)
      entry.call()
    }
    this.#now = end
  }

  #schedule(delayMs: number, period: number, call: () => void) {
    const id = this.#sequence++
    this.#pending.set(id, { at: this.#now + Math.max(0, delayMs), order: id, period, call })
    return { cancel: () => void this.#pending.delete(id) }
  }
}
