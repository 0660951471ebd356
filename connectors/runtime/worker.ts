import type { Client } from '#core/client/client.ts'
import { createClient } from '#core/client/lean-client.ts'
import { systemClock } from '#core/ports/clock.ts'
import { systemRandom } from '#core/ports/random.ts'
import { systemFiles } from '#core/ports/system-files.ts'
import { systemTimers } from '#core/ports/timers.ts'
import type { Log } from '#core/telemetry/log.ts'
import { silentLog } from '#core/telemetry/log.ts'

import type { AnyConnector, StringMap } from '../api/connector.ts'
import type { ConnectorPorts } from '../api/ports.ts'
import { connectErrors } from '../errors.ts'
import type { ConnectorSpec } from './config-files.ts'
import { FileOffsets } from './offsets/file-offsets.ts'
import type { OffsetStore } from './offsets/offset-store.ts'
import { TopicOffsets } from './offsets/topic-offsets.ts'
import { PluginRegistry } from './plugins.ts'
import { RunningConnector } from './running-connector.ts'
import type { ConnectorStatus } from './task-status.ts'
import { unknownWorkerSettings, workerConfig } from './worker-config.ts'
import type { WorkerConfig } from './worker-config.ts'

export interface WorkerOptions {
  /** The cluster to use; left out, one is reached at the worker's `bootstrap.servers` and closed at the end. */
  readonly client?: Client
  /** Connect's standalone worker settings. */
  readonly worker: StringMap
  readonly connectors: readonly ConnectorSpec[]
  /** Connectors beside those that come with the package. */
  readonly plugins?: readonly AnyConnector[]
  readonly log?: Log
  readonly ports?: Partial<ConnectorPorts>
}

/** A running standalone worker. */
export interface Worker {
  status(): ConnectorStatus[]
  /** True when every source task is at the end of its input, with all of it acknowledged and its offsets stored. */
  sourcesEnded(): boolean
  /** True when sinks have put everything that their topics hold right now. */
  sinksCaughtUp(): Promise<boolean>
  /** Both of these. */
  idle(): Promise<boolean>
  /** Flushes the sinks and commits all offsets now instead of at the next interval. */
  commit(): Promise<void>
  /** Resolves when every task has ended or failed; the status says which. */
  readonly ended: Promise<void>
  /** Flushes, commits and closes everything. Safe to call twice. */
  stop(): Promise<void>
}

const systemPorts = (): ConnectorPorts => ({
  clock: systemClock,
  timers: systemTimers(),
  random: systemRandom,
  files: systemFiles,
})

function offsetStore(config: WorkerConfig, client: Client, ports: ConnectorPorts, log: Log): OffsetStore {
  const file = config['offset.storage.file.filename']
  if (file !== undefined && file !== '') return new FileOffsets(ports.files, file)
  const options = {
    topic: config['offset.storage.topic'],
    partitions: config['offset.storage.partitions'],
    replicationFactor: config['offset.storage.replication.factor'],
    flushTimeoutMs: config['offset.flush.timeout.ms'],
  }
  return new TopicOffsets(client, options, log, ports.timers)
}

/**
 * Runs connectors in this process. Throws CONFIG_INVALID, CLASS_UNKNOWN and the like for settings that are wrong, before
 * anything has started; what goes wrong later fails the task concerned and no other.
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { worker: raw, connectors: specs, log = silentLog } = options
  const ports = { ...systemPorts(), ...options.ports }
  const config = workerConfig.parse(raw, 'worker')
  for (const setting of unknownWorkerSettings(raw)) log('warn', `worker: unknown setting "${setting}"`)
  const registry = await PluginRegistry.load(options.plugins ?? [], config['plugin.path'])
  const taken = new Set<string>()
  const wanted = specs.map((spec) => {
    if (taken.has(spec.name)) throw connectErrors.NAME_TAKEN({ name: spec.name })
    taken.add(spec.name)
    return { spec, plugin: registry.find(spec.config['connector.class'] ?? '') }
  })

  const client =
    options.client ?? createClient({ bootstrapServers: config['bootstrap.servers'], clientId: 'millrace-connect', log })
  const hasSource = wanted.some(({ plugin }) => plugin.kind === 'source')
  const offsets = hasSource ? offsetStore(config, client, ports, log) : undefined
  const running: RunningConnector[] = []
  const close = async (): Promise<void> => {
    await Promise.all(running.map((connector) => connector.stop()))
    await offsets?.stop()
    if (!options.client) await client.close()
  }
  try {
    await offsets?.start()
    for (const { spec, plugin } of wanted) {
      running.push(await RunningConnector.start(plugin, spec, { client, config, raw, offsets, ports, log }))
    }
  } catch (error) {
    await close()
    throw error
  }
  return new StandaloneWorker(running, close)
}

class StandaloneWorker implements Worker {
  readonly #connectors: readonly RunningConnector[]
  readonly #close: () => Promise<void>
  readonly ended: Promise<void>
  #stopped: Promise<void> | undefined

  constructor(connectors: readonly RunningConnector[], close: () => Promise<void>) {
    this.#connectors = connectors
    this.#close = close
    this.ended = Promise.all(connectors.map((connector) => connector.done)).then(() => {})
  }

  status(): ConnectorStatus[] {
    return this.#connectors.map((connector) => connector.status)
  }

  sourcesEnded(): boolean {
    return this.#connectors.every((connector) => connector.kind === 'sink' || connector.ended)
  }

  async sinksCaughtUp(): Promise<boolean> {
    const sinks = this.#connectors.filter(({ kind }) => kind === 'sink')
    return (await Promise.all(sinks.map((connector) => connector.caughtUp()))).every(Boolean)
  }

  async idle(): Promise<boolean> {
    return this.sourcesEnded() && (await this.sinksCaughtUp())
  }

  async commit(): Promise<void> {
    await Promise.all(this.#connectors.map((connector) => connector.commit()))
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#close())
  }
}
