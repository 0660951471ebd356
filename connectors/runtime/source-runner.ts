import type { OutgoingRecord, Producer, ProducerOptions } from '#core/client/client.ts'
import { backoffMs, sleep } from '#core/errors/retry.ts'

import type { SourceBatch, SourceOffset, SourceOffsetEntry, SourcePartition, SourceRecord } from '../api/records.ts'
import { isSignal } from '../api/signals.ts'
import type { SourceTask, SourceTaskContext } from '../api/source.ts'
import { connectErrors } from '../errors.ts'
import { Acknowledgements } from './acknowledgements.ts'
import type { SentBatch } from './acknowledgements.ts'
import type { SourceConnectorConfig } from './connector-config.ts'
import { canonicalJson } from './offsets/offset-store.ts'
import type { OffsetStore } from './offsets/offset-store.ts'
import { ConversionFailure } from './record-converters.ts'
import { reconnectBackoff } from './task-setup.ts'
import type { TaskSetup } from './task-setup.ts'
import { traceOf } from './task-status.ts'
import type { TaskState, TaskStatus } from './task-status.ts'
import { Tolerance } from './tolerance.ts'
import { TopicCreation } from './topic-creation.ts'
import { within } from './within.ts'

export interface SourceSetup extends TaskSetup<SourceConnectorConfig, SourceTask> {
  readonly offsets: OffsetStore
  readonly producerOptions: ProducerOptions
}

/**
 * Runs one task of a source: read a batch, convert, append to the producer, go on; and at every interval store the offsets
 * of what is acknowledged. Nothing waits per record: the producer's memory bound is the back-pressure.
 */
export class SourceRunner {
  readonly #setup: SourceSetup
  readonly #stopping = new AbortController()
  readonly #acknowledgements = new Acknowledgements()
  readonly #producer: Producer
  readonly #topics: TopicCreation
  readonly #tolerance: Tolerance
  #state: TaskState = 'RUNNING'
  #failure: unknown
  readonly #unstored = new Map<string, SourceOffsetEntry>()
  #committing: Promise<void> = Promise.resolve()
  /** Settles when the task is over, whatever the way; never rejects. */
  readonly done: Promise<void>

  constructor(setup: SourceSetup) {
    this.#setup = setup
    const { client, raw, config, ports, log } = setup
    this.#producer = client.producer(setup.producerOptions)
    this.#topics = new TopicCreation(client, setup.topicCreation ? raw : {}, config['topic.creation.groups'], log)
    this.#tolerance = new Tolerance(config, ports, { log, signal: this.#stopping.signal })
    this.done = this.#run()
  }

  get status(): TaskStatus {
    const { id } = this.#setup
    return this.#state === 'FAILED'
      ? { id, state: 'FAILED', trace: traceOf(this.#failure) }
      : { id, state: this.#state }
  }

  get ended(): boolean {
    return this.#state === 'ENDED'
  }

  async #run(): Promise<void> {
    // Not in the constructor's turn: whoever made the runner sees it running first.
    await Promise.resolve()
    const { ports, flushIntervalMs } = this.#setup
    const timer = ports.timers.every(flushIntervalMs, () => void this.commit())
    try {
      await this.#readToEnd()
    } catch (error) {
      this.#fail(error)
    }
    // After a failure too: what is on its way may still arrive, and then need not be sent again by the next run.
    await this.#flush()
    timer.cancel()
    await this.commit()
    await this.#letGo()
    if (this.#failure === undefined) this.#state = 'ENDED'
  }

  /** A flush also rejects for records that were passed over; only what is still open counts. */
  async #flush(): Promise<void> {
    await this.#producer.flush().catch((error: unknown) => {
      if (this.#acknowledgements.open > 0) this.#fail(error)
    })
  }

  /** Reads until the input ends or the task is told to; a signal makes it begin again where it stands. */
  async #readToEnd(): Promise<void> {
    const { task, ports, log } = this.#setup
    const { signal } = this.#stopping
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        for await (const batch of task.read(this.#context())) {
          await this.#take(batch)
          failures = 1
          if (signal.aborted) return
        }
        return
      } catch (error) {
        if (!isSignal(error) || error.signal === 'PartialBatch') throw error
        if (error.signal === 'EndOfInput') return
        const pauseMs = error.signal === 'RetryAfter' ? error.ms : backoffMs(reconnectBackoff, failures, ports.random)
        if (error.signal === 'NotConnected')
          log('warn', `not connected: ${error.message}`, { pauseMs: Math.round(pauseMs) })
        await sleep(ports.timers, pauseMs, signal)
      }
    }
  }

  #context(): SourceTaskContext {
    const { connector, id, log, ports, offsets } = this.#setup
    return {
      connector,
      task: id,
      log,
      ports,
      signal: this.#stopping.signal,
      offset: (partition: SourcePartition): SourceOffset | undefined => {
        const latest = this.#acknowledgements.latest(partition)
        return latest === undefined ? offsets.get(connector, partition) : (latest ?? undefined)
      },
      offsets: () => {
        const rows = new Map(offsets.all(connector).map((row) => [canonicalJson(row.partition), row]))
        for (const row of this.#acknowledgements.allLatest()) rows.set(canonicalJson(row.partition), row)
        return [...rows.values()].filter(({ offset }) => offset !== null)
      },
    }
  }

  async #take(batch: SourceBatch): Promise<void> {
    const sent = this.#acknowledgements.begin(batch)
    const delivered = (error: Error | null): void => {
      if (error) this.#undelivered(error, batch, sent)
      else sent.settle()
    }
    for (const record of batch.records) {
      const made = this.#convert(record)
      const outgoing =
        made instanceof ConversionFailure ? await this.#convertAgain(made, record, batch.partition) : made
      if (outgoing === undefined) {
        sent.settle()
        continue
      }
      if (!this.#topics.knows(outgoing.topic)) await this.#topics.ensure(outgoing.topic)
      this.#producer.append(outgoing, delivered)
    }
    if (!this.#producer.writable) await this.#producer.ready()
  }

  #convert(record: SourceRecord): OutgoingRecord | ConversionFailure {
    try {
      return this.#setup.converters.fromConnect(record)
    } catch (error) {
      if (error instanceof ConversionFailure) return error
      throw error
    }
  }

  /** The slow way of a record that did not convert: try again, skip (undefined), or throw. */
  async #convertAgain(
    failure: ConversionFailure,
    record: SourceRecord,
    partition: SourcePartition,
  ): Promise<OutgoingRecord | undefined> {
    try {
      return await this.#tolerance.again(failure.cause, () => this.#setup.converters.fromConnect(record))
    } catch (cause) {
      const { stage, executor } = failure
      const error = cause instanceof ConversionFailure ? cause.cause : (cause as Error)
      const about = { topic: record.topic, sourcePartition: JSON.stringify(partition) }
      if (this.#tolerance.tolerate({ stage, executor, error, about })) return undefined
      throw this.#recordFailed(record.topic, partition, stage, error)
    }
  }

  #undelivered(error: Error, batch: SourceBatch, sent: SentBatch): void {
    const topic = batch.records[0]?.topic ?? ''
    const about = { topic, sourcePartition: JSON.stringify(batch.partition) }
    if (this.#tolerance.tolerate({ stage: 'KAFKA_PRODUCE', executor: this.#setup.executor, error, about }))
      sent.settle()
    else this.#fail(this.#recordFailed(topic, batch.partition, 'KAFKA_PRODUCE', error))
  }

  #recordFailed(topic: string, partition: SourcePartition, stage: string, cause: Error): Error {
    const details = { topic, partition: JSON.stringify(partition), stage, problem: cause.message }
    return connectErrors.SOURCE_RECORD_FAILED(details, cause)
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#state = 'FAILED'
    this.#setup.log('error', `task failed: ${error instanceof Error ? error.message : String(error)}`)
    this.#stopping.abort()
  }

  /** Stores the offsets of what is acknowledged by now. Never rejects: what could not be stored is tried again next time. */
  commit(): Promise<void> {
    this.#committing = this.#committing.then(() => this.#commit())
    return this.#committing
  }

  async #commit(): Promise<void> {
    const { connector, offsets, task, log } = this.#setup
    for (const entry of this.#acknowledgements.take()) this.#unstored.set(canonicalJson(entry.partition), entry)
    const entries = [...this.#unstored.values()]
    if (entries.length === 0) return
    try {
      await offsets.set(entries.map((entry) => ({ connector, ...entry })))
      this.#unstored.clear()
      this.#acknowledgements.forget(entries)
      await task.acknowledged?.(entries)
    } catch (error) {
      log('error', `offsets were not stored: ${(error as Error).message}`)
    }
  }

  async #letGo(): Promise<void> {
    try {
      await this.#setup.task.close?.()
      await this.#producer.close()
    } catch (error) {
      this.#setup.log('warn', `the task did not close well: ${(error as Error).message}`)
    }
  }

  /** Ends the task: what was read is sent, acknowledged and stored, unless that takes too long. */
  async stop(): Promise<void> {
    const { connector, id, gracefulMs, ports, log } = this.#setup
    this.#stopping.abort()
    const late = () => connectErrors.TASK_STUCK({ name: connector, task: id, ms: gracefulMs })
    await within(ports.timers, gracefulMs, this.done, late).catch((error: Error) => {
      log('error', error.message)
      this.#fail(error)
    })
  }
}
