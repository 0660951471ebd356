import type * as Kafkajs from 'kafkajs'

import {
  type Consumer,
  type ConsumerOptions,
  type ConsumerRecord,
  type FetchedPartition,
  type OffsetAndMetadata,
  partitionKey,
  type RebalanceListener,
  type TopicPartition,
  type TopicPartitionOffset,
} from '#core/client/client.ts'
import { KafkajsAdmin } from '#core/client/kafkajs/admin.ts'
import { cannot, type Load } from '#core/client/kafkajs/limits.ts'
import type { Header } from '#core/records/record.ts'

interface Waiting {
  readonly fetched: FetchedPartition
  readonly done: () => void
}

/**
 * A group consumer: kafkajs pushes batches, `poll` hands them out one by one, and the push is held back until the next
 * poll, so that no more than one batch per partition is out.
 */
export class KafkajsConsumer implements Consumer {
  readonly #load: Load
  readonly #options: ConsumerOptions
  readonly #positions = new Map<string, number>()
  readonly #paused = new Map<string, TopicPartition>()
  #consumer: Promise<Kafkajs.Consumer> | undefined
  #assignment: TopicPartition[] = []
  #waiting: Waiting[] = []
  #out: Waiting[] = []
  #wake: () => void = () => {}

  constructor(load: Load, options: ConsumerOptions) {
    if (options.groupInstanceId !== undefined) cannot('static membership')
    if (options.assignors !== undefined) cannot('assignors of the client port')
    if (options.autoOffsetReset === 'none') cannot('autoOffsetReset none')
    this.#load = load
    this.#options = options
  }

  subscribe(topics: readonly string[] | RegExp, listener: RebalanceListener = {}): void {
    this.#consumer ??= this.#start(topics, listener)
    this.#consumer.catch(() => this.#wake())
  }

  assign(): never {
    return cannot('manual assignment')
  }

  get assignment(): readonly TopicPartition[] {
    return this.#assignment
  }

  async poll(timeoutMs: number): Promise<FetchedPartition[]> {
    await this.#consumer
    for (const { done } of this.#out.splice(0)) done()
    if (this.#waiting.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#out = this.#waiting.splice(0)
    return this.#out.map(({ fetched }) => {
      this.#positions.set(partitionKey(fetched), fetched.nextOffset)
      return fetched
    })
  }

  wakeup(): void {
    this.#wake()
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const each of partitions) this.#paused.set(partitionKey(each), each)
    void this.#consumer?.then((consumer) => consumer.pause(grouped(partitions)))
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const each of partitions) this.#paused.delete(partitionKey(each))
    void this.#consumer?.then((consumer) => consumer.resume(grouped(partitions)))
  }

  get paused(): readonly TopicPartition[] {
    return [...this.#paused.values()]
  }

  seek({ topic, partition }: TopicPartition, offset: number): void {
    this.#positions.set(partitionKey({ topic, partition }), offset)
    void this.#consumer?.then((consumer) => consumer.seek({ topic, partition, offset: String(offset) }))
  }

  async seekToBeginning(partitions: readonly TopicPartition[]): Promise<void> {
    const offsets = await this.beginningOffsets(partitions)
    for (const each of partitions) this.seek(each, offsets.get(partitionKey(each))!)
  }

  async seekToEnd(partitions: readonly TopicPartition[]): Promise<void> {
    const offsets = await this.endOffsets(partitions)
    for (const each of partitions) this.seek(each, offsets.get(partitionKey(each))!)
  }

  async position(partition: TopicPartition): Promise<number> {
    return this.#positions.get(partitionKey(partition)) ?? cannot('position before the first record')
  }

  async commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const consumer = await (this.#consumer ?? cannot('commits without a subscription'))
    await consumer.commitOffsets(
      offsets.map(({ topic, partition, offset, metadata = '' }) => ({
        topic,
        partition,
        offset: String(offset),
        metadata,
      })),
    )
  }

  async committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, OffsetAndMetadata>> {
    const found = await this.#withAdmin((admin) => admin.groupOffsets(this.#options.groupId ?? ''))
    const wanted = new Set(partitions.map(partitionKey))
    return new Map(found.map((each) => [partitionKey(each), each] as const).filter(([key]) => wanted.has(key)))
  }

  beginningOffsets(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>> {
    return this.#withAdmin((admin) => admin.watermarks(partitions, 'low'))
  }

  endOffsets(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>> {
    return this.#withAdmin((admin) => admin.watermarks(partitions, 'high'))
  }

  enforceRebalance(): never {
    return cannot('rebalance on demand')
  }

  async close(): Promise<void> {
    for (const { done } of [...this.#out.splice(0), ...this.#waiting.splice(0)]) done()
    await (await this.#consumer)?.disconnect()
  }

  async #withAdmin<T>(ask: (admin: KafkajsAdmin) => Promise<T>): Promise<T> {
    const admin = new KafkajsAdmin(this.#load)
    try {
      return await ask(admin)
    } finally {
      await admin.close()
    }
  }

  async #start(
    topics: readonly string[] | RegExp,
    { assigned, revoked }: RebalanceListener,
  ): Promise<Kafkajs.Consumer> {
    const { groupId, autoOffsetReset, isolationLevel, autoCommitIntervalMs } = this.#options
    if (groupId === undefined) return cannot('consumers without a group')
    const consumer = (await this.#load()).consumer({
      groupId,
      readUncommitted: isolationLevel !== 'read_committed',
      sessionTimeout: this.#options.sessionTimeoutMs ?? 45_000,
      rebalanceTimeout: this.#options.rebalanceTimeoutMs ?? 300_000,
      heartbeatInterval: this.#options.heartbeatIntervalMs ?? 3000,
      maxWaitTimeInMs: this.#options.maxWaitMs ?? 500,
    })
    consumer.on('consumer.rebalancing', () => void revoked?.(this.#assignment.splice(0)))
    consumer.on('consumer.group_join', ({ payload: { memberAssignment } }) => {
      this.#assignment = Object.entries(memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic, partition })),
      )
      void assigned?.(this.#assignment)
    })
    await consumer.connect()
    await consumer.subscribe({
      topics: topics instanceof RegExp ? [topics] : [...topics],
      fromBeginning: autoOffsetReset === 'earliest',
    })
    await consumer.run({
      autoCommit: autoCommitIntervalMs !== undefined,
      ...(autoCommitIntervalMs === undefined ? {} : { autoCommitInterval: autoCommitIntervalMs }),
      partitionsConsumedConcurrently: 64,
      eachBatch: ({ batch }) =>
        new Promise((resolve) => {
          this.#waiting.push({ fetched: fetchedFrom(batch), done: () => resolve() })
          this.#wake()
        }),
    })
    return consumer
  }
}

const grouped = (partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] =>
  partitions.map(({ topic, partition }) => ({ topic, partitions: [partition] }))

function fetchedFrom({ topic, partition, messages, highWatermark }: Kafkajs.Batch): FetchedPartition {
  const records = messages.map((message): ConsumerRecord => ({
    topic,
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    leaderEpoch: -1,
    key: message.key,
    value: message.value,
    headers: headersOf(message.headers),
  }))
  return {
    topic,
    partition,
    count: records.length,
    nextOffset: (records.at(-1)?.offset ?? -1) + 1,
    highWatermark: Number(highWatermark),
    [Symbol.iterator]: () => records[Symbol.iterator](),
  }
}

const headersOf = (headers: Kafkajs.IHeaders = {}): Header[] =>
  Object.entries(headers).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => ({
      key,
      value: each === undefined ? null : Buffer.from(each),
    })),
  )
