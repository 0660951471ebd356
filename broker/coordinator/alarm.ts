import type { Clock } from '#core/ports/clock.ts'
import type { Timer, Timers } from '#core/ports/timers.ts'

/**
 * One call at one later time, which may be put off again and again. Putting off costs no timer: the running one is left
 * alone and asks for the rest of the time when it fires. A member's session is put off by every heartbeat and commit.
 */
export class Alarm {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #ring: () => void
  #timer: Timer | undefined
  #timerAt = 0
  #dueAt: number | undefined

  constructor(ports: { readonly clock: Clock; readonly timers: Timers }, ring: () => void) {
    this.#clock = ports.clock
    this.#timers = ports.timers
    this.#ring = ring
  }

  get isSet(): boolean {
    return this.#dueAt !== undefined
  }

  /** Rings `delayMs` from now and not at the time set before. */
  set(delayMs: number): void {
    this.#dueAt = this.#clock.monotonic() + delayMs
    if (this.#timer !== undefined && this.#timerAt <= this.#dueAt) return
    this.#timer?.cancel()
    this.#start(delayMs)
  }

  clear(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#dueAt = undefined
  }

  #start(delayMs: number): void {
    // Node fires at once when asked for more than 2^31-1 ms.
    const wait = Math.min(delayMs, 2_147_483_647)
    this.#timerAt = this.#clock.monotonic() + wait
    this.#timer = this.#timers.after(wait, () => this.#fired())
  }

  #fired(): void {
    this.#timer = undefined
    if (this.#dueAt === undefined) return
    const left = this.#dueAt - this.#clock.monotonic()
    // Timers may fire a fraction of a millisecond early.
    if (left >= 1) return this.#start(left)
    this.#dueAt = undefined
    this.#ring()
  }
}
