import type { Timers } from '#core/ports/timers.ts'

import type { TopicConfig } from './config.ts'
import { FlushPolicy } from './flush-policy.ts'
import { GroupCommit, type Durable } from './group-commit.ts'

/** What a log tells the keeper of its promises. */
export interface DurabilityParts {
  readonly timers: Timers
  /** Everything below is on the disk already. */
  readonly recoveryPoint: number
  readonly logEndOffset: () => number
  readonly config: () => TopicConfig
  /** Forces out everything that the log holds when it is called. */
  readonly sync: () => Promise<void>
  /** Hears that more is on the disk. */
  readonly moved: () => void
}

/** How much of a log is on the disk, who waits for more, and when more is forced out. */
export class LogDurability {
  readonly #parts: DurabilityParts
  readonly #commit: GroupCommit
  readonly #flushes: FlushPolicy

  constructor(parts: DurabilityParts) {
    this.#parts = parts
    const sync = (): Promise<void> => {
      this.#flushes.begun()
      return parts.sync()
    }
    this.#commit = new GroupCommit(parts.recoveryPoint, parts.logEndOffset, sync, parts.moved)
    this.#flushes = new FlushPolicy(parts.timers, () => this.#commit.request())
  }

  /** Everything below was forced to the disk. */
  get recoveryPoint(): number {
    return this.#commit.endOffset
  }

  /** End of what may be acknowledged: the log end, or with flush.messages=1 the end of the last group commit. */
  get endOffset(): number {
    return this.#parts.config()['flush.messages'] <= 1 ? this.#commit.endOffset : this.#parts.logEndOffset()
  }

  /** Why nothing can be promised any more. */
  get failure(): Error | undefined {
    return this.#commit.failure
  }

  /** Records were appended, or the settings are new (0 records). */
  appended(records: number): void {
    this.#flushes.appended(records, this.#parts.config())
  }

  /** Sees to it that what is in the log now gets to the disk soon. */
  request(): void {
    this.#commit.request()
  }

  /** Calls `done` when everything below `endOffset` may be acknowledged: at once unless each batch is committed. */
  when(endOffset: number, done: Durable): void {
    if (endOffset <= this.endOffset) done(undefined)
    else this.#commit.when(endOffset, done)
  }

  /** `when` as a promise. */
  acknowledged(endOffset: number): Promise<void> {
    return new Promise((resolve, reject) => this.when(endOffset, (error) => (error ? reject(error) : resolve())))
  }

  /** Resolves when everything below `endOffset` is on the disk, whatever may be acknowledged before. */
  synced(endOffset: number): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#commit.when(endOffset, (error) => (error ? reject(error) : resolve())),
    )
  }

  /** Nothing can be promised any more. */
  fail(error: Error): void {
    this.#commit.fail(error)
  }

  /** The log was cut. */
  truncatedTo(endOffset: number): void {
    this.#commit.truncatedTo(endOffset)
  }

  /** Asks for no more syncs by time. */
  cancel(): void {
    this.#flushes.cancel()
  }
}
