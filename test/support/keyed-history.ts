import { markerBatch } from '../../broker/log/transaction-marker.ts'
import type { PartitionLog } from '../../broker/log/partition-log.ts'
import type { Random } from '#core/ports/random.ts'
import { BatchBuilder, type BatchBuilderOptions } from '#core/records/batch-builder.ts'
import { compressionNames } from '#core/records/compression/index.ts'
import { batchesFrom } from './logs.ts'

interface Producer {
  readonly id: number
  /** Every transaction has an epoch of its own. */
  readonly bumps: boolean
  epoch: number
  sequence: number
  open: boolean
}

/** Random keyed records, tombstones and transactions, appended to a log by plain, idempotent and transactional producers. */
export class KeyedHistory {
  readonly #random: Random
  readonly #codecs: readonly (typeof compressionNames)[number][]
  readonly #producers: Producer[]
  #count = 0

  constructor(random: Random, codecs: readonly (typeof compressionNames)[number][] = compressionNames) {
    this.#random = random
    this.#codecs = codecs
    const producer = (id: number): Producer => ({ id, bumps: id % 2 === 0, epoch: 0, sequence: 0, open: false })
    this.#producers = [1, 2, 3, 4, 5].map(producer)
  }

  #upTo(count: number): number {
    return Math.floor(this.#random.next() * count)
  }

  /** One more batch or marker; sometimes a new segment begins. */
  step(log: PartitionLog, nowMs: number): void {
    const producer = this.#producers[this.#upTo(5)]!
    const kind = this.#random.next()
    if (kind < 0.06) log.roll()
    else if (kind < 0.3) this.#write(log, nowMs, { compression: this.#codec() })
    else if (kind < 0.4) this.#idempotent(log, nowMs)
    else if (kind < 0.8) this.#inTransaction(log, nowMs, producer)
    else if (producer.open || kind > 0.97) this.#end(log, nowMs, producer)
  }

  /** Ends every transaction that is open. */
  settle(log: PartitionLog, nowMs: number): void {
    for (const producer of this.#producers) if (producer.open) this.#end(log, nowMs, producer)
  }

  #codec() {
    return this.#codecs[this.#upTo(this.#codecs.length)]!
  }

  #idempotentSequence = 0
  #idempotent(log: PartitionLog, nowMs: number): void {
    const options = { producerId: 100, producerEpoch: 0, baseSequence: this.#idempotentSequence }
    this.#idempotentSequence += this.#write(log, nowMs, { ...options, compression: this.#codec() })
  }

  #inTransaction(log: PartitionLog, nowMs: number, producer: Producer): void {
    const { id: producerId, epoch: producerEpoch, sequence: baseSequence } = producer
    const options = { producerId, producerEpoch, baseSequence, isTransactional: true, compression: this.#codec() }
    producer.sequence += this.#write(log, nowMs, options)
    producer.open = true
  }

  #end(log: PartitionLog, nowMs: number, producer: Producer): void {
    if (producer.bumps) {
      producer.epoch++
      producer.sequence = 0
    }
    producer.open = false
    const { id: producerId, epoch: producerEpoch } = producer
    const aborts = this.#random.next() < 0.5
    const marker = markerBatch({ producerId, producerEpoch, aborts, coordinatorEpoch: 0, timestamp: nowMs })
    log.append(marker, { leaderEpoch: 0, origin: 'coordinator' })
  }

  #write(log: PartitionLog, nowMs: number, options: BatchBuilderOptions): number {
    const builder = new BatchBuilder(options)
    const count = 1 + this.#upTo(5)
    for (let i = 0; i < count; i++) {
      const value = this.#random.next() < 0.2 ? null : Buffer.from(`value ${this.#count++}`)
      builder.append(nowMs - this.#upTo(50), Buffer.from(`key ${this.#upTo(25)}`), value, [
        { key: 'n', value: Buffer.from([i]) },
      ])
    }
    log.append(builder.build(), { leaderEpoch: 0, origin: 'client' })
    return count
  }
}

/** The last value of each key as a reader of committed data below the last stable offset has it after reading all. */
export async function committedTable(log: PartitionLog): Promise<Record<string, string>> {
  const { logStartOffset, lastStableOffset } = log
  const ahead = [...log.abortedTransactions(logStartOffset, lastStableOffset)]
  ahead.sort((a, b) => a.firstOffset - b.firstOffset)
  const aborting = new Set<number>()
  const table = new Map<string, string>()
  for (const batch of await batchesFrom(log)) {
    if (batch.lastOffset >= lastStableOffset) break
    while (ahead.length > 0 && ahead[0]!.firstOffset <= batch.lastOffset) aborting.add(ahead.shift()!.producerId)
    if (batch.isControl) {
      for (const { key } of batch.records()) if (key!.readInt16BE(2) === 0) aborting.delete(batch.producerId)
      continue
    }
    if (batch.isTransactional && aborting.has(batch.producerId)) continue
    for (const { key, value } of batch.records()) {
      if (value === null) table.delete(String(key))
      else table.set(String(key), String(value))
    }
  }
  return Object.fromEntries([...table].sort())
}

/** What compaction and restarts must not change: what readers keep, and what the next append of a producer is held against. */
export async function viewOf(log: PartitionLog): Promise<unknown> {
  const producers = [...log.activeProducers()].map(
    ({ producerId, producerEpoch, lastSequence, currentTxnStartOffset }) =>
      `${producerId} ${producerEpoch} ${lastSequence} ${currentTxnStartOffset}`,
  )
  const { logEndOffset, lastStableOffset } = log
  return { table: await committedTable(log), logEndOffset, lastStableOffset, producers: producers.sort() }
}
