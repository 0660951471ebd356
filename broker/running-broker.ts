import type { Clock } from '#core/ports/clock.ts'
import type { Files } from '#core/ports/files.ts'
import type { Random } from '#core/ports/random.ts'
import type { Timers } from '#core/ports/timers.ts'
import type { Log } from '#core/telemetry/log.ts'

import { authorizerFor } from './authorizer/config.ts'
import type { BrokerConfig } from './config.ts'
import { Configs } from './controller/configs.ts'
import { Controller } from './controller/controller.ts'
import { configResources } from './controller/image.ts'
import { openMetadataLog } from './controller/metadata-log.ts'
import type { MetaProperties } from './controller/meta-properties.ts'
import { GroupCoordinator } from './coordinator/group-coordinator.ts'
import { type CoordinatorTopic, offsetsTopic } from './coordinator/topics.ts'
import { TransactionCoordinator } from './coordinator/transaction/transaction-coordinator.ts'
import { brokerErrors } from './errors.ts'
import { type BrokerMetrics, brokerMetrics } from './events.ts'
import { guardPorts } from './guard-ports.ts'
import { Dispatcher } from './handlers/dispatcher.ts'
import { served } from './handlers/index.ts'
import { listenerEvents } from './listener-events.ts'
import type { ListenerPlan } from './listeners.ts'
import { cleanerOptions } from './log/cleaner/config.ts'
import type { LogDirectory } from './log/log-directory.ts'
import { BufferPool } from './network/buffer-pool.ts'
import type { Endpoint } from './network/connection.ts'
import { Listener } from './network/listener.ts'
import { RequestMemory } from './network/request-memory.ts'
import type { Node } from './node.ts'
import { LogLevels } from './operations/log-levels.ts'
import { Meters } from './operations/meters.ts'
import type { OperationsServer } from './operations/operations-server.ts'
import { offsetsPartitions, topicsOf, transactionPartitions } from './offsets-partitions.ts'
import { Publisher } from './publisher.ts'
import { Quotas } from './quota/quotas.ts'
import { FetchSessions } from './replication/fetch-session.ts'
import { Partitions } from './replication/partitions.ts'
import { type FirstUser, missingUsers } from './security/first-users.ts'
import { guard } from './security/guard.ts'
import { transactionMarkers } from './transaction-markers.ts'
import { topicChanges } from './topic-changes.ts'

/** The world as a broker sees it; what is left out is the real one. */
export interface BrokerPorts {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly files: Files
}

/** A running broker. */
export interface Broker {
  /** The address that clients of the first listener use. */
  readonly address: { readonly host: string; readonly port: number }
  /** `host:port`, as clients take it. */
  readonly bootstrapServers: string
  readonly nodeId: number
  readonly clusterId: string
  /** The data directory; a name without a place in memory mode. */
  readonly dataDir: string
  readonly config: BrokerConfig
  readonly metrics: BrokerMetrics
  /** `host:port` of `/metrics` and `/health`; undefined while they are off. */
  readonly metricsAddress: string | undefined
  /** Answers what is under way, closes connections and logs. Safe to call twice. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The parts of a broker, put together: what starts after what, and what stops before what. */
export class RunningBroker implements Broker {
  readonly nodeId: number
  readonly clusterId: string
  readonly dataDir: string
  readonly config: BrokerConfig
  readonly metrics = brokerMetrics()
  readonly #log: Log
  readonly #plan: ListenerPlan
  readonly #given: Readonly<Record<string, string>>
  readonly #logs: LogDirectory
  readonly #operations: OperationsServer | undefined
  readonly #controller: Controller
  readonly #configs: Configs
  readonly #partitions = new Partitions()
  readonly #groups: GroupCoordinator
  readonly #transactions: TransactionCoordinator
  readonly #node: Node
  #listeners: Listener[] = []
  #endpoints: Endpoint[] = []
  #stopping: Promise<void> | undefined

  constructor(
    ports: BrokerPorts,
    parts: {
      readonly log: Log
      readonly given: Readonly<Record<string, string>>
      readonly config: BrokerConfig
      readonly plan: ListenerPlan
      readonly meta: MetaProperties
      readonly logs: LogDirectory
      readonly operations: OperationsServer | undefined
    },
  ) {
    const { plan, meta, logs } = parts
    const logLevels = new LogLevels(parts.log, 'debug')
    const { log } = logLevels
    this.#log = log
    this.#plan = plan
    this.#given = parts.given
    this.#logs = logs
    this.#operations = parts.operations
    this.nodeId = meta.nodeId
    this.clusterId = meta.clusterId
    this.dataDir = logs.path
    this.#controller = new Controller(ports, openMetadataLog(ports.files, logs), {
      voter: { nodeId: meta.nodeId, directoryId: meta.directoryId, endpoint: plan.controller },
      rack: parts.config['broker.rack'] ?? null,
      snapshotBytes: parts.config['metadata.log.max.record.bytes.between.snapshots'],
    })
    const { image } = this.#controller
    this.#configs = new Configs(image, meta.nodeId, parts.config, parts.given)
    const config = this.#configs.broker.live()
    this.config = config
    logs.cleanBy(cleanerOptions(config))
    logs.forgetProducersAfter(() => config['producer.id.expiration.ms'])
    this.#groups = new GroupCoordinator({
      ...ports,
      log,
      config,
      partitions: offsetsPartitions(image, this.#partitions),
      topics: topicsOf(image),
      groupConfig: (groupId) =>
        image.configOf(configResources.group, groupId).size === 0 ? {} : this.#configs.ofGroup(groupId),
    })
    const writeMarker = transactionMarkers(image, this.#partitions, this.#groups, ports.clock, log)
    this.#transactions = new TransactionCoordinator({
      ...ports,
      log,
      config,
      partitions: transactionPartitions(image, this.#partitions),
      transactionVersion: () => image.feature('transaction.version'),
      nextProducerId: () => this.#controller.nextProducerId(),
      writeMarker,
    })
    this.#node = {
      ...ports,
      id: meta.nodeId,
      clusterId: meta.clusterId,
      directoryId: meta.directoryId,
      config,
      controller: this.#controller,
      authorizer: authorizerFor(config, image.acls),
      quotas: new Quotas(image.quotas, config, ports.clock),
      configs: this.#configs,
      partitions: this.#partitions,
      groups: this.#groups,
      transactions: this.#transactions,
      writeMarker,
      logs,
      buffers: new BufferPool(),
      fetchSessions: new FetchSessions(ports.clock, ports.random, config['max.incremental.fetch.session.cache.slots']),
      log,
      logLevels,
      metrics: this.metrics,
      meters: parts.operations && new Meters(),
    }
  }

  get address(): { readonly host: string; readonly port: number } {
    const { host, port } = this.#endpoints[0]!
    return { host, port }
  }

  get bootstrapServers(): string {
    return this.#endpoints.map(({ host, port }) => `${host}:${port}`).join(',')
  }

  /** `users` are made where they are not there yet, before anybody can connect. */
  async start(users: readonly FirstUser[] = []): Promise<void> {
    this.#controller.start()
    await this.#controller.commit(missingUsers(users, this.#controller.image.scram))
    new Publisher({
      controller: this.#controller,
      configs: this.#configs,
      logs: this.#logs,
      partitions: this.#partitions,
      log: this.#log,
      listener: {
        coordinatorPartitionLed: (topic, partition) => this.#loadCoordinator(topic, partition),
        coordinatorTopicRemoved: (topic, count) => {
          for (let partition = 0; partition < count; partition++) this.#coordinatorOf(topic).unload(partition)
        },
        topicsRemoved: (topics) => {
          const names = topics.map(({ name }) => name)
          this.#groups.onTopicsDeleted(topics)
          this.#groups.onTopicsChanged(names, false)
          this.#node.meters?.forget(names)
        },
      },
    }).start()
    this.#controller.onChange((records) => {
      const { names, areNew } = topicChanges(records, this.#controller.image)
      if (names.size > 0) this.#groups.onTopicsChanged(names, areNew)
    })
    await this.#measure()
    await this.#listen()
    await this.#controller.register(this.#endpoints)
    if (this.#operations !== undefined) this.#operations.phase = 'ready'
  }

  get metricsAddress(): string | undefined {
    return this.#operations?.address
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** Lets go of everything after a start that failed; the log stays as a crash would leave it. */
  async abort(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.stop(0)))
    await this.#transactions.close()
    await this.#groups.close()
    await this.#logs.close()
  }

  async #stop(): Promise<void> {
    if (this.#operations !== undefined) this.#operations.phase = 'stopping'
    for (const listener of this.#listeners) listener.close()
    const waiting = [...this.#partitions.all()]
    for (const partition of waiting) partition.retire()
    try {
      await this.#transactions.close()
      await this.#groups.close()
      await Promise.all(this.#listeners.map((listener) => listener.stop(this.config['millrace.drain.timeout.ms'])))
      await this.#controller.resign()
      await this.#logs.close({ brokerEpoch: this.#controller.brokerEpoch })
    } finally {
      await this.#operations?.stop()
    }
  }

  /** Loads what renders metrics only where somebody reads them. */
  async #measure(): Promise<void> {
    const { meters, buffers } = this.#node
    const operations = this.#operations
    if (operations === undefined || meters === undefined) return
    const { exposition } = await import('./operations/exposition.ts')
    operations.exposition = exposition({
      nodeId: this.nodeId,
      image: this.#controller.image,
      metrics: this.metrics,
      meters,
      partitions: () => this.#partitions.all(),
      now: () => performance.now(),
      phase: () => operations.phase,
      lentBytes: () => buffers.lentBytes,
      groups: () => this.#groups.tally(),
      transactions: () => this.#transactions.tally(),
      cleaner: () => this.#logs.compacted,
    })
  }

  async #listen(): Promise<void> {
    const { config } = this
    const dispatcher = new Dispatcher(this.#node, served)
    const limit = config['queued.max.request.bytes']
    const shared = {
      memory: new RequestMemory(limit === -1 ? Number.POSITIVE_INFINITY : limit),
      buffers: this.#node.buffers,
      limits: {
        maxFrameBytes: config['socket.request.max.bytes'],
        maxUnanswered: config['queued.max.requests'],
        idleMs: config['connections.max.idle.ms'],
      },
    }
    const events = listenerEvents(this.#node, dispatcher)
    const guards = guardPorts(this.#node, dispatcher)
    for (const each of this.#plan.clients) {
      const listener = new Listener(
        {
          ...each,
          guard: guard(each, this.#given, guards),
          get maxConnections() {
            return Math.min(config['max.connections'], each.maxConnections)
          },
          get maxConnectionsPerAddress() {
            return config['max.connections.per.ip']
          },
        },
        shared,
        events,
      )
      try {
        this.#endpoints.push(await listener.start())
      } catch (cause) {
        throw brokerErrors.LISTENER_UNAVAILABLE(
          { host: each.host, port: each.port, problem: (cause as Error).message },
          cause,
        )
      }
      this.#listeners.push(listener)
    }
  }

  #coordinatorOf(topic: CoordinatorTopic): GroupCoordinator | TransactionCoordinator {
    return topic === offsetsTopic ? this.#groups : this.#transactions
  }

  #loadCoordinator(topic: CoordinatorTopic, partition: number): void {
    this.#coordinatorOf(topic)
      .load(partition)
      .catch((error: Error) => {
        this.#log('error', 'what a coordinator keeps cannot be loaded', { topic, partition, error: error.message })
      })
  }
}
