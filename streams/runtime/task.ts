import type { OffsetAndMetadata, TopicPartition } from '#core/client/client.ts'
import { partitionKey } from '#core/client/client.ts'
import { assert } from '#core/errors/assert.ts'
import type { Clock } from '#core/ports/clock.ts'
import { noHeaders } from '#core/records/record.ts'
import type { Log } from '#core/telemetry/log.ts'
import { streamsErrors } from '../errors.ts'
import type { DropReason } from '../operators/context.ts'
import type { Emit, NodeContext } from '../operators/operator.ts'
import type { RawRecord, StreamRecord } from '../record.ts'
import { RecordCache, TaskCache } from '../state/cache.ts'
import type { OpenStore, RestoredRecord } from '../state/environment.ts'
import { openStore } from '../state/open.ts'
import type { StateStore, StoreSpec } from '../state/store.ts'
import type { ProcessorNode, SinkNode, SourceNode, TopologyNode } from '../topology/node.ts'
import { whole } from '../topology/node.ts'
import type { Topology } from '../topology/topology.ts'
import type { Collector } from './collector.ts'
import { Failures } from './failures.ts'
import { PartitionGroup } from './partition-group.ts'
import type { CommittedTime } from './partition-time.ts'
import { encodePartitionTime } from './partition-time.ts'
import { Pipeline } from './pipeline.ts'
import { RecordQueue } from './record-queue.ts'
import { sink } from './sink.ts'
import type { TaskConfig } from './task-config.ts'
import { RunningContext } from './task-context.ts'

export type { Collector }

/** The world as a task sees it. */
export interface TaskPorts {
  readonly collector: Collector
  readonly clock: Clock
  readonly log: Log
  /** Shared by the tasks of a worker; a task without one makes its own of the configured size. */
  readonly cache?: RecordCache
  /** Rows of global tables, by store name. */
  readonly globalStores?: ReadonlyMap<string, StateStore>
}

/** Which part of the topology, on which partition. `all`: every subtopology in one task, as the test driver runs it. */
export interface TaskPlace {
  readonly subtopology: number | 'all'
  readonly partition: number
}

/** A changelog topic from which a store is brought back before the task starts. */
export interface Changelog extends TopicPartition {
  readonly store: string
  /** True where the table's own source is its changelog: read it up to the committed offset, the rest comes as input. */
  readonly untilCommitted: boolean
  /** Takes records in offset order; may be called many times. */
  restore(records: Iterable<RestoredRecord>): void
}

interface TaskStore extends OpenStore {
  readonly spec: StoreSpec
}

type AnyRecord = StreamRecord<unknown, unknown>

/**
 * One subtopology on one partition: raw records in, raw records out, all of it synchronous. The README of this folder says
 * in which order a worker calls. Any error leaves the task failed: what it was doing is half done.
 */
export class Task {
  readonly id: string
  readonly subtopology: number
  readonly partition: number
  readonly changelogs: readonly Changelog[]
  readonly #ports: TaskPorts
  readonly #topology: Topology
  readonly #failures: Failures
  readonly #context: RunningContext
  readonly #nodes: readonly TopologyNode[]
  readonly #cache: TaskCache | undefined
  readonly #stores = new Map<string, TaskStore>()
  readonly #queues = new Map<string, RecordQueue>()
  readonly #group = new PartitionGroup<RecordQueue>()
  /** Inputs without which the task does not run, and those of them that are empty now. */
  readonly #needed = new Set<RecordQueue>()
  readonly #awaited = new Set<RecordQueue>()
  readonly #committed = new Map<string, number>()
  #pipeline: Pipeline | undefined

  constructor(ports: TaskPorts, topology: Topology, place: TaskPlace, config: TaskConfig) {
    this.#ports = ports
    this.#topology = topology
    this.partition = place.partition
    this.subtopology = place.subtopology === 'all' ? 0 : place.subtopology
    this.id = `${this.subtopology}_${place.partition}`
    this.#failures = new Failures(config, ports.collector, ports.clock, ports.log)
    const emitIntervalMs = config['emit.interval.ms'] ?? 1000
    this.#context = new RunningContext(this.id, config['application.id'], ports.clock, emitIntervalMs, this.#failures)
    const cacheBytes = config['statestore.cache.max.bytes'] ?? 0
    const cache = ports.cache ?? (cacheBytes > 0 ? new RecordCache(cacheBytes) : undefined)
    this.#cache = cache === undefined ? undefined : new TaskCache(cache)
    const mine = topology.subtopologies.filter(({ id }) => place.subtopology === 'all' || id === place.subtopology)
    // One task of several subtopologies keeps the order in which the whole topology was written.
    const names = new Set(mine.flatMap(({ nodes }) => nodes.map(({ name }) => name)))
    this.#nodes = topology.nodes.filter(({ name }) => names.has(name))
    for (const node of this.#nodes) {
      if (node.kind !== 'source' || node.topics instanceof RegExp) continue
      for (const topic of node.topics) this.#addQueue(this.#topicName(topic), node)
    }
    for (const { stores } of mine) this.#openStores(stores)
    this.changelogs = this.#findChangelogs()
  }

  /** Partitions that the task reads; those of a pattern once they were added to. */
  get inputs(): readonly TopicPartition[] {
    return [...this.#queues.values()].map(({ topic, partition }) => ({ topic, partition }))
  }

  /** True if `process` will take a record. */
  get runnable(): boolean {
    return this.#context.failure === undefined && this.#group.size > 0 && this.#awaited.size === 0
  }

  get failed(): boolean {
    return this.#context.failure !== undefined
  }

  /** Something was done since the last commit. */
  get commitNeeded(): boolean {
    return this.#context.commitNeeded
  }

  /** An operator asked for a commit since the last one. */
  get commitRequested(): boolean {
    return this.#context.commitRequested
  }

  /** Records left out so far, by reason. */
  get dropped(): Readonly<Partial<Record<DropReason, number>>> {
    return this.#context.dropped
  }

  get streamTime(): number {
    return this.#context.streamTime
  }

  store(name: string): StateStore | undefined {
    return this.#stores.get(name)?.store ?? this.#ports.globalStores?.get(name)
  }

  /** Starts the operators. `committed`: what `decodePartitionTime` made of the committed offsets' metadata. */
  start(committed: ReadonlyMap<string, CommittedTime> = new Map()): void {
    const { closed } = this.#context
    for (const [key, { partitionTime, closed: known }] of committed) {
      const queue = this.#queues.get(key)
      if (queue !== undefined) queue.partitionTime = partitionTime
      this.#context.streamTime = Math.max(this.#context.streamTime, partitionTime)
      for (const [name, time] of known) closed.set(name, Math.max(time, closed.get(name) ?? -1))
    }
    this.#pipeline = new Pipeline(this.#nodes, {
      context: (node, emitTo) => this.#nodeContext(node, emitTo),
      sink: (node) => this.#sink(node),
    })
  }

  /** Queues records of one input, in offset order. Throws if the first of them cannot be read. */
  add(partition: TopicPartition, records: Iterable<RawRecord>): void {
    const queue = this.#queues.get(partitionKey(partition)) ?? this.#matchPattern(partition)
    this.#guard(() => queue.add(records))
    this.#awaited.delete(queue)
    this.#group.offer(queue)
  }

  /** Records of an input that wait. */
  buffered(partition: TopicPartition): number {
    return this.#queues.get(partitionKey(partition))?.size ?? 0
  }

  /**
   * Whether the task waits whenever this input is empty, because records that are older than those of its other inputs
   * may be on their way; then it is not runnable. Holds until it is said otherwise.
   */
  await(partition: TopicPartition, wait: boolean): void {
    const queue = this.#queues.get(partitionKey(partition))
    if (queue === undefined) return
    if (wait) this.#needed.add(queue)
    else this.#needed.delete(queue)
    if (wait && queue.size === 0) this.#awaited.add(queue)
    else this.#awaited.delete(queue)
  }

  /** Takes up to `limit` records, smallest head timestamp first. Returns how many it took. Throws StreamsErrors. */
  process(limit: number): number {
    return this.#guard(() => {
      let taken = 0
      for (; taken < limit && this.runnable; taken++) this.#processOne()
      return taken
    })
  }

  /** Runs wall-clock punctuations that are due; true if there were any. */
  punctuate(): boolean {
    return this.#guard(() => this.#context.punctuateWallClock())
  }

  /** Flushes the caches, which forwards what they held, and what was kept back from changelogs. */
  prepareCommit(): void {
    this.#guard(() => this.#flush())
  }

  /** Next offset of every input that is further than at the last commit. */
  committable(): ReadonlyMap<string, OffsetAndMetadata> {
    const offsets = new Map<string, OffsetAndMetadata>()
    const { closed } = this.#context
    for (const [key, { ledger, partitionTime }] of this.#queues) {
      const offset = ledger.committable
      if (offset === undefined || offset === this.#committed.get(key)) continue
      offsets.set(key, { offset, metadata: encodePartitionTime({ partitionTime, closed }) })
    }
    return offsets
  }

  /** To be called when what `committable` said is committed. */
  committed(): void {
    for (const [key, { ledger }] of this.#queues) {
      if (ledger.committable !== undefined) this.#committed.set(key, ledger.committable)
    }
    this.#context.commitNeeded = false
    this.#context.commitRequested = false
  }

  /** End of input: results that are held back for the end of their window come out now. */
  closeWindows(): void {
    this.#guard(() => {
      this.#flush()
      this.#context.closeWindows()
    })
    this.#context.commitNeeded = true
  }

  /** Ends the operators and forgets the stores. */
  close(): void {
    this.#context.close()
    this.#pipeline?.close()
    for (const queue of this.#queues.values()) queue.clear()
    this.#cache?.release()
    this.#context.failure ??= { error: streamsErrors.TASK_CLOSED({ task: this.id }) }
  }

  #processOne(): void {
    const queue = this.#group.first!
    const record = queue.head!
    const source = queue.source!
    queue.take()
    if (this.#needed.size > 0 && queue.size === 0 && this.#needed.has(queue)) this.#awaited.add(queue)
    this.#group.advance()
    const context = this.#context
    context.commitNeeded = true
    if (record.timestamp > context.streamTime) context.streamTime = record.timestamp
    context.origin = source
    queue.entry ??= this.#pipeline!.entry(queue.node.name)
    queue.entry(record)
    context.origin = undefined
    queue.ledger.release(source)
    context.punctuateStreamTime()
  }

  #flush(): void {
    for (const { flush } of this.#stores.values()) flush()
  }

  #sink(node: SinkNode): Emit<AnyRecord> {
    const context = this.#context
    const send = sink(node, {
      collector: this.#ports.collector,
      current: context,
      topicName: (topic) => this.#topicName(topic),
    })
    return (record) => {
      try {
        send(record)
      } catch (error) {
        context.failed(node.name, error)
      }
    }
  }

  #nodeContext(node: ProcessorNode, emitTo: (child: string) => Emit<AnyRecord>): NodeContext {
    return {
      name: node.name,
      task: this.#context,
      emitTo,
      store: <S extends StateStore>(name: string): S => {
        const store = node.stores.includes(name) ? this.#stores.get(name)?.store : this.#ports.globalStores?.get(name)
        if (store === undefined) throw streamsErrors.STORE_UNKNOWN({ node: node.name, store: name })
        return store as S
      },
      failed: (error) => this.#context.failed(node.name, error),
    }
  }

  #openStores(specs: readonly StoreSpec[]): void {
    for (const spec of specs) {
      const topic = this.#topology.changelogTopic(spec, this.#context.applicationId)
      const logged = topic !== undefined && !this.#topology.readsOwnChangelog(spec.name)
      const { collector } = this.#ports
      const open = openStore(spec, {
        current: this.#context,
        cache: spec.cached ? this.#cache : undefined,
        changelog: logged
          ? (key, value, timestamp, headers = noHeaders) =>
              collector.send(topic, this.partition, key, value, timestamp, headers)
          : undefined,
        now: () => this.#ports.clock.now(),
        expired: () => this.#context.drop('expired'),
      })
      this.#stores.set(spec.name, { ...open, spec })
    }
  }

  #findChangelogs(): readonly Changelog[] {
    return [...this.#stores.values()].flatMap(({ spec, restore }) => {
      const topic = this.#topology.changelogTopic(spec, this.#context.applicationId)
      const untilCommitted = this.#topology.readsOwnChangelog(spec.name)
      return topic === undefined
        ? []
        : [{ store: spec.name, topic, partition: this.partition, untilCommitted, restore }]
    })
  }

  #topicName(topic: string): string {
    return this.#topology.topicName(topic, this.#context.applicationId)
  }

  #addQueue(topic: string, node: SourceNode): RecordQueue {
    const queue = new RecordQueue(topic, this.partition, node, {
      unreadable: (error, source) => {
        this.#failures.deserialization(error, node, source)
        this.#context.drop('deserialization')
      },
      untimed: () => this.#context.drop('timestamp'),
    })
    this.#queues.set(partitionKey(queue), queue)
    return queue
  }

  #matchPattern({ topic }: TopicPartition): RecordQueue {
    const node = this.#nodes.find(
      (each): each is SourceNode =>
        each.kind === 'source' && each.topics instanceof RegExp && whole(each.topics).test(topic),
    )
    assert(node, `task ${this.id} reads topic "${topic}"`)
    return this.#addQueue(topic, node)
  }

  #guard<T>(call: () => T): T {
    const context = this.#context
    if (context.failure !== undefined) throw context.failure.error
    try {
      const result = call()
      if (context.failure === undefined) return result
    } catch (error) {
      context.failure = { error }
    }
    throw context.failure.error
  }
}
