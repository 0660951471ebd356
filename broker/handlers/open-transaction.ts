import type { ErrorName } from '#core/wire/errors.ts'

import type { ProducerIdentity } from '../coordinator/transaction/known-id.ts'
import type { Node } from '../node.ts'
import type { Partition } from '../replication/partition.ts'

/**
 * What the version of a Produce or TxnOffsetCommit says of its sender (KIP-890): `adds` its partitions by writing to them;
 * knows TRANSACTION_ABORTABLE, `abortable`; or is older than both.
 */
export type TransactionSupport = 'adds' | 'abortable' | 'old'

/** A producer and the transaction that it writes in. */
export interface TransactionalProducer extends ProducerIdentity {
  readonly transactionalId: string
}

/** For how long a batch waits for the transaction before to be completed; Apache Kafka's bound, ms. */
const waitMs = 100

/**
 * Makes sure that a producer has its transaction open for a partition before anything of it is stored there: this is what
 * keeps batches that come too late from opening a transaction that nobody ever ends. NONE if so; else the error for the
 * client.
 */
export function ensureOpen(
  node: Node,
  partition: Partition,
  producer: TransactionalProducer,
  support: TransactionSupport,
): ErrorName | Promise<ErrorName> {
  // What is open in the log was found to be right when it was opened.
  const open = partition.log.openTransactionOf(producer.producerId)
  if (open?.producerEpoch === producer.producerEpoch) return 'NONE'
  if (support === 'adds') return add(node, partition, producer)
  if (!node.config['transaction.partition.verification.enable']) return 'NONE'
  const problem = node.transactions.verify(producer.transactionalId, producer, partition.topic, partition.index)
  if (problem === 'TRANSACTION_ABORTABLE' && support === 'old') return 'INVALID_TXN_STATE'
  return inWordsOfLogs(problem)
}

async function add(node: Node, partition: Partition, producer: TransactionalProducer): Promise<ErrorName> {
  const partitions = new Map([[partition.topic, new Set([partition.index])]])
  const deadlineMs = node.clock.monotonic() + waitMs
  for (;;) {
    const problem = await node.transactions.addPartitions(producer.transactionalId, producer, partitions, 2)
    const leftMs = deadlineMs - node.clock.monotonic()
    if (problem !== 'CONCURRENT_TRANSACTIONS' || leftMs <= 0) return inWordsOfLogs(problem)
    await node.transactions.whenSettled(producer.transactionalId, leftMs)
  }
}

/** Fencing at the coordinator is final for a producer; fencing at a log may be put right by aborting. */
const inWordsOfLogs = (problem: ErrorName): ErrorName =>
  problem === 'PRODUCER_FENCED' ? 'INVALID_PRODUCER_EPOCH' : problem
