import type { Timer } from '#core/ports/timers.ts'

import type { LogPorts } from '../log-parts.ts'
import type { PartitionLog } from '../partition-log.ts'
import { isWorthCleaning, type Cleanable } from './cleanable.ts'
import type { CleanerTally } from './cleaner-tally.ts'
import type { CleanerOptions } from './config.ts'
import { Pace } from './pace.ts'

interface Candidate {
  readonly log: PartitionLog
  readonly cleanable: Cleanable
}

const noneYet = { runs: 0, bytesBefore: 0, bytesAfter: 0, last: undefined }

/** Compacts the logs of a directory in the background, one at a time, the one with the largest dirty share first. */
export class LogCleaner {
  readonly #ports: LogPorts
  options: CleanerOptions
  readonly #logs: () => Iterable<PartitionLog>
  readonly #note: (what: 'recoveryPoints' | 'cleaned') => Promise<boolean>
  /** Logs that could not be cleaned: not tried again in this life. */
  readonly #failed = new WeakSet<PartitionLog>()
  #timer: Timer | undefined
  #pace: Pace | undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false
  #done: Pick<CleanerTally, 'runs' | 'bytesBefore' | 'bytesAfter' | 'last'> = noneYet
  #maxDirtyRatio = 0
  #lookedAtMs = performance.now()

  /** `note` makes the logs' recovery points, or the offsets up to which they are clean, survive a crash; false when it cannot. */
  constructor(
    ports: LogPorts,
    options: CleanerOptions,
    logs: () => Iterable<PartitionLog>,
    note: (what: 'recoveryPoints' | 'cleaned') => Promise<boolean>,
  ) {
    this.#ports = ports
    this.options = options
    this.#logs = logs
    this.#note = note
  }

  /** Begins to look for work. */
  start(): void {
    if (this.options.backoffMs > 0) this.#lookLater()
  }

  #lookLater(): void {
    this.#timer = this.#ports.timers.after(this.options.backoffMs, () => {
      void this.cleanAll().then(() => {
        if (!this.#stopped) this.#lookLater()
      })
    })
  }

  /** What was done until now. */
  tally(): CleanerTally {
    const uncleanable = { logs: 0, bytes: 0 }
    for (const log of this.#logs()) {
      if (!this.#failed.has(log)) continue
      uncleanable.logs++
      uncleanable.bytes += log.sizeInBytes
    }
    const sinceLookMs = performance.now() - this.#lookedAtMs
    return { ...this.#done, maxDirtyRatio: this.#maxDirtyRatio, sinceLookMs, uncleanable }
  }

  /** Ends the cleaning under way, which leaves its log as it was, and begins no other. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    this.#pace?.stop()
    await this.#running
  }

  /** Cleans every log that is worth it, after what is under way. */
  cleanAll(): Promise<void> {
    this.#running = this.#running.then(async () => {
      while (!this.#stopped && (await this.#cleanNext()));
    })
    return this.#running
  }

  async #cleanNext(): Promise<boolean> {
    const candidate = this.#dirtiest()
    if (candidate === undefined) return false
    const { log, cleanable } = candidate
    const { bytesPerSecond, keyBytes } = this.options
    const startedMs = performance.now()
    this.#pace = new Pace(this.#ports.timers, bytesPerSecond)
    try {
      // Below its recovery point no log is cut where offsets are missing.
      if (!(await this.#note('recoveryPoints'))) throw new Error('its recovery point cannot be written')
      const result = await log.compaction.clean(cleanable, keyBytes, this.#pace)
      // Cut, dropped or closed meanwhile: the next look finds what is left to do.
      if (result === undefined) return false
      await this.#note('cleaned')
      const ms = Math.round(performance.now() - startedMs)
      this.#count(result, ms)
      this.#ports.log('info', `log ${log.name} was compacted up to offset ${result.endOffset}`, { ...result, ms })
    } catch (error) {
      this.#failed.add(log)
      this.#ports.log('error', `log ${log.name} cannot be compacted; it is left alone until the next start`, {
        error: (error as Error).message,
      })
    }
    return true
  }

  #count({ bytesBefore, bytesAfter }: { readonly bytesBefore: number; readonly bytesAfter: number }, ms: number): void {
    const done = this.#done
    this.#done = {
      runs: done.runs + 1,
      bytesBefore: done.bytesBefore + bytesBefore,
      bytesAfter: done.bytesAfter + bytesAfter,
      last: { bytesBefore, bytesAfter, ms },
    }
  }

  #dirtiest(): Candidate | undefined {
    const nowMs = this.#ports.clock.now()
    let dirtiest: Candidate | undefined
    this.#maxDirtyRatio = 0
    this.#lookedAtMs = performance.now()
    for (const log of this.#logs()) {
      if (this.#failed.has(log)) continue
      const cleanable = log.compaction.cleanable(nowMs)
      if (cleanable === undefined) continue
      this.#maxDirtyRatio = Math.max(this.#maxDirtyRatio, cleanable.dirtyRatio)
      if (!isWorthCleaning(cleanable, log.config)) continue
      if (dirtiest === undefined || cleanable.dirtyRatio > dirtiest.cleanable.dirtyRatio) dirtiest = { log, cleanable }
    }
    return dirtiest
  }
}
