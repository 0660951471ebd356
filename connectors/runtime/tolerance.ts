import type { ConsumerRecord } from '#core/client/client.ts'
import { isKnownError } from '#core/errors/table.ts'
import { backoffMs, sleep } from '#core/errors/retry.ts'
import type { Log } from '#core/telemetry/log.ts'

import type { ConnectorPorts } from '../api/ports.ts'
import type { CommonConfig } from './connector-config.ts'

/** Where a record failed, in Connect's words. */
export type Stage =
  | 'TASK_POLL'
  | 'TASK_PUT'
  | 'KEY_CONVERTER'
  | 'VALUE_CONVERTER'
  | 'HEADER_CONVERTER'
  | 'KAFKA_PRODUCE'
  | 'KAFKA_CONSUME'

/** A record that could not be handled. */
export interface Fault {
  readonly stage: Stage
  readonly error: Error
  /** Class of the plugin or converter at work. */
  readonly executor: string
  /** The record as it was read; sinks only. */
  readonly record?: ConsumerRecord
  /** What a log may say about the record. */
  readonly about: Readonly<Record<string, unknown>>
}

/** Where failed records are kept. */
export interface FaultReporter {
  report(fault: Fault): void
}

const firstPauseMs = 300

/** What errors.retry, errors.tolerance and errors.log say shall be done about a record that cannot be handled. */
export class Tolerance {
  readonly #config: CommonConfig
  readonly #ports: ConnectorPorts
  readonly #log: Log
  readonly #signal: AbortSignal
  readonly #deadLetters: FaultReporter | undefined
  #skipped = 0

  constructor(
    config: CommonConfig,
    ports: ConnectorPorts,
    at: { readonly log: Log; readonly signal: AbortSignal; readonly deadLetters?: FaultReporter | undefined },
  ) {
    this.#config = config
    this.#ports = ports
    this.#log = at.log
    this.#signal = at.signal
    this.#deadLetters = at.deadLetters
  }

  /** Records passed over so far. */
  get skipped(): number {
    return this.#skipped
  }

  /** Reports a fault; true when the record may be passed over, false when the task has to fail. */
  tolerate(fault: Fault): boolean {
    const tolerated = this.#config['errors.tolerance'] === 'all'
    if (this.#config['errors.log.enable']) {
      const record = this.#config['errors.log.include.messages'] ? fault.about : {}
      const { stage, executor, error } = fault
      this.#log('error', `a record failed at ${stage}: ${error.message}`, { stage, executor, tolerated, ...record })
    }
    this.#deadLetters?.report(fault)
    if (tolerated) this.#skipped++
    return tolerated
  }

  /** Tries an operation that failed in a way that may pass again, for as long as errors.retry.timeout allows. */
  async again<T>(failure: unknown, operation: () => T | Promise<T>): Promise<T> {
    const { 'errors.retry.timeout': timeoutMs, 'errors.retry.delay.max.ms': mostMs } = this.#config
    const { clock, timers, random } = this.#ports
    const end = timeoutMs < 0 ? Infinity : clock.monotonic() + timeoutMs
    let error = failure
    for (let attempt = 1; mayPass(error); attempt++) {
      const pause = backoffMs({ firstMs: firstPauseMs, mostMs }, attempt, random)
      if (clock.monotonic() + pause > end || this.#signal.aborted) break
      await sleep(timers, pause, this.#signal)
      try {
        return await operation()
      } catch (next) {
        error = next
      }
    }
    throw error
  }
}

/** True for errors that say of themselves that another try may succeed. */
function mayPass(error: unknown): boolean {
  if (isKnownError(error)) return error.retry === 'backoff' || error.retry === 'now' || error.retry === 'reconnect'
  return (error as { retriable?: unknown } | null)?.retriable === true
}
