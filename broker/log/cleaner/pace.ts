import type { Timers } from '#core/ports/timers.ts'

/** How long cleaning may hold the event loop at a time. */
const sliceMs = 4

/** Longest wait in one go, so that an end is heard of soon. */
const longestWaitMs = 250

/** Keeps long work from holding the event loop, and within a number of bytes per second. */
export class Pace {
  readonly #timers: Timers
  readonly #bytesPerSecond: number
  readonly #startedMs = performance.now()
  #sliceBegan = performance.now()
  #bytes = 0
  /** Whoever works at this pace gives up. */
  stopped = false

  constructor(timers: Timers, bytesPerSecond: number) {
    this.#timers = timers
    this.#bytesPerSecond = bytesPerSecond
  }

  /** Counts bytes read or written. */
  moved(bytes: number): void {
    this.#bytes += bytes
  }

  stop(): void {
    this.stopped = true
  }

  /** Something to wait for before going on, if it is time for that. */
  pause(): Promise<void> | undefined {
    const now = performance.now()
    const dueMs = this.#startedMs + (this.#bytes / this.#bytesPerSecond) * 1000 - now
    if (dueMs < 1 && now - this.#sliceBegan < sliceMs) return undefined
    return this.#wait(dueMs)
  }

  async #wait(dueMs: number): Promise<void> {
    if (dueMs >= 1)
      await new Promise<void>((done) => this.#timers.after(Math.min(Math.ceil(dueMs), longestWaitMs), done))
    else await new Promise<void>((done) => setImmediate(done))
    this.#sliceBegan = performance.now()
  }
}
