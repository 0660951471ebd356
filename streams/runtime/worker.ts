import {
  partitionKey,
  type Client,
  type Consumer,
  type Producer,
  type TopicPartition,
  type TopicPartitionOffset,
} from '#core/client/client.ts'
import { isKnownError } from '#core/errors/table.ts'
import type { Clock } from '#core/ports/clock.ts'
import type { Log } from '#core/telemetry/log.ts'
import type { StreamsConfig } from '../config.ts'
import { RecordCache } from '../state/cache.ts'
import type { Topology } from '../topology/topology.ts'
import { taskAssignor } from './assignor.ts'
import { GlobalReader } from './global-reader.ts'
import { GlobalStores } from './global-stores.ts'
import { Idling } from './idling.ts'
import type { TopicPlan } from './internal-topics.ts'
import { decodePartitionTime } from './partition-time.ts'
import { ProducerCollector } from './producer-collector.ts'
import { restoreTask } from './restore.ts'
import { Task, type TaskPorts } from './task.ts'

/** How long records are processed before the loop gives way to sockets and timers. */
const sliceMs = 10
/** Records that one task takes before the next task has a turn. */
const turn = 100

export interface WorkerPorts {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
}

/** One consumer, one producer and the tasks that the group gave to this member. All work happens in `cycle`. */
export class Worker {
  readonly #ports: WorkerPorts
  readonly #topology: Topology
  readonly #config: StreamsConfig
  readonly #consumer: Consumer
  readonly #producer: Producer
  readonly #collector: ProducerCollector
  readonly #taskPorts: TaskPorts
  readonly #globals: GlobalReader | undefined
  readonly #idling: Idling
  readonly #subtopologies = new Map<string, number>()
  readonly #tasks = new Map<string, Task>()
  readonly #byPartition = new Map<string, Task>()
  readonly #paused = new Map<string, TopicPartition>()
  #lastCommit: number
  readonly #onRebalance: (state: 'REBALANCING' | 'RUNNING') => void

  constructor(
    ports: WorkerPorts,
    topology: Topology,
    config: StreamsConfig,
    plan: TopicPlan,
    onRebalance: (state: 'REBALANCING' | 'RUNNING') => void,
  ) {
    this.#ports = ports
    this.#topology = topology
    this.#config = config
    this.#onRebalance = onRebalance
    this.#lastCommit = ports.clock.monotonic()
    const applicationId = config['application.id']
    const groups = topology.subtopologies.map((each) => ({
      subtopology: each.id,
      topics: topology.inputTopics(each.id, applicationId),
    }))
    for (const { subtopology, topics } of groups)
      for (const topic of topics) this.#subtopologies.set(topic, subtopology)
    this.#producer = ports.client.producer({
      lingerMs: config['linger.ms'],
      compression: config['compression.type'],
      idempotent: config['enable.idempotence'],
    })
    this.#collector = new ProducerCollector(this.#producer, plan.counts)
    const { clock, log } = ports
    const cacheBytes = config['statestore.cache.max.bytes']
    const globals = new GlobalStores({ collector: this.#collector, clock, log }, topology, config)
    this.#globals = globals.topics.length > 0 ? new GlobalReader(ports.client, applicationId, globals) : undefined
    this.#taskPorts = {
      collector: this.#collector,
      clock,
      log,
      ...(cacheBytes > 0 && { cache: new RecordCache(cacheBytes) }),
      globalStores: globals.stores,
    }
    const instance = config['group.instance.id']
    this.#consumer = ports.client.consumer({
      groupId: applicationId,
      ...(instance === undefined ? {} : { groupInstanceId: instance }),
      autoOffsetReset: config['auto.offset.reset'],
      maxPollRecords: config['max.poll.records'],
      sessionTimeoutMs: config['session.timeout.ms'],
      heartbeatIntervalMs: config['heartbeat.interval.ms'],
      assignors: [taskAssignor(groups)],
    })
    this.#idling = new Idling(clock, this.#consumer, config['max.task.idle.ms'])
    this.#consumer.subscribe(topology.sourceTopics(applicationId), {
      assigned: (partitions) => this.#assigned(partitions),
      revoked: (partitions) => this.#revoked(partitions),
      lost: (partitions) => this.#close(partitions),
    })
  }

  get tasks(): readonly Task[] {
    return [...this.#tasks.values()]
  }

  /** Ends a `cycle` that waits for input. */
  wakeup(): void {
    this.#consumer.wakeup()
  }

  /** One round: input, processing for a slice of time, timers, commit when due. */
  async cycle(): Promise<void> {
    await this.#globals?.poll()
    const busy = this.tasks.some((task) => task.runnable)
    for (const chunk of await this.#consumer.poll(busy ? 0 : this.#config['poll.ms'])) {
      const task = this.#byPartition.get(partitionKey(chunk))
      if (task === undefined) continue
      task.add(chunk, chunk)
      this.#idling.fetched(task, chunk)
    }
    for (const task of this.#tasks.values()) await this.#idling.settle(task)
    this.#process()
    for (const task of this.#tasks.values()) task.punctuate()
    this.#holdBack()
    this.#collector.check()
    if (!this.#producer.writable) await this.#producer.ready()
    // The slice above was synchronous: let sockets, heartbeats and timers have theirs.
    else if (busy) await new Promise((resolve) => setImmediate(resolve))
    const asked = this.tasks.some((task) => task.commitRequested)
    if (asked || this.#ports.clock.monotonic() - this.#lastCommit >= this.#config['commit.interval.ms'])
      await this.commit()
  }

  /** Flushes caches and output, then commits how far the inputs are done. */
  async commit(tasks: readonly Task[] = this.tasks): Promise<void> {
    this.#lastCommit = this.#ports.clock.monotonic()
    const due = tasks.filter((task) => task.commitNeeded)
    if (due.length === 0) return
    for (const task of due) task.prepareCommit()
    await this.#producer.flush()
    this.#collector.check()
    const offsets: TopicPartitionOffset[] = due.flatMap((task) =>
      task.inputs.flatMap((input) => {
        const committable = task.committable().get(partitionKey(input))
        return committable === undefined ? [] : [{ ...input, ...committable }]
      }),
    )
    if (offsets.length > 0 && !(await this.#commitOffsets(offsets))) return
    for (const task of due) task.committed()
  }

  /** False when the group is on the move: the next poll settles what is still ours, and that is committed then. */
  async #commitOffsets(offsets: readonly TopicPartitionOffset[]): Promise<boolean> {
    try {
      await this.#consumer.commit(offsets)
      return true
    } catch (error) {
      if (!isKnownError(error) || !(error.code === 'COMMIT_DURING_REBALANCE' || error.code === 'COMMIT_REFUSED'))
        throw error
      this.#ports.log('info', `not committed: ${error.message}`)
      return false
    }
  }

  /** True when the inputs of these tasks hold nothing that has not been processed. */
  async caughtUp(tasks: readonly Task[]): Promise<boolean> {
    if (tasks.some((task) => task.inputs.some((input) => task.buffered(input) > 0))) return false
    const inputs = tasks.flatMap((task) => task.inputs)
    const ends = await this.#consumer.endOffsets(inputs)
    for (const input of inputs) {
      if ((await this.#consumer.position(input)) < ends.get(partitionKey(input))!) return false
    }
    return tasks.every((task) => task.inputs.every((input) => task.buffered(input) === 0))
  }

  /** Commits unless something failed, leaves the group and frees everything. */
  async close(clean: boolean): Promise<void> {
    if (clean) await this.commit()
    for (const task of this.#tasks.values()) task.close()
    this.#tasks.clear()
    this.#byPartition.clear()
    await this.#consumer.close()
    await this.#globals?.close()
    await this.#producer.close()
  }

  #process(): void {
    const { clock } = this.#ports
    const end = clock.monotonic() + sliceMs
    for (let worked = true; worked;) {
      worked = false
      for (const task of this.#tasks.values()) {
        if (!task.runnable) continue
        worked = task.process(turn) > 0 || worked
        if (clock.monotonic() >= end) return
      }
    }
  }

  /** Pauses partitions of which enough records wait, and resumes them when half of that is gone. */
  #holdBack(): void {
    const most = this.#config['buffered.records.per.partition']
    const full: TopicPartition[] = []
    const free: TopicPartition[] = []
    for (const task of this.#tasks.values()) {
      for (const input of task.inputs) {
        const key = partitionKey(input)
        const waiting = task.buffered(input)
        if (waiting > most && !this.#paused.has(key)) {
          this.#paused.set(key, input)
          full.push(input)
        } else if (waiting <= most / 2 && this.#paused.delete(key)) {
          free.push(input)
        }
      }
    }
    if (full.length > 0) this.#consumer.pause(full)
    if (free.length > 0) this.#consumer.resume(free)
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const wanted = new Map<string, { subtopology: number; partition: number }>()
    for (const { topic, partition } of partitions) {
      const subtopology = this.#subtopologies.get(topic)!
      const id = `${subtopology}_${partition}`
      if (!this.#tasks.has(id)) wanted.set(id, { subtopology, partition })
    }
    await this.#globals?.load()
    for (const [id, place] of wanted) {
      const task = new Task(this.#taskPorts, this.#topology, place, this.#config)
      const committed = await this.#consumer.committed(task.inputs)
      const restored = await restoreTask(this.#ports.client, task, committed)
      task.start(new Map([...committed].map(([key, { metadata }]) => [key, decodePartitionTime(metadata ?? '')])))
      await this.#idling.started(task, committed)
      this.#tasks.set(id, task)
      for (const input of task.inputs) this.#byPartition.set(partitionKey(input), task)
      this.#ports.log('info', `task ${id} started`, { restored })
    }
    this.#onRebalance('RUNNING')
  }

  async #revoked(partitions: readonly TopicPartition[]): Promise<void> {
    const leaving = new Set(partitions.map((partition) => this.#byPartition.get(partitionKey(partition))))
    await this.commit(this.tasks.filter((task) => leaving.has(task)))
    this.#close(partitions)
  }

  #close(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const key = partitionKey(partition)
      const task = this.#byPartition.get(key)
      this.#byPartition.delete(key)
      this.#paused.delete(key)
      if (task === undefined || !this.#tasks.delete(task.id)) continue
      task.close()
      this.#ports.log('info', `task ${task.id} closed`)
    }
    this.#onRebalance('REBALANCING')
  }
}
