import type * as Kafkajs from 'kafkajs'

import {
  type Delivered,
  type OutgoingRecord,
  partitionKey,
  type Producer,
  type ProducerOptions,
  type RecordPosition,
} from '#core/client/client.ts'
import { asError } from '#core/client/errors.ts'
import { KafkajsAdmin } from '#core/client/kafkajs/admin.ts'
import { cannot, type Load } from '#core/client/kafkajs/limits.ts'
import { keyHashPartitioner } from '#core/client/producer/partitioners.ts'
import { recordSizeBound } from '#core/records/batch-builder.ts'

interface Pending {
  readonly record: OutgoingRecord
  readonly bytes: number
  readonly delivered: Delivered | undefined
}

/** Gathers what one turn appends, and what comes while a send is under way, into one send. */
export class KafkajsProducer implements Producer {
  readonly #options: ProducerOptions
  readonly #producer: Promise<Kafkajs.Producer>
  readonly #admin: KafkajsAdmin
  readonly #counts = new Map<string, number>()
  #pending: Pending[] = []
  #pendingBytes = 0
  #sending: Promise<void> | undefined
  #failure: Error | undefined

  constructor(load: Load, options: ProducerOptions) {
    const { compression = 'none', lingerMs = 0 } = options
    if (compression !== 'none' && compression !== 'gzip') cannot(`compression ${compression} of its own`)
    if (lingerMs > 0) cannot('lingerMs')
    this.#options = options
    this.#admin = new KafkajsAdmin(load)
    const idempotent = options.idempotent ?? (options.acks ?? -1) === -1
    this.#producer = load().then(async (kafka) => {
      const producer = kafka.producer({ idempotent, maxInFlightRequests: options.maxInFlight ?? 1 })
      await producer.connect()
      return producer
    })
    this.#producer.catch((error: unknown) => (this.#failure = asError(error)))
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  get writable(): boolean {
    return this.#pendingBytes < (this.#options.bufferMemory ?? 33_554_432)
  }

  async ready(): Promise<void> {
    while (!this.writable) await this.#sending
  }

  append(record: OutgoingRecord, delivered?: Delivered): void {
    const bytes = recordSizeBound(record.key, record.value, record.headers)
    this.#pending.push({ record, bytes, delivered })
    this.#pendingBytes += bytes
    this.#sending ??= Promise.resolve().then(() => this.#drain())
  }

  send(record: OutgoingRecord): Promise<RecordPosition> {
    return new Promise((resolve, reject) => {
      this.append(record, (error, partition, offset) =>
        error === null ? resolve({ topic: record.topic, partition, offset }) : reject(error),
      )
    })
  }

  async flush(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  async partitionsFor(topic: string): Promise<number> {
    return (await this.#admin.describeTopics([topic]))[0]?.partitions.length ?? 0
  }

  async close(): Promise<void> {
    try {
      await this.flush()
    } finally {
      await (await this.#producer).disconnect()
      await this.#admin.close()
    }
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending
      this.#pending = []
      try {
        await this.#sendAll(batch)
      } catch (error) {
        this.#failure ??= asError(error)
        for (const { record, delivered } of batch) delivered?.(asError(error), record.partition ?? -1, -1)
      }
      for (const { bytes } of batch) this.#pendingBytes -= bytes
    }
    this.#sending = undefined
  }

  /** Partitions are chosen here, so that it is known which offset is whose. */
  async #sendAll(batch: readonly Pending[]): Promise<void> {
    const producer = await this.#producer
    const {
      acks = -1,
      compression = 'none',
      requestTimeoutMs = 30_000,
      partitioner = keyHashPartitioner(),
    } = this.#options
    const landed = new Map<string, Pending[]>()
    const topics = new Map<string, Kafkajs.Message[]>()
    for (const each of batch) {
      const { topic, key, value, timestamp, headers = [] } = each.record
      const partition = each.record.partition ?? partitioner(each.record, await this.#count(topic))
      const message = {
        key: key === null ? null : Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        partition,
        headers: Object.fromEntries(headers.map(({ key: name, value: bytes }) => [name, Buffer.from(bytes ?? [])])),
        ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }),
      }
      topics.set(topic, [...(topics.get(topic) ?? []), message])
      const place = partitionKey({ topic, partition })
      landed.set(place, [...(landed.get(place) ?? []), each])
    }
    const results = await producer.sendBatch({
      acks,
      timeout: requestTimeoutMs,
      compression: compression === 'gzip' ? 1 : 0,
      topicMessages: [...topics].map(([topic, messages]) => ({ topic, messages })),
    })
    const offsets = new Map(
      results.map(({ topicName, partition, baseOffset }) => [
        partitionKey({ topic: topicName, partition }),
        Number(baseOffset ?? -1),
      ]),
    )
    for (const [place, records] of landed) {
      const base = offsets.get(place) ?? -1
      const partition = Number(place.slice(place.lastIndexOf('-') + 1))
      records.forEach(({ delivered }, index) => delivered?.(null, partition, base < 0 ? -1 : base + index))
    }
  }

  async #count(topic: string): Promise<number> {
    const known = this.#counts.get(topic)
    if (known !== undefined) return known
    const count = await this.partitionsFor(topic)
    this.#counts.set(topic, count)
    return count
  }
}
