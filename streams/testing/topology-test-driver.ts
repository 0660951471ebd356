import { VirtualTime } from '#core/ports/virtual-time.ts'
import type { Header } from '#core/records/record.ts'
import { noHeaders } from '#core/records/record.ts'
import { silentLog } from '#core/telemetry/log.ts'
import type { DropReason } from '../operators/context.ts'
import type { Duration } from '../operators/duration.ts'
import { durationMs } from '../operators/duration.ts'
import type { Topic } from '../dsl/topic.ts'
import type { StateStore } from '../state/store.ts'
import type { Collector } from '../runtime/collector.ts'
import { GlobalStores } from '../runtime/global-stores.ts'
import { Task } from '../runtime/task.ts'
import type { TaskConfig } from '../runtime/task-config.ts'
import { whole } from '../topology/node.ts'
import type { Topology } from '../topology/topology.ts'

/** A record for a test: without a timestamp it gets the driver's wall-clock time. */
export interface TestInput<K, V> {
  readonly key: K | null
  readonly value: V | null
  readonly timestamp?: number
  readonly headers?: readonly Header[]
}

/** A record that came out. */
export interface TestOutput<K, V> {
  readonly key: K
  readonly value: V
  readonly timestamp: number
  readonly headers: readonly Header[]
}

/** A record that came out, as bytes; also those of internal topics. */
export interface ProducedRecord {
  readonly topic: string
  readonly partition: number | null
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: number
  readonly headers: readonly Header[]
}

/** Settings of a test driver. */
export interface TestDriverOptions {
  /** Any of a task's settings; default application id `test`, cache of 10 MiB, errors fail. */
  readonly config?: Partial<TaskConfig>
  /** Wall-clock time at the start, ms. */
  readonly startTime?: number
  /** `record` (default) commits after every record, so caches hold nothing back; `manual` waits for `commit()`. */
  readonly commit?: 'record' | 'manual'
  /** Sees every record that comes out, in order, those of internal topics as well. */
  readonly onProduced?: (record: ProducedRecord) => void
}

/**
 * Runs a topology without a broker and without waiting: every topic has one partition, all subtopologies are one task,
 * time moves when told to. What is written to a topic that the topology reads goes in again, in the same call.
 */
export class TopologyTestDriver implements Disposable {
  readonly #time: VirtualTime
  readonly #task: Task
  readonly #globals: GlobalStores
  readonly #applicationId: string
  readonly #options: TestDriverOptions
  readonly #fixedInputs: ReadonlySet<string>
  readonly #patterns: readonly RegExp[]
  readonly #offsets = new Map<string, number>()
  readonly #outputs = new Map<string, ProducedRecord[]>()
  #produced: ProducedRecord[] = []

  constructor(topology: Topology, options: TestDriverOptions = {}) {
    this.#options = options
    this.#time = new VirtualTime(options.startTime ?? 0)
    const config: TaskConfig = {
      'application.id': 'test',
      'statestore.cache.max.bytes': 10_485_760,
      'emit.interval.ms': 0,
      ...options.config,
    }
    this.#applicationId = config['application.id']
    this.#fixedInputs = new Set(topology.sourceTopics(this.#applicationId))
    this.#patterns = topology.nodes.flatMap((node) =>
      node.kind === 'source' && node.topics instanceof RegExp ? [whole(node.topics)] : [],
    )
    const collector = {
      partitionCount: () => 1,
      send: (...[topic, partition, key, value, timestamp, headers]: Parameters<Collector['send']>) => {
        this.#produced.push({ topic, partition, key, value, timestamp, headers })
      },
    }
    const ports = { collector, clock: this.#time, log: silentLog }
    this.#globals = new GlobalStores(ports, topology, config)
    this.#task = new Task(
      { ...ports, globalStores: this.#globals.stores },
      topology,
      { subtopology: 'all', partition: 0 },
      config,
    )
    this.#task.start()
    this.#afterWork()
  }

  /** Puts records into a topic and runs everything that comes of them. Throws what the topology's handlers let fail. */
  pipe<K, V>(topic: Topic<K, V>, ...records: readonly TestInput<K, V>[]): void {
    for (const { key, value, timestamp, headers } of records) {
      this.pipeBytes(topic.name, {
        key: key === null ? null : topic.key.serialize(key, topic.name),
        value: value === null ? null : topic.value.serialize(value, topic.name),
        ...(timestamp !== undefined && { timestamp }),
        ...(headers !== undefined && { headers }),
      })
    }
  }

  /** The same with a record as bytes. */
  pipeBytes(topic: string, record: TestInput<Buffer, Buffer>): void {
    const { key, value, timestamp = this.#time.now(), headers = noHeaders } = record
    this.#enqueue(topic, key, value, timestamp, headers)
    // A record that cannot be read may have left something in a dead letter topic.
    this.#afterWork()
    this.#run()
  }

  /** What came out to a topic since the last read. */
  read<K, V>(topic: Topic<K, V>): TestOutput<K, V>[] {
    return this.readBytes(topic.name).map(({ key, value, timestamp, headers }) => ({
      key: (key === null ? null : topic.key.deserialize(key, topic.name)) as K,
      value: (value === null ? null : topic.value.deserialize(value, topic.name)) as V,
      timestamp,
      headers,
    }))
  }

  /** The same as bytes; internal topics have the application id in front. */
  readBytes(topic: string): ProducedRecord[] {
    const records = this.#outputs.get(topic) ?? []
    this.#outputs.delete(topic)
    return records
  }

  /** Moves the wall clock and runs the punctuations that fall due. */
  advanceWallClock(by: Duration): void {
    this.#time.advance(durationMs(by, 'advanceWallClock'))
    this.#task.punctuate()
    this.#commitIfEach()
    this.#afterWork()
    this.#run()
  }

  /** Flushes caches and what comes of it; only needed with `commit: 'manual'`. */
  commit(): void {
    this.#task.prepareCommit()
    this.#task.committed()
    this.#afterWork()
    this.#run()
  }

  /** As at the end of all input: results held back for the end of their window come out. */
  closeWindows(): void {
    this.#task.closeWindows()
    this.#commitIfEach()
    this.#afterWork()
    this.#run()
  }

  /** A state store by name. */
  store<S extends StateStore>(name: string): S | undefined {
    return this.#task.store(name) as S | undefined
  }

  /** Records left out so far, by reason. */
  get dropped(): Readonly<Partial<Record<DropReason, number>>> {
    const counts: Partial<Record<DropReason, number>> = { ...this.#task.dropped }
    for (const [reason, count] of Object.entries(this.#globals.dropped) as [DropReason, number][]) {
      counts[reason] = (counts[reason] ?? 0) + count
    }
    return counts
  }

  get streamTime(): number {
    return this.#task.streamTime
  }

  close(): void {
    this.#task.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #run(): void {
    while (this.#task.runnable) {
      this.#task.process(1)
      this.#commitIfEach()
      this.#afterWork()
    }
  }

  #commitIfEach(): void {
    if (this.#options.commit === 'manual') return
    this.#task.prepareCommit()
    this.#task.committed()
  }

  /** Hands out what was produced; what the topology reads itself goes in again. */
  #afterWork(): void {
    const produced = this.#produced
    this.#produced = []
    for (const record of produced) {
      const { topic, key, value, timestamp, headers } = record
      this.#options.onProduced?.(record)
      const queue = this.#outputs.get(topic)
      if (queue === undefined) this.#outputs.set(topic, [record])
      else queue.push(record)
      if (this.#isInput(topic)) this.#enqueue(topic, key, value, timestamp, headers)
    }
  }

  #isInput(topic: string): boolean {
    return this.#fixedInputs.has(topic) || this.#patterns.some((pattern) => pattern.test(topic))
  }

  #enqueue(
    topic: string,
    key: Buffer | null,
    value: Buffer | null,
    timestamp: number,
    headers: readonly Header[],
  ): void {
    const offset = this.#offsets.get(topic) ?? 0
    this.#offsets.set(topic, offset + 1)
    const record = { key, value, timestamp, headers, offset }
    if (this.#globals.topics.includes(topic)) this.#globals.add(topic, [record])
    else this.#task.add({ topic, partition: 0 }, [record])
  }
}
