import type { Timer, Timers } from '#core/ports/timers.ts'

import type { Partition, Waiter } from './partition.ts'

/**
 * A fetch that waits for `missingBytes` more in any of its partitions, or for its time to run out. One entry stands for
 * the whole request. `complete` runs once, after the turn of the loop that brought the bytes, so that everything
 * appended in one turn goes out in one answer.
 */
export class ParkedFetch implements Waiter {
  readonly #partitions: readonly Partition[]
  readonly #complete: () => void
  readonly #timer: Timer
  #missingBytes: number
  #done = false

  constructor(
    timers: Timers,
    partitions: readonly Partition[],
    options: { readonly missingBytes: number; readonly maxWaitMs: number; readonly committed: boolean },
    complete: () => void,
  ) {
    this.#partitions = partitions
    this.#missingBytes = options.missingBytes
    this.#complete = complete
    this.#timer = timers.after(options.maxWaitMs, () => this.#finish())
    for (const partition of partitions) partition.addWaiter(this, options.committed)
  }

  readable(bytes: number): void {
    this.#missingBytes -= bytes
    if (this.#missingBytes <= 0) this.disturbed()
  }

  disturbed(): void {
    if (this.#done) return
    this.#leave()
    process.nextTick(this.#complete)
  }

  /** The client is gone: nothing will be completed. */
  cancel(): void {
    if (!this.#done) this.#leave()
  }

  #finish(): void {
    if (this.#done) return
    this.#leave()
    this.#complete()
  }

  #leave(): void {
    this.#done = true
    this.#timer.cancel()
    for (const partition of this.#partitions) partition.removeWaiter(this)
  }
}
