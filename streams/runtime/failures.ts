import { BugError } from '#core/errors/assert.ts'
import { isKnownError } from '#core/errors/table.ts'
import type { Log } from '#core/telemetry/log.ts'
import { streamsErrors } from '../errors.ts'
import type { Origin } from '../record.ts'
import type { SourceNode } from '../topology/node.ts'
import type { Collector } from './collector.ts'
import type { TaskConfig } from './task-config.ts'

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** True for errors that were given their place already and only travel up. */
const isSettled = (error: unknown): boolean =>
  error instanceof BugError ||
  (isKnownError(error) && (error.code === 'PROCESSING_FAILED' || error.code === 'DESERIALIZATION_FAILED'))

/**
 * What happens when a user's function or a serde throws: the dead letter queue gets the source record if there is one, and
 * then the setting decides. `fail` throws an error that names the place, which ends the task; `continue` returns.
 */
export class Failures {
  readonly #config: TaskConfig
  readonly #collector: Collector
  readonly #log: Log

  constructor(config: TaskConfig, collector: Collector, log: Log) {
    this.#config = config
    this.#collector = collector
    this.#log = log
  }

  /** An error in a processor or sink. */
  processing(error: unknown, node: string, origin: Origin | undefined): void {
    if (isSettled(error)) throw error
    this.#deadLetter(error, origin)
    const failure = streamsErrors.PROCESSING_FAILED({ node, ...place(origin), problem: text(error) }, error)
    if (this.#config['processing.exception.handler'] !== 'continue') throw failure
    this.#log('warn', `${failure.message}; the record is left out`)
  }

  /** Bytes that the serdes of a source refuse. */
  deserialization(error: unknown, node: SourceNode, origin: Origin): void {
    this.#deadLetter(error, origin)
    const failure = streamsErrors.DESERIALIZATION_FAILED(
      { node: node.name, ...place(origin), problem: text(error) },
      error,
    )
    if (this.#config['deserialization.exception.handler'] !== 'continue') throw failure
    this.#log('warn', `${failure.message}; the record is left out`)
  }

  #deadLetter(error: unknown, origin: Origin | undefined): void {
    const topic = this.#config['errors.dead.letter.queue.topic.name']
    if (topic === undefined) return
    const header = (key: string, value: string) => ({ key: `__streams.errors.${key}`, value: Buffer.from(value) })
    const headers = [
      header('exception', error instanceof Error ? error.name : typeof error),
      header('message', text(error)),
      header('stacktrace', error instanceof Error ? (error.stack ?? '') : ''),
      ...(origin === undefined
        ? []
        : [
            header('topic', origin.topic),
            header('partition', String(origin.partition)),
            header('offset', String(origin.offset)),
          ]),
    ]
    this.#collector.send(topic, null, origin?.key ?? null, origin?.value ?? null, Date.now(), headers)
  }
}

const place = (origin: Origin | undefined) => ({
  topic: origin?.topic ?? 'none',
  partition: origin?.partition ?? -1,
  offset: origin?.offset ?? -1,
})
