import type { Timers } from '#core/ports/timers.ts'

/** Lets one waiter sleep until something happens. What happens while nobody sleeps is remembered. */
export class Signal {
  readonly #timers: Timers
  #raised = false
  #wake: (() => void) | undefined

  constructor(timers: Timers) {
    this.#timers = timers
  }

  raise(): void {
    this.#raised = true
    this.#wake?.()
  }

  /** Resolves when raised, at once if it was raised since the last wait, or after `ms`. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel()
        this.#wake = undefined
        this.#raised = false
        resolve()
      }
      const timer = this.#timers.after(ms, done)
      this.#wake = done
      if (this.#raised) done()
    })
  }
}
