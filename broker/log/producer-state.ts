import type { RecordBatch } from '#core/records/batch.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import type { ProducerRow } from './producer-snapshot.ts'

/** Who writes to a log, which decides what is checked; see PartitionLog.append. */
export type AppendOrigin = 'client' | 'coordinator' | 'raft' | 'replica'

/** A batch that a producer wrote before. */
export interface KnownBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly timestamp: number
}

interface Producer {
  producerEpoch: number
  coordinatorEpoch: number
  lastTimestamp: number
  currentTxnFirstOffset: number
  /** The last of them, oldest first. */
  readonly batches: KnownBatch[]
}

/** How many batches a retry is recognised among: as many as a producer may have in flight. */
const batchesKept = 5
const highestSequence = 0x7fffffff

const follows = (last: number, next: number): boolean => next === last + 1 || (next === 0 && last === highestSequence)

/** The first sequence of a batch from its last: numbers wrap from 2^31-1 to 0. */
const firstSequenceOf = (lastSequence: number, delta: number): number =>
  lastSequence < delta ? highestSequence - (delta - lastSequence) + 1 : lastSequence - delta

/**
 * Per producer id the epoch and the last five batches: what makes a retried batch land once. Rebuilt from a snapshot and
 * the log behind it; `endOffset` says how far it got.
 */
export class ProducerStates {
  readonly #name: string
  readonly #producers = new Map<number, Producer>()
  /** The offset up to which batches are counted in. */
  endOffset = 0

  /** `name` is the partition, for messages. */
  constructor(name: string) {
    this.#name = name
  }

  get size(): number {
    return this.#producers.size
  }

  /**
   * Checks a batch before it is appended. Returns the batch that it repeats, if any; throws INVALID_PRODUCER_EPOCH or
   * OUT_OF_ORDER_SEQUENCE_NUMBER. Only clients have sequences to check; a follower takes what its leader took.
   */
  check(batch: RecordBatch, origin: AppendOrigin): KnownBatch | undefined {
    const { producerId } = batch
    if (producerId < 0 || origin === 'replica') return undefined
    const producer = this.#producers.get(producerId)
    if (producer === undefined) return undefined
    const { producerEpoch } = batch
    const duplicate = origin === 'client' ? this.#find(producer, batch) : undefined
    if (duplicate) return duplicate
    if (producerEpoch < producer.producerEpoch) {
      throw new ProtocolError(
        'INVALID_PRODUCER_EPOCH',
        `producer ${producerId} writes to ${this.#name} with epoch ${producerEpoch}, the last seen is ${producer.producerEpoch}`,
      )
    }
    if (origin === 'client') this.#checkSequence(producer, batch)
    return undefined
  }

  #find(producer: Producer, batch: RecordBatch): KnownBatch | undefined {
    if (batch.producerEpoch !== producer.producerEpoch) return undefined
    const { baseSequence, lastSequence } = batch
    return producer.batches.find((known) => known.firstSequence === baseSequence && known.lastSequence === lastSequence)
  }

  #checkSequence(producer: Producer, batch: RecordBatch): void {
    // No epoch: all that the producer wrote is gone (retention, DeleteRecords), so any sequence is as good as another.
    if (producer.producerEpoch < 0) return
    const { baseSequence, producerEpoch, producerId } = batch
    const last = producer.producerEpoch === producerEpoch ? (producer.batches.at(-1)?.lastSequence ?? -1) : -1
    const expected = producerEpoch === producer.producerEpoch ? follows(last, baseSequence) : baseSequence === 0
    if (expected) return
    throw new ProtocolError(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      `producer ${producerId} epoch ${producerEpoch} writes sequence ${baseSequence} to ${this.#name}, the last one is ${last}`,
    )
  }

  /** Counts a batch in that is in the log now, with its offsets. */
  update(batch: RecordBatch): void {
    const { producerId } = batch
    if (producerId >= 0) {
      if (batch.isControl) this.#endTransaction(producerId, batch)
      else this.#addBatch(producerId, batch)
    }
    this.endOffset = batch.lastOffset + 1
  }

  #addBatch(producerId: number, batch: RecordBatch): void {
    const { producerEpoch, baseOffset, maxTimestamp } = batch
    const producer = this.#at(producerId, producerEpoch)
    const known: KnownBatch = {
      firstSequence: batch.baseSequence,
      lastSequence: batch.lastSequence,
      baseOffset,
      lastOffset: batch.lastOffset,
      timestamp: maxTimestamp,
    }
    if (producer.batches.length === batchesKept) producer.batches.shift()
    producer.batches.push(known)
    producer.lastTimestamp = maxTimestamp
    if (batch.isTransactional && producer.currentTxnFirstOffset < 0) producer.currentTxnFirstOffset = baseOffset
  }

  /** A transaction marker: its record says which coordinator wrote it, and the transaction is over. */
  #endTransaction(producerId: number, batch: RecordBatch): void {
    const [marker] = batch.records()
    // A marker whose records were compacted away says nothing any more.
    if (marker === undefined) return
    const producer = this.#at(producerId, batch.producerEpoch)
    producer.coordinatorEpoch = marker.value && marker.value.length >= 6 ? marker.value.readInt32BE(2) : -1
    producer.currentTxnFirstOffset = -1
    producer.lastTimestamp = marker.timestamp
  }

  #at(producerId: number, epoch: number): Producer {
    let producer = this.#producers.get(producerId)
    if (producer === undefined) {
      producer = {
        producerEpoch: epoch,
        coordinatorEpoch: -1,
        lastTimestamp: -1,
        currentTxnFirstOffset: -1,
        batches: [],
      }
      this.#producers.set(producerId, producer)
    } else if (producer.producerEpoch !== epoch) {
      producer.producerEpoch = epoch
      producer.batches.length = 0
    }
    return producer
  }

  /** Forgets producers that wrote nothing for `expirationMs` and have no transaction open. */
  expire(nowMs: number, expirationMs: number): void {
    for (const [producerId, producer] of this.#producers) {
      if (producer.currentTxnFirstOffset < 0 && nowMs - producer.lastTimestamp >= expirationMs) {
        this.#producers.delete(producerId)
      }
    }
  }

  /** Starts anew, counting from an offset. */
  clear(endOffset: number): void {
    this.#producers.clear()
    this.endOffset = endOffset
  }

  /** What a snapshot of now holds. */
  rows(): ProducerRow[] {
    return [...this.#producers].map(([producerId, producer]) => {
      const last = producer.batches.at(-1)
      return {
        producerId,
        producerEpoch: producer.producerEpoch,
        lastSequence: last?.lastSequence ?? -1,
        lastOffset: last?.lastOffset ?? -1,
        offsetDelta: last ? last.lastOffset - last.baseOffset : 0,
        timestamp: producer.lastTimestamp,
        coordinatorEpoch: producer.coordinatorEpoch,
        currentTxnFirstOffset: producer.currentTxnFirstOffset,
      }
    })
  }

  /** Takes the rows of a snapshot that was made at `endOffset`. */
  restore(rows: readonly ProducerRow[], endOffset: number): void {
    this.clear(endOffset)
    for (const row of rows) {
      const last: KnownBatch = {
        firstSequence: firstSequenceOf(row.lastSequence, row.offsetDelta),
        lastSequence: row.lastSequence,
        baseOffset: row.lastOffset - row.offsetDelta,
        lastOffset: row.lastOffset,
        timestamp: row.timestamp,
      }
      this.#producers.set(row.producerId, {
        producerEpoch: row.producerEpoch,
        coordinatorEpoch: row.coordinatorEpoch,
        lastTimestamp: row.timestamp,
        currentTxnFirstOffset: row.currentTxnFirstOffset,
        batches: row.lastOffset >= 0 ? [last] : [],
      })
    }
  }
}
