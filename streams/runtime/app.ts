import type { Client } from '#core/client/client.ts'
import { createClient } from '#core/client/lean-client.ts'
import { systemClock, type Clock } from '#core/ports/clock.ts'
import { silentLog, type Log } from '#core/telemetry/log.ts'
import { streamsConfig, type StreamsConfig } from '../config.ts'
import type { Topology } from '../topology/topology.ts'
import { runtimeErrors } from './errors.ts'
import { prepareTopics } from './internal-topics.ts'
import { Worker } from './worker.ts'

/** Where an application is in its life; Kafka Streams' words. */
export type ApplicationState = 'CREATED' | 'REBALANCING' | 'RUNNING' | 'PENDING_SHUTDOWN' | 'NOT_RUNNING' | 'ERROR'

export interface KafkaStreamsOptions {
  /** A client to share; else one is made from `bootstrap.servers` and closed at the end. */
  readonly client?: Client
  readonly clock?: Clock
  readonly log?: Log
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

/**
 * A running topology: a member of the consumer group `application.id`. Instances with the same id, in this process or
 * another, share the tasks.
 *
 *     await using app = new KafkaStreams(topology, { 'application.id': 'counts', 'bootstrap.servers': 'localhost:9092' })
 *     await app.start()
 */
export class KafkaStreams implements AsyncDisposable {
  /** Rejects with the error that ended the application; never settles otherwise. */
  readonly failed: Promise<never>
  readonly #topology: Topology
  readonly #config: StreamsConfig
  readonly #options: KafkaStreamsOptions
  readonly #listeners = new Set<(state: ApplicationState) => void>()
  #fail: (error: unknown) => void = () => {}
  #state: ApplicationState = 'CREATED'
  #client: Client | undefined
  #worker: Worker | undefined
  #loop: Promise<void> | undefined
  /** Work between two cycles, so that it never runs into one. */
  #between: (() => Promise<void>)[] = []

  constructor(topology: Topology, config: Readonly<Record<string, unknown>>, options: KafkaStreamsOptions = {}) {
    this.#topology = topology
    this.#config = streamsConfig.parse(config, 'streams application')
    this.#options = options
    this.failed = new Promise((_, reject) => (this.#fail = reject))
    this.failed.catch(() => {})
    for (const name of streamsConfig.unknown(config))
      this.#log('warn', `setting "${name}" is not known and has no effect`)
  }

  get state(): ApplicationState {
    return this.#state
  }

  /** Calls back on every change of state; the answer ends that. */
  onStateChange(listener: (state: ApplicationState) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Prepares topics, joins the group and resolves when the first tasks run. Rejects when that cannot be. */
  async start(): Promise<void> {
    const applicationId = this.#config['application.id']
    if (this.#state !== 'CREATED')
      throw runtimeErrors.APPLICATION_STATE({ application: applicationId, state: this.#state, action: 'start' })
    const clock = this.#options.clock ?? systemClock
    this.#client =
      this.#options.client ??
      createClient({
        bootstrapServers: this.#config['bootstrap.servers'],
        clientId: this.#config['client.id'] ?? applicationId,
        log: this.#log,
      })
    this.#become('REBALANCING')
    try {
      const plan = await prepareTopics(
        this.#client.admin(),
        this.#topology,
        applicationId,
        this.#config['replication.factor'],
      )
      const running = new Promise<void>((resolve) => {
        const rebalanced = (state: 'REBALANCING' | 'RUNNING'): void => {
          if (this.#state === 'REBALANCING' || this.#state === 'RUNNING') this.#become(state)
          if (state === 'RUNNING') resolve()
        }
        this.#worker = new Worker(
          { client: this.#client!, clock, log: this.#log },
          this.#topology,
          this.#config,
          plan,
          rebalanced,
        )
      })
      this.#loop = this.#run(this.#worker!)
      await Promise.race([running, this.failed])
    } catch (error) {
      this.#become('ERROR')
      if (this.#options.client === undefined) await this.#client.close()
      throw error
    }
  }

  /**
   * For input that has ended: processes what the input topics hold now, then closes every window as if time had moved on,
   * and commits. Records that come later for those windows are late.
   */
  async finish(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    while (this.#state === 'REBALANCING') await pause()
    if (this.#state !== 'RUNNING') return
    // In the order of the subtopologies, so that what one closes still finds the windows of the next one open.
    for (const { id } of this.#topology.subtopologies) {
      const tasks = (): Worker['tasks'] => worker.tasks.filter((task) => task.subtopology === id)
      while (!(await this.#betweenCycles(() => worker.caughtUp(tasks())))) await pause()
      await this.#betweenCycles(async () => {
        for (const task of tasks()) task.closeWindows()
        await worker.commit()
      })
    }
  }

  /** Commits, leaves the group and frees everything. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#state === 'REBALANCING' || this.#state === 'RUNNING') this.#become('PENDING_SHUTDOWN')
    this.#worker?.wakeup()
    await this.#loop
    if (this.#state === 'CREATED') this.#become('NOT_RUNNING')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #run(worker: Worker): Promise<void> {
    let error: unknown
    try {
      while (this.#state === 'REBALANCING' || this.#state === 'RUNNING') {
        await worker.cycle()
        for (const work of this.#between.splice(0)) await work()
      }
    } catch (cause) {
      error = cause
      this.#log('error', `application "${this.#config['application.id']}" ends: ${String(cause)}`)
    }
    try {
      await worker.close(error === undefined)
    } catch (cause) {
      error ??= cause
    }
    if (this.#options.client === undefined) await this.#client?.close()
    this.#become(error === undefined ? 'NOT_RUNNING' : 'ERROR')
    if (error !== undefined) this.#fail(error)
    for (const work of this.#between.splice(0)) await work().catch(() => undefined)
  }

  /** Runs `work` when no cycle does; rejects when the application has ended. */
  #betweenCycles<T>(work: () => Promise<T>): Promise<T> {
    const done = new Promise<T>((resolve, reject) => {
      this.#between.push(async () => {
        try {
          resolve(await work())
        } catch (error) {
          reject(error as Error)
          throw error
        }
      })
    })
    this.#worker?.wakeup()
    return Promise.race([done, this.failed])
  }

  #become(state: ApplicationState): void {
    if (this.#state === state) return
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }

  get #log(): Log {
    return this.#options.log ?? silentLog
  }
}
