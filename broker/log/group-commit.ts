/** Called when an offset is on the disk, or with the reason why that cannot be known. */
export type Durable = (error: Error | undefined) => void

interface Waiting {
  readonly endOffset: number
  readonly done: Durable
}

/**
 * Forces a log to the disk for everybody who waits, one sync at a time: what is appended while one runs shares the next.
 * After a failed sync nothing can be promised any more, as the system may have dropped the data: the log stays failed.
 */
export class GroupCommit {
  readonly #sync: () => Promise<void>
  readonly #logEndOffset: () => number
  readonly #moved: () => void
  #running = false
  #again = false
  #waiting: Waiting[] = []
  /** What the sync under way covers; a cut of the log while it runs lowers it. */
  #target = 0
  /** Everything below is on the disk. */
  endOffset: number
  failure: Error | undefined

  /** `sync` forces out what the log holds when it is called; `moved` hears that `endOffset` has grown. */
  constructor(endOffset: number, logEndOffset: () => number, sync: () => Promise<void>, moved: () => void) {
    this.endOffset = endOffset
    this.#logEndOffset = logEndOffset
    this.#sync = sync
    this.#moved = moved
  }

  /** Sees to it that what is in the log now gets to the disk soon. */
  request(): void {
    if (this.#running) this.#again = true
    else if (this.failure === undefined) void this.#run()
  }

  /** Calls `done` once everything below `endOffset` is on the disk. */
  when(endOffset: number, done: Durable): void {
    if (this.failure !== undefined) done(this.failure)
    else if (endOffset <= this.endOffset) done(undefined)
    else {
      this.#waiting.push({ endOffset, done })
      this.request()
    }
  }

  /** Nothing can be promised any more. */
  fail(error: Error): void {
    this.failure ??= error
    if (!this.#running) this.#release()
  }

  /** The log was cut: what was durable beyond its end is no longer, and who waits for more waits in vain. */
  truncatedTo(endOffset: number): void {
    this.endOffset = Math.min(this.endOffset, endOffset)
    this.#target = Math.min(this.#target, endOffset)
    const lost = this.#waiting.filter((each) => each.endOffset > endOffset)
    this.#waiting = this.#waiting.filter((each) => each.endOffset <= endOffset)
    for (const { done } of lost) done(new Error(`the log was cut at offset ${endOffset} before it was on the disk`))
  }

  async #run(): Promise<void> {
    this.#running = true
    do {
      this.#again = false
      // Lets the rest of this turn's appends in before the sync begins.
      await Promise.resolve()
      this.#target = this.#logEndOffset()
      try {
        await this.#sync()
      } catch (error) {
        this.failure = error as Error
        break
      }
      this.endOffset = Math.max(this.endOffset, this.#target)
      this.#release()
    } while (this.#again || this.#waiting.some((each) => each.endOffset <= this.#logEndOffset()))
    this.#running = false
    if (this.failure) this.#release()
  }

  #release(): void {
    const { failure } = this
    const ready = this.#waiting.filter((each) => failure !== undefined || each.endOffset <= this.endOffset)
    if (ready.length > 0) this.#waiting = this.#waiting.filter((each) => !ready.includes(each))
    if (failure === undefined) this.#moved()
    for (const { done } of ready) done(failure)
  }
}
