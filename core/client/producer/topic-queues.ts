import { partitionForKey } from '#core/bytes/murmur2.ts'
import type { OutgoingRecord, Partitioner } from '#core/client/client.ts'
import { clientErrors } from '#core/client/errors.ts'
import { PartitionQueue } from '#core/client/producer/partition-queue.ts'
import type { Random } from '#core/ports/random.ts'

/** Which partitions of the topic may take records without a key. */
export type Available = (topic: string, partition: number) => boolean

/**
 * The queues of one topic and the choice between them: the record's own partition, a custom partitioner, the key's
 * murmur2, and without key one partition for a batch's worth of bytes and then another (KIP-794), so that batches fill.
 */
export class TopicQueues {
  readonly name: string
  /** Partition count, from metadata. */
  count: number
  readonly #queues: PartitionQueue[] = []
  readonly #partitioner: Partitioner | undefined
  readonly #random: Random
  readonly #available: Available
  readonly #stickyBytes: number
  #sticky: number | undefined
  #stuckBytes = 0

  constructor(
    name: string,
    count: number,
    options: { readonly partitioner: Partitioner | undefined; readonly batchSize: number },
    random: Random,
    available: Available,
  ) {
    this.name = name
    this.count = count
    this.#partitioner = options.partitioner
    this.#stickyBytes = options.batchSize
    this.#random = random
    this.#available = available
  }

  /** The queue for a record of up to `bytes`. Throws PARTITION_CHOICE_INVALID. */
  choose(record: OutgoingRecord, bytes: number): PartitionQueue {
    const { partition, key } = record
    if (partition !== undefined) return this.#queue(partition)
    if (this.#partitioner !== undefined) return this.#queue(this.#partitioner(record, this.count))
    if (key !== null) return this.#queue(partitionForKey(key, this.count))
    return this.#queue(this.#keyless(bytes))
  }

  #queue(partition: number): PartitionQueue {
    const known = this.#queues[partition]
    if (known !== undefined) return known
    if (!Number.isInteger(partition) || partition < 0 || partition >= this.count) {
      throw clientErrors.PARTITION_CHOICE_INVALID({ topic: this.name, partition, count: this.count })
    }
    return (this.#queues[partition] = new PartitionQueue(this.name, partition))
  }

  #keyless(bytes: number): number {
    if (this.#sticky === undefined || this.#hasHadItsShare(this.#sticky)) {
      this.#sticky = this.#anyOther()
      this.#stuckBytes = 0
    }
    this.#stuckBytes += bytes
    return this.#sticky
  }

  /** A share ends with a batch; a partition whose batches never fill is left after twice the bytes. */
  #hasHadItsShare(partition: number): boolean {
    if (this.#stuckBytes < this.#stickyBytes) return false
    return this.#stuckBytes >= 2 * this.#stickyBytes || (this.#queues[partition]?.waiting.at(-1)?.closed ?? true)
  }

  #anyOther(): number {
    const choices: number[] = []
    for (let partition = 0; partition < this.count; partition++) {
      if (partition !== this.#sticky && this.#available(this.name, partition)) choices.push(partition)
    }
    if (choices.length === 0) return this.#sticky ?? Math.floor(this.#random.next() * this.count)
    return choices[Math.floor(this.#random.next() * choices.length)]!
  }
}
