import { BugError } from '#core/errors/assert.ts'
import { isKnownError } from '#core/errors/table.ts'
import type { Clock } from '#core/ports/clock.ts'
import type { Header } from '#core/records/record.ts'
import type { Log } from '#core/telemetry/log.ts'
import { streamsErrors } from '../errors.ts'
import type { Origin } from '../record.ts'
import type { SourceNode } from '../topology/node.ts'
import type { Collector } from './collector.ts'
import type { TaskConfig } from './task-config.ts'

/** What a dead letter keeps of the record that was worked on. */
interface Timed {
  readonly timestamp: number
  readonly headers: readonly Header[]
}

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
  readonly #clock: Clock
  readonly #log: Log

  constructor(config: TaskConfig, collector: Collector, clock: Clock, log: Log) {
    this.#config = config
    this.#collector = collector
    this.#clock = clock
    this.#log = log
  }

  /** An error in a processor or sink that worked on `record`. */
  processing(error: unknown, node: string, origin: Origin | undefined, record: Timed | undefined): void {
    if (isSettled(error)) throw error
    this.#deadLetter(error, origin, record)
    const failure = streamsErrors.PROCESSING_FAILED({ node, ...place(origin), problem: text(error) }, error)
    if (this.#config['processing.exception.handler'] !== 'continue') throw failure
    this.#log('warn', `${failure.message}; the record is left out`)
  }

  /** Bytes that the serdes of a source refuse. */
  deserialization(error: unknown, node: SourceNode, origin: Origin & Timed): void {
    this.#deadLetter(error, origin, origin)
    const failure = streamsErrors.DESERIALIZATION_FAILED(
      { node: node.name, ...place(origin), problem: text(error) },
      error,
    )
    if (this.#config['deserialization.exception.handler'] !== 'continue') throw failure
    this.#log('warn', `${failure.message}; the record is left out`)
  }

  /** The raw record goes on with its time and headers, and with what went wrong in headers named as Kafka's. */
  #deadLetter(error: unknown, origin: Origin | undefined, record: Timed | undefined): void {
    const topic = this.#config['errors.dead.letter.queue.topic.name']
    if (topic === undefined) return
    const header = (key: string, value: string) => ({ key: `__streams.errors.${key}`, value: Buffer.from(value) })
    const headers = [
      ...(record?.headers ?? []),
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
    const timestamp = record?.timestamp ?? this.#clock.now()
    this.#collector.send(topic, null, origin?.key ?? null, origin?.value ?? null, timestamp, headers)
  }
}

const place = (origin: Origin | undefined) => ({
  topic: origin?.topic ?? 'none',
  partition: origin?.partition ?? -1,
  offset: origin?.offset ?? -1,
})
