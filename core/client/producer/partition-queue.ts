import type { ProducerBatch, Stamp } from '#core/client/producer/producer-batch.ts'

/** The id and epoch under which an idempotent producer numbers its batches. */
export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

const lastEpoch = 32767

/** Sequence numbers run from 0 to 2^31-1 and start again. */
export const sequenceAfter = (sequence: number, count: number): number => (sequence + count) % 0x80000000

/**
 * What waits for one partition and what is under way to it, in order, and where its sequence stands. Batches of one
 * partition reach the log in the order of their appends: what failed goes back to its place, and is sent again only when
 * nothing of the partition is under way any more.
 */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  /** Waiting, oldest first; only the last takes records. */
  readonly waiting: ProducerBatch[] = []
  inFlight = 0
  #inFlightBroker = -1
  /** What is under way is sent for a second time or more. */
  #repeating = false
  /** Nothing is sent before, on the monotonic clock: the pause after a failure. */
  retryAtMs = 0
  #identity: ProducerIdentity | undefined
  #nextSequence = 0
  /** Sequence that the oldest batch not acknowledged must have. */
  #expectedSequence = 0
  /**
   * The broker has taken a batch of this numbering. Before that it would take any number as the first, so a second batch
   * must not be under way that could arrive where the first did not.
   */
  #established = false
  /** The numbering has a gap or the broker forgot it: it must begin anew. */
  #broken = false
  #orders = 0

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  nextOrder(): number {
    return this.#orders++
  }

  /** Puts a batch back where it belongs by its order. */
  requeue(batch: ProducerBatch): void {
    let at = 0
    while (at < this.waiting.length && this.waiting[at]!.order < batch.order) at++
    this.waiting.splice(at, 0, batch)
  }

  /**
   * May the oldest batch go to `broker` behind what is under way? Nothing follows a batch that is sent again: it may be in
   * the log already, and the broker recognises it only while it is among the last five.
   */
  mayFollow(broker: number): boolean {
    if (this.inFlight === 0) return true
    if (this.#identity !== undefined && !this.#established) return false
    return !this.#broken && !this.#repeating && this.#inFlightBroker === broker && this.waiting[0]!.attempts === 0
  }

  /** A batch of this partition leaves for `broker`. */
  left(batch: ProducerBatch, broker: number): void {
    this.#repeating = batch.attempts > 0
    this.#inFlightBroker = broker
    this.inFlight++
    batch.attempts++
  }

  /** True when a batch cannot be numbered before the producer has a new identity. */
  needsIdentity(current: ProducerIdentity | undefined): boolean {
    if (
      this.#broken &&
      this.#identity?.producerEpoch === lastEpoch &&
      this.#identity.producerId === current?.producerId
    )
      return true
    return this.#identity === undefined && current === undefined
  }

  /** The number of the next batch of `count` records, or the one it has if that still counts. */
  stamp(batch: ProducerBatch, current: ProducerIdentity): Stamp {
    if (this.#broken) this.#startAnew(current)
    this.#identity ??= current
    const { producerId, producerEpoch } = this.#identity
    const before = batch.stamp
    if (before?.producerId === producerId && before.producerEpoch === producerEpoch) return before
    const baseSequence = this.#nextSequence
    this.#nextSequence = sequenceAfter(baseSequence, batch.count)
    return { producerId, producerEpoch, baseSequence }
  }

  acknowledged(batch: ProducerBatch): void {
    if (!this.#isCurrent(batch)) return
    this.#established = true
    const next = sequenceAfter(batch.stamp!.baseSequence, batch.count)
    // A batch that was sent again may be acknowledged after its successors: the mark only moves on.
    if (sequenceAfter(next, 0x80000000 - this.#expectedSequence) < 0x40000000) this.#expectedSequence = next
  }

  /** True when the broker has all that came before this batch: a complaint about its number is then about a real gap. */
  isNext(batch: ProducerBatch): boolean {
    return this.#isCurrent(batch) && batch.stamp!.baseSequence === this.#expectedSequence
  }

  /**
   * Makes the numbering begin anew, under the next epoch, once nothing is under way: after a batch was given up, which
   * leaves a gap, or when the broker no longer knows this producer.
   */
  breakSequence(): void {
    this.#broken = true
  }

  #isCurrent({ stamp }: ProducerBatch): boolean {
    const identity = this.#identity
    return (
      stamp !== undefined && stamp.producerId === identity?.producerId && stamp.producerEpoch === identity.producerEpoch
    )
  }

  #startAnew(current: ProducerIdentity): void {
    const before = this.#identity
    if (before === undefined || before.producerEpoch === lastEpoch) this.#identity = current
    else this.#identity = { producerId: before.producerId, producerEpoch: before.producerEpoch + 1 }
    this.#broken = false
    this.#established = false
    this.#nextSequence = 0
    this.#expectedSequence = 0
  }
}
