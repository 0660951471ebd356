import type { Delivered, OutgoingRecord, Producer, ProducerOptions, RecordPosition } from '#core/client/client.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import type { Links } from '#core/client/cluster/links.ts'
import { asError, clientErrors } from '#core/client/errors.ts'
import { BatchMemory } from '#core/client/producer/batch-memory.ts'
import { producerSettings, type ProducerSettings } from '#core/client/producer/options.ts'
import type { PartitionQueue } from '#core/client/producer/partition-queue.ts'
import { ProducerBatch } from '#core/client/producer/producer-batch.ts'
import { Sender } from '#core/client/producer/sender.ts'
import { TopicQueues } from '#core/client/producer/topic-queues.ts'
import { recordSizeBound } from '#core/records/batch-builder.ts'
import { batchHeaderBytes } from '#core/records/layout.ts'

/** Records for a topic whose partition count is not known yet, in the order of their appends. */
interface Unplaced {
  readonly entries: Entry[]
  readonly placed: Promise<void>
}

/** A record with its size bound in bytes and who is told: its `delivered`, and `flush` unless it came by `send`. */
interface Entry {
  readonly record: OutgoingRecord
  readonly bytes: number
  readonly delivered: Delivered | undefined
  readonly sent: boolean
}

/** The record with bytes of its own, for callers that reuse theirs. */
const snapshot = (record: OutgoingRecord): OutgoingRecord => ({
  ...record,
  key: record.key === null ? null : Buffer.from(record.key),
  value: record.value === null ? null : Buffer.from(record.value),
})

/** A producer that collects records per partition and sends batches; see `Sender` for what happens to those. */
export class LeanProducer implements Producer {
  readonly #cluster: Cluster
  readonly #links: Links
  readonly #settings: ProducerSettings
  readonly #sender: Sender
  readonly #stopListening: () => void
  readonly #onClosed: () => void
  readonly #topics = new Map<string, TopicQueues>()
  readonly #unplaced = new Map<string, Unplaced>()
  /** Batches made and not through. */
  readonly #open = new Set<ProducerBatch>()
  readonly #memory: BatchMemory
  #lastTopic: TopicQueues | undefined
  #pendingBytes = 0
  #ready: (() => void)[] = []
  #failure: Error | undefined
  #closing: Promise<void> | undefined
  #closed = false

  constructor(cluster: Cluster, options: ProducerOptions, onClosed: () => void = () => {}) {
    this.#cluster = cluster
    this.#onClosed = onClosed
    this.#settings = producerSettings(options)
    this.#memory = new BatchMemory(this.#settings.batchSize, this.#settings.bufferMemory)
    this.#links = cluster.links()
    this.#sender = new Sender(cluster, this.#links, this.#settings, (...through) => this.#finished(...through))
    this.#stopListening = cluster.onRefresh(() => this.#updateCounts())
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  get writable(): boolean {
    return this.#pendingBytes < this.#settings.bufferMemory
  }

  ready(): Promise<void> {
    if (this.writable) return Promise.resolve()
    return new Promise((resolve) => this.#ready.push(resolve))
  }

  append(record: OutgoingRecord, delivered?: Delivered): void {
    this.#add(record, delivered, false)
  }

  send(record: OutgoingRecord): Promise<RecordPosition> {
    return new Promise((resolve, reject) => {
      const settled: Delivered = (error, partition, offset) =>
        error === null ? resolve({ topic: record.topic, partition, offset }) : reject(error)
      this.#add(record, settled, true)
    })
  }

  async flush(): Promise<void> {
    this.#sender.beginFlush()
    try {
      while (this.#unplaced.size > 0) await Promise.all([...this.#unplaced.values()].map(({ placed }) => placed))
      await Promise.all([...this.#open].map((batch) => batch.done()))
    } finally {
      this.#sender.endFlush()
    }
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  async partitionsFor(topic: string): Promise<number> {
    return (await this.#cluster.topic(topic, true)).partitions.length
  }

  close(): Promise<void> {
    this.#closing ??= this.flush().finally(() => this.abandon())
    return this.#closing
  }

  /** Closes without waiting: what is not acknowledged fails with CLIENT_CLOSED. */
  abandon(): void {
    if (this.#closed) return
    this.#closed = true
    this.#stopListening()
    this.#sender.close(clientErrors.CLIENT_CLOSED({ what: 'producer' }))
    this.#links.close()
    this.#onClosed()
  }

  #add(record: OutgoingRecord, delivered: Delivered | undefined, sent: boolean): void {
    if (this.#closing !== undefined || this.#closed) throw clientErrors.CLIENT_CLOSED({ what: 'producer' })
    const { key, value, headers, topic } = record
    const bytes = recordSizeBound(key, value, headers)
    this.#pendingBytes += bytes
    const { maxRequestSize } = this.#settings
    const { timestamp } = record
    if (timestamp !== undefined && !Number.isSafeInteger(timestamp)) {
      return this.#refuse(clientErrors.TIMESTAMP_INVALID({ timestamp, topic }), { record, bytes, delivered, sent })
    }
    const size = bytes + batchHeaderBytes
    if (size > maxRequestSize) {
      const error = clientErrors.RECORD_TOO_LARGE({ size, topic, limit: maxRequestSize })
      return this.#refuse(error, { record, bytes, delivered, sent })
    }
    const queues = this.#lastTopic?.name === topic ? this.#lastTopic : this.#queuesOf(topic)
    if (queues === undefined) {
      this.#unplacedOf(topic).entries.push({ record: snapshot(record), bytes, delivered, sent })
    } else {
      this.#lastTopic = queues
      this.#place(queues, record, bytes, delivered, sent)
    }
  }

  #place(
    queues: TopicQueues,
    record: OutgoingRecord,
    bytes: number,
    delivered: Delivered | undefined,
    sent: boolean,
  ): void {
    let queue: PartitionQueue
    try {
      queue = queues.choose(record, bytes)
    } catch (error) {
      return this.#refuse(asError(error), { record, bytes, delivered, sent })
    }
    const { batchSize, compression, deliveryTimeoutMs } = this.#settings
    const { clock } = this.#cluster.ports
    let batch = queue.waiting.at(-1)
    if (batch !== undefined && !batch.closed && batch.sizeInBytes + bytes > batchSize) {
      batch.closed = true
      this.#sender.wake(queue)
    }
    if (batch === undefined || batch.closed) {
      const now = clock.monotonic()
      const options = { compression, initialBytes: Math.min(batchSize, Math.max(1024, 4 * bytes)) }
      batch = new ProducerBatch(queue.nextOrder(), now, now + deliveryTimeoutMs, options, this.#memory.take())
      queue.waiting.push(batch)
      this.#track(batch)
      this.#sender.wake(queue)
    }
    batch.append(record.timestamp ?? clock.now(), record.key, record.value, record.headers, bytes, delivered)
    if (!sent) batch.countsForFlush = true
  }

  #track(batch: ProducerBatch): void {
    this.#open.add(batch)
    void batch.done().then(() => this.#open.delete(batch))
  }

  #queuesOf(topic: string): TopicQueues | undefined {
    const known = this.#topics.get(topic)
    if (known !== undefined) return known
    const count = this.#cluster.metadata.topic(topic)?.partitions.length
    // Records that wait for the count go first.
    if (count === undefined || count === 0 || this.#unplaced.has(topic)) return undefined
    const { metadata, ports } = this.#cluster
    const available = (name: string, partition: number): boolean => metadata.leader(name, partition) !== undefined
    const queues = new TopicQueues(topic, count, this.#settings, ports.random, available)
    this.#topics.set(topic, queues)
    return queues
  }

  #unplacedOf(topic: string): Unplaced {
    let unplaced = this.#unplaced.get(topic)
    if (unplaced === undefined) {
      unplaced = { entries: [], placed: this.#awaitTopic(topic) }
      this.#unplaced.set(topic, unplaced)
    }
    return unplaced
  }

  async #awaitTopic(topic: string): Promise<void> {
    let failure: Error | undefined
    try {
      await this.#cluster.topic(topic, true)
    } catch (error) {
      failure = asError(error)
    }
    const { entries } = this.#unplaced.get(topic)!
    this.#unplaced.delete(topic)
    const queues = failure === undefined && !this.#closed ? this.#queuesOf(topic) : undefined
    for (const entry of entries) {
      const { record, bytes, delivered, sent } = entry
      if (queues !== undefined) this.#place(queues, record, bytes, delivered, sent)
      else this.#refuse(failure ?? clientErrors.CLIENT_CLOSED({ what: 'producer' }), entry)
    }
  }

  #updateCounts(): void {
    for (const queues of this.#topics.values()) {
      const count = this.#cluster.metadata.topic(queues.name)?.partitions.length ?? 0
      if (count > 0) queues.count = count
    }
  }

  #finished(queue: PartitionQueue, batch: ProducerBatch, error: Error | null, baseOffset: number): void {
    this.#release(batch.bytes)
    if (error !== null && batch.countsForFlush) this.#failure ??= error
    batch.finish(error, queue.partition, baseOffset)
    // A batch that was sent twice may still lie in the queue of a connection that is dying.
    if (error === null && batch.attempts === 1) this.#memory.give(batch.memory)
    if (this.#pendingBytes === 0) this.#memory.trim()
  }

  #refuse(error: Error, { record, bytes, delivered, sent }: Entry): void {
    this.#release(bytes)
    if (!sent) this.#failure ??= error
    delivered?.(error, record.partition ?? -1, -1)
  }

  #release(bytes: number): void {
    this.#pendingBytes -= bytes
    if (this.#ready.length > 0 && this.writable) for (const resolve of this.#ready.splice(0)) resolve()
  }
}
