import type { Clock } from '#core/ports/clock.ts'

/** What a read may take before it is thought to have waited for the disk: the page cache gives a MiB in a fraction of it. */
const slowMs = 2

/**
 * Whether reads of a log come from the page cache, judged by the time that the last one took. Then a large read goes
 * straight to the file, which spares two trips between threads and is what tells a catching-up reader's pace; when one had to
 * wait for the disk, the next ones go through the thread pool, so that the event loop waits for one read at most.
 */
export class ReadPace {
  readonly #clock: Clock
  #slow = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** True when the next large read may be made at once. */
  get mayReadNow(): boolean {
    return !this.#slow
  }

  readNow<T>(read: () => T): T {
    const begun = this.#clock.monotonic()
    const result = read()
    this.#note(begun)
    return result
  }

  async readLater<T>(read: () => Promise<T>): Promise<T> {
    const begun = this.#clock.monotonic()
    const result = await read()
    this.#note(begun)
    return result
  }

  #note(begun: number): void {
    this.#slow = this.#clock.monotonic() - begun > slowMs
  }
}
