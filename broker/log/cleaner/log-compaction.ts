import { findCleanable, type Cleanable, type CleaningState } from './cleanable.ts'
import { CleaningPass, type CleaningParts, type CleaningResult } from './cleaning-pass.ts'
import type { Pace } from './pace.ts'

/** Where the offsets of a log stand. */
export type LogOffsets = Omit<CleaningState, 'segments' | 'cleanedOffset'>

/** What compaction has done to one log, and could do. */
export class LogCompaction {
  readonly #parts: CleaningParts
  readonly #offsets: () => LogOffsets
  /** Where the last cleaning ended; undefined before the first. */
  cleanedOffset: number | undefined

  constructor(parts: CleaningParts, offsets: () => LogOffsets, cleanedOffset: number | undefined) {
    this.#parts = parts
    this.#offsets = offsets
    this.cleanedOffset = cleanedOffset
  }

  /** The part of the log that compaction may work on; undefined where the topic is not compacted or there is none. */
  cleanable(nowMs: number): Cleanable | undefined {
    const { config, segments } = this.#parts.bytes
    if (!config['cleanup.policy'].includes('compact')) return undefined
    return findCleanable({ ...this.#offsets(), segments, cleanedOffset: this.cleanedOffset }, config, nowMs)
  }

  /** Compacts what `cleanable` found. Undefined when the log was cut, dropped or closed meanwhile. */
  async clean(cleanable: Cleanable, keyBytes: number, pace: Pace): Promise<CleaningResult | undefined> {
    const { logEndOffset, recoveryPoint } = this.#offsets()
    // The log may have been closed or cut since `cleanable` was found.
    if (this.#parts.closed() || Math.min(logEndOffset, recoveryPoint) < cleanable.firstUncleanableOffset)
      return undefined
    const result = await new CleaningPass(this.#parts, cleanable, keyBytes, pace).run()
    if (result) this.cleanedOffset = result.endOffset
    return result
  }

  /** The log was cut: what comes behind its end next was never cleaned. */
  truncatedTo(endOffset: number): void {
    if (this.cleanedOffset !== undefined) this.cleanedOffset = Math.min(this.cleanedOffset, endOffset)
  }
}
