import type { Consumer, ConsumerOptions, FetchedPartition, TopicPartition } from '#core/client/client.ts'
import { partitionKey } from '#core/client/client.ts'
import { isKnownError } from '#core/errors/table.ts'
import { backoffMs, sleep } from '#core/errors/retry.ts'

import { isSignal } from '../api/signals.ts'
import type { Signal } from '../api/signals.ts'
import type { SinkTask, SinkTaskContext } from '../api/sink.ts'
import { connectErrors } from '../errors.ts'
import type { SinkConnectorConfig } from './connector-config.ts'
import { DeadLetters } from './dead-letters.ts'
import { SinkIntake } from './sink-intake.ts'
import type { SinkBatch } from './sink-intake.ts'
import { SinkPositions } from './sink-positions.ts'
import { reconnectBackoff } from './task-setup.ts'
import type { TaskSetup } from './task-setup.ts'
import { traceOf } from './task-status.ts'
import type { TaskState, TaskStatus } from './task-status.ts'
import { Tolerance } from './tolerance.ts'
import { within } from './within.ts'

export interface SinkSetup extends TaskSetup<SinkConnectorConfig, SinkTask> {
  readonly consumerOptions: ConsumerOptions
}

const pollMs = 1000

/**
 * Runs one task of a sink: poll, convert, put, and at every interval commit what the task says is durable. One loop does all
 * of it, so no two functions of the task ever run at once.
 */
export class SinkRunner {
  readonly #setup: SinkSetup
  readonly #stopping = new AbortController()
  readonly #consumer: Consumer
  readonly #positions = new SinkPositions()
  readonly #context: SinkTaskContext
  #intake!: SinkIntake
  #deadLetters: DeadLetters | undefined
  #state: TaskState = 'RUNNING'
  #failure: unknown
  #rebalanceFailure: unknown
  #commitAt: number
  #closed = false
  readonly #commitRequests: (() => void)[] = []
  /** Settles when the task is over, whatever the way; never rejects. */
  readonly done: Promise<void>

  constructor(setup: SinkSetup) {
    this.#setup = setup
    this.#consumer = setup.client.consumer(setup.consumerOptions)
    this.#commitAt = setup.ports.clock.monotonic() + setup.flushIntervalMs
    const { connector, id, log, ports } = setup
    this.#context = {
      connector,
      task: id,
      log,
      ports,
      signal: this.#stopping.signal,
      seek: (partition, offset) => this.#seek(partition, offset),
      requestCommit: () => (this.#commitAt = 0),
    }
    this.done = this.#run()
  }

  get status(): TaskStatus {
    const { id } = this.#setup
    return this.#state === 'FAILED'
      ? { id, state: 'FAILED', trace: traceOf(this.#failure) }
      : { id, state: this.#state }
  }

  async #run(): Promise<void> {
    await Promise.resolve()
    try {
      await this.#open()
      await this.#loop()
      await this.#commit()
    } catch (error) {
      this.#fail(error)
    }
    await this.#letGo()
    for (const done of this.#commitRequests.splice(0)) done()
    if (this.#failure === undefined) this.#state = 'ENDED'
  }

  async #open(): Promise<void> {
    const { client, config, connector, converters, id, log, ports } = this.#setup
    const topic = config['errors.deadletterqueue.topic.name']
    if (topic !== '') {
      const replicationFactor = config['errors.deadletterqueue.topic.replication.factor']
      const contextHeaders = config['errors.deadletterqueue.context.headers.enable']
      this.#deadLetters = await DeadLetters.open(
        client,
        { topic, replicationFactor, contextHeaders, connector, task: id },
        log,
      )
    }
    const { signal } = this.#stopping
    this.#intake = new SinkIntake(
      converters,
      new Tolerance(config, ports, { log, signal, deadLetters: this.#deadLetters }),
    )
    const pattern = config['topics.regex']
    this.#consumer.subscribe(pattern === '' ? config.topics : new RegExp(`^(?:${pattern})$`), {
      assigned: (partitions) => this.#guard(() => this.#assigned(partitions)),
      revoked: (partitions) => this.#guard(() => this.#revoked(partitions)),
      lost: (partitions) => this.#guard(() => this.#lost(partitions)),
    })
  }

  /** What fails while the group rebalances fails the task, once the rebalance is over. */
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#rebalanceFailure ??= error
    }
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    for (const each of partitions) {
      this.#moved.add(partitionKey(each))
      this.#positions.take(each, await this.#consumer.position(each))
    }
    if (partitions.length > 0) await this.#openTask(partitions)
  }

  /** Opens, again and again if the task is not connected. */
  async #openTask(partitions: readonly TopicPartition[]): Promise<void> {
    const { task, ports } = this.#setup
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt++) {
      try {
        return await task.open?.(partitions, this.#context)
      } catch (error) {
        if (!(isSignal(error) && (error.signal === 'NotConnected' || error.signal === 'RetryAfter'))) throw error
        await sleep(ports.timers, this.#pauseAfter(error, attempt), this.#stopping.signal)
      }
    }
  }

  async #revoked(partitions: readonly TopicPartition[]): Promise<void> {
    await this.#commit()
    await this.#lost(partitions)
  }

  async #lost(partitions: readonly TopicPartition[]): Promise<void> {
    const owned = partitions.filter((each) => this.#positions.owns(each))
    for (const each of owned) this.#moved.add(partitionKey(each))
    this.#positions.drop(owned)
    if (owned.length > 0) await this.#setup.task.close?.(owned)
  }

  async #loop(): Promise<void> {
    const { clock } = this.#setup.ports
    while (!this.#stopping.signal.aborted) {
      if (clock.monotonic() >= this.#commitAt) await this.#commit()
      const untilCommit = Math.max(1, this.#commitAt - clock.monotonic())
      const chunks = await this.#poll(Math.min(pollMs, untilCommit))
      const batch = await this.#intake.convert(chunks)
      if (!(await this.#put(batch, chunks))) return
    }
  }

  async #poll(timeoutMs: number): Promise<FetchedPartition[]> {
    try {
      const chunks = await this.#consumer.poll(timeoutMs)
      if (this.#rebalanceFailure !== undefined) throw this.#rebalanceFailure
      return chunks.filter((chunk) => this.#positions.owns(chunk))
    } catch (error) {
      if (!mayPass(error) || error === this.#rebalanceFailure) throw error
      this.#setup.log('warn', `reading failed and is tried again: ${(error as Error).message}`)
      await sleep(this.#setup.ports.timers, pollMs, this.#stopping.signal)
      return []
    }
  }

  /** Puts a batch, as often as the task asks for it. False when the task wants no more at all. */
  async #put({ records, raw }: SinkBatch, chunks: readonly FetchedPartition[]): Promise<boolean> {
    const { task, executor } = this.#setup
    this.#moved.clear()
    for (let attempt = 1; records.length > 0; attempt++) {
      // Nothing of it is put, so nothing of it counts.
      if (this.#stopping.signal.aborted) return true
      try {
        await task.put(records, this.#context)
        break
      } catch (error) {
        if (!isSignal(error)) throw error
        if (error.signal === 'EndOfInput') return false
        if (error.signal === 'PartialBatch') {
          for (const [index, cause] of error.failed) this.#intake.passOver(raw[index]!, 'TASK_PUT', executor, cause)
          break
        }
        if (error.signal === 'NotConnected') {
          await this.#reconnect(error, attempt)
          return true
        }
        await this.#waitPaused(error.ms)
        const still = raw.map((each) => !this.#moved.has(partitionKey(each)))
        records = records.filter((_, i) => still[i])
        raw = raw.filter((_, i) => still[i])
      }
    }
    for (const chunk of chunks) if (!this.#moved.has(partitionKey(chunk))) this.#positions.advance(chunk)
    return true
  }

  // Partitions that were moved, taken or given away while a batch of them was in hand: it says nothing about them any more.
  readonly #moved = new Set<string>()

  #seek(partition: TopicPartition, offset: number): void {
    this.#consumer.seek(partition, offset)
    this.#positions.seek(partition, offset)
    this.#moved.add(partitionKey(partition))
  }

  /** Lets time pass without reading on, and without leaving the group. */
  async #waitPaused(ms: number): Promise<void> {
    const { clock } = this.#setup.ports
    const end = clock.monotonic() + ms
    this.#consumer.pause(this.#consumer.assignment)
    while (clock.monotonic() < end && !this.#stopping.signal.aborted) {
      await this.#poll(Math.min(pollMs, Math.max(1, end - clock.monotonic())))
      // A rebalance may have brought partitions that are not paused yet.
      this.#consumer.pause(this.#consumer.assignment)
    }
    this.#consumer.resume(this.#consumer.assignment)
  }

  #pauseAfter(signal: Signal, attempt: number): number {
    if (signal.signal === 'RetryAfter') return signal.ms
    this.#setup.log('warn', `not connected: ${signal.message}`)
    return backoffMs(reconnectBackoff, attempt, this.#setup.ports.random)
  }

  /** The task may have lost what it held: everything since the last commit is read again, after opening anew. */
  async #reconnect(signal: Signal, attempt: number): Promise<void> {
    const partitions = this.#positions.all()
    await this.#setup.task.close?.(partitions)
    await this.#waitPaused(this.#pauseAfter(signal, attempt))
    this.#rewind()
    await this.#openTask(this.#positions.all())
  }

  #rewind(): void {
    for (const each of this.#positions.rewind()) this.#consumer.seek(each, each.offset)
  }

  async #commit(): Promise<void> {
    const { task, ports, flushIntervalMs, log } = this.#setup
    this.#commitAt = ports.clock.monotonic() + flushIntervalMs
    const requests = this.#commitRequests.splice(0)
    try {
      const current = this.#positions.current()
      if (!task.preCommit) await task.flush?.()
      const allowed = task.preCommit ? await task.preCommit(current) : current
      const offsets = this.#positions.committable(allowed)
      await this.#deadLetters?.flush()
      if (offsets.length > 0) {
        await this.#consumer.commit(offsets)
        this.#positions.committed(offsets)
      }
    } catch (error) {
      if (isSignal(error)) await this.#commitRefused(error)
      else if (mayPass(error)) log('warn', `offsets were not committed and will be: ${(error as Error).message}`)
      else throw error
    } finally {
      for (const done of requests) done()
    }
  }

  /** The task could not make durable what it has: back to what is. */
  async #commitRefused(signal: Signal): Promise<void> {
    if (signal.signal === 'PartialBatch' || signal.signal === 'EndOfInput') throw signal
    if (this.#stopping.signal.aborted) return
    if (signal.signal === 'NotConnected') return this.#reconnect(signal, 1)
    await this.#waitPaused(signal.ms)
    this.#rewind()
  }

  /** Commits now; resolves when that is tried. */
  commit(): Promise<void> {
    if (this.#state !== 'RUNNING') return Promise.resolve()
    return new Promise((resolve) => {
      this.#commitRequests.push(resolve)
      this.#commitAt = 0
      this.#consumer.wakeup()
    })
  }

  /** The partitions that this task reads now, and whether all they hold is put. */
  async owned(): Promise<{ readonly partitions: TopicPartition[]; readonly caughtUp: boolean }> {
    if (this.#closed) return { partitions: [], caughtUp: true }
    const partitions = this.#positions.all()
    if (partitions.length === 0) return { partitions, caughtUp: true }
    const ends = await this.#consumer.endOffsets(partitions)
    const caughtUp = partitions.every(
      (each) => (this.#positions.offset(each) ?? 0) >= (ends.get(partitionKey(each)) ?? 0),
    )
    return { partitions, caughtUp }
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#state = 'FAILED'
    this.#setup.log('error', `task failed: ${error instanceof Error ? error.message : String(error)}`)
    this.#stopping.abort()
  }

  async #letGo(): Promise<void> {
    const { task, log } = this.#setup
    this.#closed = true
    const partitions = this.#positions.all()
    this.#positions.drop(partitions)
    const steps = [
      () => (partitions.length > 0 ? task.close?.(partitions) : undefined),
      () => task.stop?.(),
      () => this.#deadLetters?.close(),
      () => this.#consumer.close(),
    ]
    for (const step of steps) {
      try {
        await step()
      } catch (error) {
        log('warn', `the task did not close well: ${(error as Error).message}`)
      }
    }
  }

  /** Ends the task: what was put is flushed and committed, unless that takes too long. */
  async stop(): Promise<void> {
    const { connector, id, gracefulMs, ports, log } = this.#setup
    this.#stopping.abort()
    this.#consumer.wakeup()
    const late = () => connectErrors.TASK_STUCK({ name: connector, task: id, ms: gracefulMs })
    await within(ports.timers, gracefulMs, this.done, late).catch((error: Error) => {
      log('error', error.message)
      this.#fail(error)
    })
  }
}

/** True for what a client says may go better next time. */
const mayPass = (error: unknown): boolean =>
  (isKnownError(error) && error.retry !== 'never') || (error as { retriable?: unknown } | null)?.retriable === true
