import type { RecordBatch } from '#core/records/batch.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import { OpenTransactions } from './open-transactions.ts'
import type { ProducerRow } from './producer-snapshot.ts'
import type { AbortedTransaction } from './transaction-index.ts'
import { markerOf } from './transaction-marker.ts'

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

/** A producer as DescribeProducers shows it. */
export interface ActiveProducer {
  readonly producerId: number
  readonly producerEpoch: number
  /** Of its newest batch in this epoch, -1 without. */
  readonly lastSequence: number
  readonly lastTimestamp: number
  /** Of the last marker, -1 without. */
  readonly coordinatorEpoch: number
  /** Where its open transaction began, -1 without. */
  readonly currentTxnStartOffset: number
}

/** A transaction that has no marker yet: where it began, and the present epoch of its producer. */
export interface OpenTransaction {
  readonly firstOffset: number
  readonly producerEpoch: number
}

/** From this version of transactions on every one of them has an epoch of its own (KIP-890). */
const epochPerTransaction = 2
const highestEpoch = 0x7fff

/** How many batches a retry is recognised among: as many as a producer may have in flight. */
const batchesKept = 5
const highestSequence = 0x7fffffff

const follows = (last: number, next: number): boolean => next === last + 1 || (next === 0 && last === highestSequence)

/** The first sequence of a batch from its last: numbers wrap from 2^31-1 to 0. */
const firstSequenceOf = (lastSequence: number, delta: number): number =>
  lastSequence < delta ? highestSequence - (delta - lastSequence) + 1 : lastSequence - delta

/**
 * Per producer id the epoch, the last five batches (what makes a retried batch land once) and the open transaction. Rebuilt
 * from a snapshot and the log behind it; `endOffset` says how far it got.
 */
export class ProducerStates {
  readonly #name: string
  readonly #producers = new Map<number, Producer>()
  readonly transactions = new OpenTransactions()
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
   * Checks a batch before it is appended. Returns the batch that it repeats, if any; throws INVALID_PRODUCER_EPOCH,
   * OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_TXN_STATE or TRANSACTION_COORDINATOR_FENCED. Only clients have sequences to check;
   * a follower takes what its leader took. `transactionVersion` is that of the producer or of the marker's transaction.
   */
  check(batch: RecordBatch, origin: AppendOrigin, transactionVersion = 0): KnownBatch | undefined {
    const { producerId } = batch
    if (producerId < 0 || origin === 'replica') return undefined
    const producer = this.#producers.get(producerId)
    if (batch.isControl) {
      if (producer) this.#checkMarker(producer, batch, transactionVersion)
      return undefined
    }
    const duplicate = origin === 'client' && producer ? this.#find(producer, batch) : undefined
    if (duplicate) return duplicate
    if (producer && batch.producerEpoch < producer.producerEpoch) throw this.#staleEpoch(producer, batch)
    if (origin === 'client') this.#checkFirst(producer, batch, transactionVersion)
    if (producer) this.#checkData(producer, batch, origin)
    return undefined
  }

  #checkData(producer: Producer, batch: RecordBatch, origin: AppendOrigin): void {
    if (origin === 'client') this.#checkSequence(producer, batch)
    if (producer.currentTxnFirstOffset >= 0 && !batch.isTransactional) {
      throw new ProtocolError(
        'INVALID_TXN_STATE',
        `producer ${batch.producerId} writes to ${this.#name} outside of its transaction, which is open since offset ${producer.currentTxnFirstOffset}`,
      )
    }
  }

  #checkMarker(producer: Producer, batch: RecordBatch, transactionVersion: number): void {
    const { producerEpoch } = batch
    const { producerEpoch: known, currentTxnFirstOffset } = producer
    const bumps = transactionVersion >= epochPerTransaction
    // With nothing open an equal epoch is a marker sent again; the highest epoch cannot be bumped.
    const again = producerEpoch === known && (currentTxnFirstOffset < 0 || producerEpoch === highestEpoch)
    if (producerEpoch < known || (bumps && producerEpoch === known && !again)) throw this.#staleEpoch(producer, batch)
    const coordinatorEpoch = markerOf(batch)?.coordinatorEpoch ?? -1
    if (coordinatorEpoch < producer.coordinatorEpoch) {
      throw new ProtocolError(
        'TRANSACTION_COORDINATOR_FENCED',
        `a marker for ${this.#name} of coordinator epoch ${coordinatorEpoch}, the last seen is ${producer.coordinatorEpoch}`,
      )
    }
  }

  #staleEpoch(producer: Producer, batch: RecordBatch): ProtocolError {
    return new ProtocolError(
      'INVALID_PRODUCER_EPOCH',
      `producer ${batch.producerId} writes to ${this.#name} with epoch ${batch.producerEpoch}, the last seen is ${producer.producerEpoch}`,
    )
  }

  /** Where every transaction has an epoch, nothing known of it means that nothing was written in it. */
  #checkFirst(producer: Producer | undefined, batch: RecordBatch, transactionVersion: number): void {
    if (transactionVersion < epochPerTransaction || !batch.isTransactional || batch.baseSequence === 0) return
    if (producer !== undefined && producer.batches.length > 0) return
    throw new ProtocolError(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      `producer ${batch.producerId} begins its transaction on ${this.#name} with sequence ${batch.baseSequence} instead of 0`,
    )
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

  /** Counts a batch in that is in the log now, with its offsets. Returns the transaction that it aborts, for the index. */
  update(batch: RecordBatch): AbortedTransaction | undefined {
    const { producerId } = batch
    let aborted: AbortedTransaction | undefined
    if (producerId >= 0) {
      if (batch.isControl) aborted = this.#endTransaction(producerId, batch)
      else this.#addBatch(producerId, batch)
    }
    this.endOffset = batch.lastOffset + 1
    return aborted
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
    if (batch.isTransactional && producer.currentTxnFirstOffset < 0) {
      producer.currentTxnFirstOffset = baseOffset
      this.transactions.begin(producerId, baseOffset)
    }
  }

  #endTransaction(producerId: number, batch: RecordBatch): AbortedTransaction | undefined {
    const marker = markerOf(batch)
    if (marker === undefined) return undefined
    const producer = this.#at(producerId, batch.producerEpoch)
    const firstOffset = producer.currentTxnFirstOffset
    producer.coordinatorEpoch = marker.coordinatorEpoch
    producer.currentTxnFirstOffset = -1
    producer.lastTimestamp = marker.timestamp
    // Without a record in the log there is nothing that readers would have to leave out.
    if (firstOffset < 0) return undefined
    const lastOffset = batch.baseOffset
    const lastStableOffset = this.transactions.complete(firstOffset, lastOffset)
    return marker.aborts ? { producerId, firstOffset, lastOffset, lastStableOffset } : undefined
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

  /** Where each remembered producer wrote last: the batches that compaction must not lose. */
  lastBatches(): Map<number, { readonly lastOffset: number; readonly producerEpoch: number }> {
    const last = new Map<number, { readonly lastOffset: number; readonly producerEpoch: number }>()
    for (const [producerId, { producerEpoch, batches }] of this.#producers)
      last.set(producerId, { lastOffset: batches.at(-1)?.lastOffset ?? -1, producerEpoch })
    return last
  }

  /** The producers that are remembered. */
  *active(): Iterable<ActiveProducer> {
    for (const [producerId, producer] of this.#producers) {
      const { producerEpoch, lastTimestamp, coordinatorEpoch, currentTxnFirstOffset: currentTxnStartOffset } = producer
      const lastSequence = producer.batches.at(-1)?.lastSequence ?? -1
      yield { producerId, producerEpoch, lastSequence, lastTimestamp, coordinatorEpoch, currentTxnStartOffset }
    }
  }

  /** The transaction that a producer has open here, and the epoch it is written in. */
  openTransactionOf(producerId: number): OpenTransaction | undefined {
    const producer = this.#producers.get(producerId)
    if (producer === undefined || producer.currentTxnFirstOffset < 0) return undefined
    return { firstOffset: producer.currentTxnFirstOffset, producerEpoch: producer.producerEpoch }
  }

  /** Starts anew, counting from an offset. */
  clear(endOffset: number): void {
    this.#producers.clear()
    this.transactions.clear()
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
    const open = rows.filter((row) => row.currentTxnFirstOffset >= 0)
    open.sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset)
    for (const row of open) this.transactions.begin(row.producerId, row.currentTxnFirstOffset)
  }
}
