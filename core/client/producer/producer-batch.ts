import type { Delivered } from '#core/client/client.ts'
import { sequenceAfter } from '#core/client/producer/partition-queue.ts'
import { RecordBatch } from '#core/records/batch.ts'
import { BatchBuilder, type BatchBuilderOptions } from '#core/records/batch-builder.ts'
import type { Header } from '#core/records/record.ts'

/** Under which name a batch is sent, so that a broker recognises it when it comes again. */
export interface Stamp {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
}

/** Records for one partition that travel together. */
export class ProducerBatch {
  /** Place among the batches of its partition: what is sent again goes back to its place. */
  readonly order: number
  readonly createdMs: number
  /** When it is given up, on the monotonic clock. */
  readonly deadlineMs: number
  /** Sends so far. */
  attempts = 0
  /** Takes no more records. */
  closed = false
  /** A failure of it is told by the next flush. */
  countsForFlush = false
  stamp: Stamp | undefined
  /** Upper bound of what it holds in memory. */
  bytes = 0
  readonly #options: BatchBuilderOptions
  readonly #builder: BatchBuilder
  #delivered: (Delivered | undefined)[] | undefined
  #built: Buffer | undefined
  /** Orders up to `order + span` are this batch's own: its halves divide them. */
  #span = 1
  #waiters: (() => void)[] | undefined
  #through = false

  /** `memory` is to be built in; it is the batch's own from here on. */
  constructor(order: number, createdMs: number, deadlineMs: number, options: BatchBuilderOptions, memory?: Buffer) {
    this.order = order
    this.createdMs = createdMs
    this.deadlineMs = deadlineMs
    this.#options = options
    this.#builder = new BatchBuilder(memory === undefined ? options : { ...options, memory })
  }

  get count(): number {
    return this.#builder.count
  }

  /** What the batch was built in; free to be used again when the batch is through and was sent only once. */
  get memory(): Buffer {
    return this.#builder.memory
  }

  get sizeInBytes(): number {
    return this.#built?.length ?? this.#builder.sizeInBytes
  }

  append(
    timestamp: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly Header[] | undefined,
    bytes: number,
    delivered: Delivered | undefined,
  ): void {
    const index = this.#builder.count
    this.#builder.append(timestamp, key, value, headers)
    this.bytes += bytes
    if (delivered !== undefined) (this.#delivered ??= [])[index] = delivered
  }

  /** The bytes to send. The first call closes the batch; a new stamp is written into the bytes that are there. */
  build(stamp: Stamp | undefined): Buffer {
    this.closed = true
    if (this.#built === undefined) {
      this.#built = this.#builder.build(stamp)
    } else if (stamp !== undefined && stamp !== this.stamp) {
      const { producerId, producerEpoch, baseSequence } = stamp
      RecordBatch.at(this.#built).setProducerAndRecomputeCrc(producerId, producerEpoch, baseSequence)
    }
    this.stamp = stamp
    return this.#built
  }

  /**
   * The same records as two batches, for a broker that found this one too large. Who waited for this batch waits for
   * both halves, and the halves share its place in the sequence: nothing of it was written.
   */
  split(): readonly [ProducerBatch, ProducerBatch] {
    const middle = this.count >> 1
    const { producerId, producerEpoch, baseSequence } = this.stamp ?? {
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
    }
    const halves = [0, middle].map((start, index) => {
      const half = new ProducerBatch(
        this.order + (index * this.#span) / 2,
        this.createdMs,
        this.deadlineMs,
        this.#options,
      )
      half.closed = true
      half.#span = this.#span / 2
      half.attempts = this.attempts
      half.countsForFlush = this.countsForFlush
      half.bytes = index === 0 ? this.bytes >> 1 : this.bytes - (this.bytes >> 1)
      half.#delivered = this.#delivered?.slice(start, index === 0 ? middle : undefined)
      if (this.stamp !== undefined)
        half.stamp = { producerId, producerEpoch, baseSequence: sequenceAfter(baseSequence, start) }
      return half
    }) as [ProducerBatch, ProducerBatch]
    let at = 0
    for (const { timestamp, key, value, headers } of RecordBatch.at(this.#built!).records()) {
      halves[at++ < middle ? 0 : 1].#builder.append(timestamp, key, value, headers)
    }
    let open = 2
    const through = (): void => void (--open === 0 && this.#end())
    for (const half of halves) half.#waiters = [through]
    return halves
  }

  /** Resolves when the batch is through, either way. */
  done(): Promise<void> {
    if (this.#through) return Promise.resolve()
    return new Promise((resolve) => (this.#waiters ??= []).push(resolve))
  }

  /** Tells everybody who waits. `baseOffset` is -1 where the broker does not say. */
  finish(error: Error | null, partition: number, baseOffset: number): void {
    const delivered = this.#delivered
    if (delivered !== undefined) {
      for (let i = 0; i < delivered.length; i++) delivered[i]?.(error, partition, baseOffset < 0 ? -1 : baseOffset + i)
    }
    this.#end()
  }

  #end(): void {
    this.#through = true
    if (this.#waiters !== undefined) for (const waiter of this.#waiters) waiter()
  }
}
