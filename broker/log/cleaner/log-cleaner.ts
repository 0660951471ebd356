import type { Timer } from '#core/ports/timers.ts'

import type { LogPorts } from '../log-parts.ts'
import type { PartitionLog } from '../partition-log.ts'
import { isWorthCleaning, type Cleanable } from './cleanable.ts'
import type { CleanerOptions } from './config.ts'
import { Pace } from './pace.ts'

interface Candidate {
  readonly log: PartitionLog
  readonly cleanable: Cleanable
}

/** Compacts the logs of a directory in the background, one at a time, the one with the largest dirty share first. */
export class LogCleaner {
  readonly #ports: LogPorts
  options: CleanerOptions
  readonly #logs: () => Iterable<PartitionLog>
  readonly #cleaned: () => Promise<void>
  /** Logs that could not be cleaned: not tried again in this life. */
  readonly #failed = new WeakSet<PartitionLog>()
  #timer: Timer | undefined
  #pace: Pace | undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  /** `cleaned` makes the offsets up to which logs are clean survive a restart. */
  constructor(
    ports: LogPorts,
    options: CleanerOptions,
    logs: () => Iterable<PartitionLog>,
    cleaned: () => Promise<void>,
  ) {
    this.#ports = ports
    this.options = options
    this.#logs = logs
    this.#cleaned = cleaned
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
      const result = await log.compaction.clean(cleanable, keyBytes, this.#pace)
      // Cut, dropped or closed meanwhile: the next look finds what is left to do.
      if (result === undefined) return false
      await this.#cleaned()
      const ms = Math.round(performance.now() - startedMs)
      this.#ports.log('info', `log ${log.name} was compacted up to offset ${result.endOffset}`, { ...result, ms })
    } catch (error) {
      this.#failed.add(log)
      this.#ports.log('error', `log ${log.name} cannot be compacted; it is left alone until the next start`, {
        error: (error as Error).message,
      })
    }
    return true
  }

  #dirtiest(): Candidate | undefined {
    const nowMs = this.#ports.clock.now()
    let dirtiest: Candidate | undefined
    for (const log of this.#logs()) {
      if (this.#failed.has(log)) continue
      const cleanable = log.compaction.cleanable(nowMs)
      if (cleanable === undefined || !isWorthCleaning(cleanable, log.config)) continue
      if (dirtiest === undefined || cleanable.dirtyRatio > dirtiest.cleanable.dirtyRatio) dirtiest = { log, cleanable }
    }
    return dirtiest
  }
}
