import type { Client } from '#core/client/client.ts'
import { partitionKey } from '#core/client/client.ts'
import type { Log } from '#core/telemetry/log.ts'

import type { AnyConnector, StringMap } from '../api/connector.ts'
import type { ConnectorPorts } from '../api/ports.ts'
import { connectErrors } from '../errors.ts'
import { consumerOptions, producerOptions } from './client-settings.ts'
import type { ConnectorSpec } from './config-files.ts'
import {
  below,
  refuseUnsupported,
  sinkConnectorConfig,
  sourceConnectorConfig,
  unknownConnectorSettings,
} from './connector-config.ts'
import type { CommonConfig } from './connector-config.ts'
import type { OffsetStore } from './offsets/offset-store.ts'
import { RecordConverters } from './record-converters.ts'
import { SinkRunner } from './sink-runner.ts'
import { SourceRunner } from './source-runner.ts'
import type { ConnectorStatus } from './task-status.ts'
import type { WorkerConfig } from './worker-config.ts'

/** What the connectors of a worker share. */
export interface WorkerParts {
  readonly client: Client
  readonly config: WorkerConfig
  readonly raw: StringMap
  readonly offsets: OffsetStore | undefined
  readonly ports: ConnectorPorts
  readonly log: Log
}

type Runner = SourceRunner | SinkRunner

/** A connector and its tasks. */
export class RunningConnector {
  readonly name: string
  readonly kind: 'source' | 'sink'
  readonly #client: Client
  readonly #topics: readonly string[] | RegExp
  readonly #runners: readonly Runner[]

  private constructor(
    name: string,
    kind: 'source' | 'sink',
    client: Client,
    topics: readonly string[] | RegExp,
    runners: readonly Runner[],
  ) {
    this.name = name
    this.kind = kind
    this.#client = client
    this.#topics = topics
    this.#runners = runners
  }

  /** Checks the settings, divides the work and starts the tasks. Throws what is wrong with the settings, nothing later. */
  static async start(plugin: AnyConnector, spec: ConnectorSpec, parts: WorkerParts): Promise<RunningConnector> {
    const { name } = spec
    const raw: StringMap = { ...spec.config, name }
    const what = `connector "${name}"`
    refuseUnsupported(name, raw)
    const config =
      plugin.kind === 'source' ? sourceConnectorConfig.parse(raw, what) : sinkConnectorConfig.parse(raw, what)
    const own = plugin.config.parse(raw, what) as never
    for (const setting of unknownConnectorSettings(plugin, raw))
      parts.log('warn', `${what}: unknown setting "${setting}"`)
    const most = config['tasks.max']
    const taskConfigs = plugin.taskConfigs ? await plugin.taskConfigs(own, most, raw) : [raw]
    if (taskConfigs.length > most && config['tasks.max.enforce']) {
      throw connectErrors.TASKS_TOO_MANY({ name, count: taskConfigs.length, most })
    }
    const makers = taskConfigs.map((each, id) =>
      runnerMaker(plugin, { id, name, config, raw: { ...raw, ...each } }, parts),
    )
    // Only when every task could be made does one start.
    const topics = 'topics' in config ? subscription(config) : []
    return new RunningConnector(
      name,
      plugin.kind,
      parts.client,
      topics,
      makers.map((make) => make()),
    )
  }

  get status(): ConnectorStatus {
    return { name: this.name, type: this.kind, state: 'RUNNING', tasks: this.#runners.map((runner) => runner.status) }
  }

  get ended(): boolean {
    return this.#runners.every((runner) => runner.status.state === 'ENDED')
  }

  get done(): Promise<unknown> {
    return Promise.all(this.#runners.map((runner) => runner.done))
  }

  /** For a sink: all that its topics hold now is put. Partitions on their way between tasks count as not put. */
  async caughtUp(): Promise<boolean> {
    if (this.#runners.some((runner) => runner.status.state === 'FAILED')) return false
    const sinks = this.#runners.filter((runner) => runner instanceof SinkRunner)
    const owned = await Promise.all(sinks.map((runner) => runner.owned()))
    if (this.ended) return true
    const covered = new Set(owned.flatMap(({ partitions }) => partitions.map(partitionKey)))
    return owned.every(({ caughtUp }) => caughtUp) && (await this.#partitions()) === covered.size
  }

  async #partitions(): Promise<number> {
    const admin = this.#client.admin()
    const topics = this.#topics
    const names = topics instanceof RegExp ? (await admin.listTopics()).filter((topic) => topics.test(topic)) : topics
    const descriptions = await admin.describeTopics(names)
    return descriptions.reduce((sum, { partitions }) => sum + partitions.length, 0)
  }

  async commit(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.commit()))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.stop()))
  }
}

const subscription = (config: {
  readonly topics: readonly string[]
  readonly 'topics.regex': string
}): readonly string[] | RegExp =>
  config['topics.regex'] === '' ? config.topics : new RegExp(`^(?:${config['topics.regex']})$`)

interface TaskSpec {
  readonly id: number
  readonly name: string
  readonly config: CommonConfig
  readonly raw: StringMap
}

/** Makes everything of a task that can fail for its settings; the call that comes back starts it. */
function runnerMaker(plugin: AnyConnector, { id, name, config, raw }: TaskSpec, parts: WorkerParts): () => Runner {
  const what = `connector "${name}"`
  const log: Log = (level, message, details) => parts.log(level, `[${name}|task-${id}] ${message}`, details)
  const shared = {
    connector: name,
    id,
    executor: plugin.names[0]!,
    raw,
    converters: new RecordConverters(raw, parts.raw, parts.config['header.converter']),
    client: parts.client,
    ports: parts.ports,
    log,
    flushIntervalMs: parts.config['offset.flush.interval.ms'],
    gracefulMs: parts.config['task.shutdown.graceful.timeout.ms'],
    topicCreation: parts.config['topic.creation.enable'],
  }
  const client = plugin.kind === 'source' ? 'producer' : 'consumer'
  const overrides = below(raw, `${client}.override.`)
  if (Object.keys(overrides).length > 0 && parts.config['connector.client.config.override.policy'] === 'None') {
    throw connectErrors.SETTING_UNSUPPORTED({
      name,
      setting: `${client}.override.*`,
      reason: "the worker's override policy is None",
    })
  }
  const settings = { ...below(parts.raw, `${client}.`), ...overrides }
  const own = plugin.config.parse(raw, what) as never
  if (plugin.kind === 'source') {
    const { options, unknown } = producerOptions(settings, what)
    for (const setting of unknown) log('warn', `this producer has no setting "${setting}"`)
    const task = plugin.createTask(own)
    return () =>
      new SourceRunner({ ...shared, config: config as never, task, offsets: parts.offsets!, producerOptions: options })
  }
  const { options, unknown } = consumerOptions(settings, `connect-${name}`, what)
  for (const setting of unknown) log('warn', `this consumer has no setting "${setting}"`)
  const task = plugin.createTask(own)
  return () => new SinkRunner({ ...shared, config: config as never, task, consumerOptions: options })
}
