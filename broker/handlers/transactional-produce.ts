import type { ProduceRequest } from '#core/wire/api/00-produce.ts'
import { batchAttributes, batchLayout, readInt64 } from '#core/records/layout.ts'
import { type ErrorName, ProtocolError } from '#core/wire/errors.ts'

import type { Node } from '../node.ts'
import type { Partition } from '../replication/partition.ts'
import { type TransactionSupport, ensureOpen } from './open-transaction.ts'

type TopicData = ProduceRequest['topicData'][number]

/** True for a batch that counts only when its transaction commits. */
export const isTransactional = (records: Buffer): boolean =>
  (records.readInt16BE(batchLayout.attributes) & batchAttributes.transactional) !== 0

const senderOf = (records: Buffer) => ({
  producerId: readInt64(records, batchLayout.producerId),
  producerEpoch: records.readInt16BE(batchLayout.producerEpoch),
  sequence: records.readInt32BE(batchLayout.baseSequence),
})

/** The transactional side of one Produce request: which of its partitions have the transaction open. */
export class TransactionalProduce {
  readonly #node: Node
  readonly #transactionalId: string
  readonly #support: TransactionSupport
  readonly #refused = new Map<Partition, ErrorName>()

  constructor(node: Node, transactionalId: string, apiVersion: number) {
    this.#node = node
    this.#transactionalId = transactionalId
    this.#support = apiVersion >= 12 ? 'adds' : apiVersion === 11 ? 'abortable' : 'old'
  }

  /** Makes sure of the transaction for every batch in it. Gives what has to be waited for; nothing, as a rule. */
  ensureOpen(
    request: ProduceRequest,
    find: (topic: TopicData, index: number) => Partition | undefined,
  ): Promise<void>[] {
    const asked: Promise<void>[] = []
    for (const topic of request.topicData) {
      for (const { index, records } of topic.partitionData) {
        if (records === null || records.length < 61 || !isTransactional(records)) continue
        const partition = find(topic, index)
        if (partition === undefined) continue
        const sender = senderOf(records)
        const producer = { transactionalId: this.#transactionalId, ...sender }
        const problem = ensureOpen(this.#node, partition, producer, this.#support)
        const note = (found: ErrorName): void => {
          if (found === 'NONE') return
          partition.refused.add(sender.producerId, sender.producerEpoch, sender.sequence)
          this.#refused.set(partition, this.#forClient(found))
        }
        if (typeof problem === 'string') note(problem)
        else asked.push(problem.then(note))
      }
    }
    return asked
  }

  /** Throws when the transaction is not open for the partition. */
  checkOpen(partition: Partition): void {
    const problem = this.#refused.get(partition)
    if (problem !== undefined) throw new ProtocolError(problem)
  }

  /** Throws when an earlier batch of the producer has to be stored first. */
  checkOrder(partition: Partition, records: Buffer): void {
    const { producerId, sequence } = senderOf(records)
    if (partition.refused.isTooEarly(producerId, sequence)) {
      throw new ProtocolError(
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        'a batch with a lower sequence was refused and comes again',
      )
    }
    partition.refused.forget(producerId)
  }

  /** Old clients know to try again after errors of partitions, and not after those of coordinators. */
  #forClient(problem: ErrorName): ErrorName {
    switch (problem) {
      case 'CONCURRENT_TRANSACTIONS':
        return this.#support === 'adds' ? problem : 'NOT_ENOUGH_REPLICAS'
      case 'COORDINATOR_LOAD_IN_PROGRESS':
      case 'COORDINATOR_NOT_AVAILABLE':
      case 'NOT_COORDINATOR':
        return 'NOT_ENOUGH_REPLICAS'
      default:
        return problem
    }
  }
}
