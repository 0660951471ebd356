import type { AppendResult, PartitionLog } from '../log/partition-log.ts'
import { RefusedBatches } from './refused-batches.ts'

/** Somebody who waits for records of a partition. */
export interface Waiter {
  /** At most `bytes` more can be read from the partition; with committed data only it may be less. */
  readable(bytes: number): void
  /** The partition is no longer served here: look again and answer. */
  disturbed(): void
}

/**
 * A partition that this node leads: its log, the high watermark, and who waits at its end. Without followers the high
 * watermark is the end of what may be acknowledged: the end of the log, or of the newest group commit when every batch
 * is forced to the disk.
 */
export class Partition {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly log: PartitionLog
  leaderEpoch: number
  /** Batches of transactions that will come again. */
  readonly refused = new RefusedBatches()
  readonly #waiters = new Set<Waiter>()
  /** Those of them who want committed data only. */
  readonly #committedWaiters = new Set<Waiter>()
  /** Bytes appended that readers cannot see yet. */
  #hiddenBytes = 0
  /** Bytes appended since readers of committed data last could see all there was. */
  #undecidedBytes = 0
  #lastStableOffset = 0

  constructor(log: PartitionLog, topicId: string, leaderEpoch: number) {
    this.log = log
    this.topic = log.topic
    this.topicId = topicId
    this.index = log.partition
    this.leaderEpoch = leaderEpoch
    log.onDurable = () => this.#advance()
    log.advanceHighWatermark(log.durableEndOffset)
    this.#lastStableOffset = log.lastStableOffset
  }

  get highWatermark(): number {
    return this.log.highWatermark
  }

  /** This node leads from now on in `leaderEpoch`; the log notes the epoch with the first batch that carries it. */
  lead(leaderEpoch: number): void {
    if (leaderEpoch > this.leaderEpoch) this.leaderEpoch = leaderEpoch
  }

  /**
   * Appends batches as they came. Throws a ProtocolError, and then nothing was appended. `transactionVersion` is that by
   * which the producer, or the transaction of a marker, goes.
   */
  append(batches: Buffer, origin: 'client' | 'coordinator', transactionVersion = 0): AppendResult {
    const result = this.log.append(batches, { leaderEpoch: this.leaderEpoch, origin, transactionVersion })
    if (result.duplicate) return result
    this.#hiddenBytes += batches.length
    this.#undecidedBytes += batches.length
    this.#advance()
    return result
  }

  /**
   * `waiter` hears of every advance of the high watermark until it is removed; with `committed` of every advance of the
   * last stable offset instead.
   */
  addWaiter(waiter: Waiter, committed = false): void {
    if (committed) this.#committedWaiters.add(waiter)
    else this.#waiters.add(waiter)
  }

  removeWaiter(waiter: Waiter): void {
    this.#waiters.delete(waiter)
    this.#committedWaiters.delete(waiter)
  }

  /** The partition goes away: everybody who waits looks again. */
  retire(): void {
    this.log.onDurable = undefined
    for (const waiter of [...this.#waiters, ...this.#committedWaiters]) waiter.disturbed()
  }

  #advance(): void {
    const { log } = this
    if (!log.advanceHighWatermark(log.durableEndOffset)) return
    const bytes = this.#hiddenBytes
    const isAllDurable = log.durableEndOffset === log.logEndOffset
    if (isAllDurable) this.#hiddenBytes = 0
    if (this.#waiters.size > 0) for (const waiter of this.#waiters) waiter.readable(bytes)
    this.#settle()
  }

  /** The high watermark moved; transactions that ended below it, or no transaction at all, let the last stable offset follow. */
  #settle(): void {
    const { log } = this
    const { lastStableOffset } = log
    if (lastStableOffset <= this.#lastStableOffset) return
    this.#lastStableOffset = lastStableOffset
    const bytes = this.#undecidedBytes
    if (lastStableOffset === log.logEndOffset) this.#undecidedBytes = 0
    if (this.#committedWaiters.size > 0) for (const waiter of this.#committedWaiters) waiter.readable(bytes)
  }
}
