import type { Timer, Timers } from '#core/ports/timers.ts'

import type { TopicConfig } from './config.ts'

// Node's timers take no longer pause; a setting beyond it is "never" in all but name.
const longestTimerMs = 0x7fffffff

/** Decides by flush.messages and flush.ms when appended records are forced to the disk. */
export class FlushPolicy {
  readonly #timers: Timers
  readonly #request: () => void
  #unflushedRecords = 0
  #timer: Timer | undefined

  constructor(timers: Timers, request: () => void) {
    this.#timers = timers
    this.#request = request
  }

  /** Records were appended, or the settings are new (0 records). */
  appended(records: number, config: TopicConfig): void {
    this.#unflushedRecords += records
    if (this.#unflushedRecords === 0) return
    const flushMs = config['flush.ms']
    if (this.#unflushedRecords >= config['flush.messages']) {
      this.#request()
    } else if (flushMs < longestTimerMs && this.#timer === undefined) {
      this.#timer = this.#timers.after(flushMs, () => {
        this.#timer = undefined
        this.#request()
      })
    }
  }

  /** A sync has begun that covers all that was appended. */
  begun(): void {
    this.#unflushedRecords = 0
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
