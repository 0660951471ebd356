/** The states of a transactional id; the number of each in a record is its place here. */
export const transactionStates = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
] as const
/** A state by Kafka's name, as ListTransactions and DescribeTransactions tell it. */
export type TransactionState = (typeof transactionStates)[number]

/** Partitions by topic. */
export type PartitionSets = ReadonlyMap<string, ReadonlySet<number>>

/**
 * What is kept of a transactional id: exactly what its record in `__transaction_state` says, so that nothing else is
 * needed to go on after a restart. Times in ms since the epoch, -1 for none; ids and epochs -1 for none.
 */
export interface Transaction {
  readonly producerId: number
  /** The producer id before the last change of state. */
  readonly previousProducerId: number
  /** The producer id after this transaction, when the epochs of the present one are used up. */
  readonly nextProducerId: number
  readonly producerEpoch: number
  readonly timeoutMs: number
  readonly state: TransactionState
  readonly partitions: PartitionSets
  readonly startMs: number
  readonly lastUpdateMs: number
  /** The transaction.version by which the client spoke last. */
  readonly clientVersion: number
}

/** A change of a transactional id that is to be written down. */
export interface Transition {
  readonly to: Transaction
  /** The epoch before, by which a repeated InitProducerId is known again; kept in memory only, as Apache Kafka does. */
  readonly lastProducerEpoch: number
}

/** From this transaction.version on every transaction has an epoch of its own (KIP-890). */
export const epochBumpVersion = 2

/** The highest epoch there is. Clients never get it: it is left for fencing them off. */
export const highestEpoch = 32_767

/** True when no further epoch can be given to a client under the same producer id. */
export const isExhausted = (producerEpoch: number): boolean => producerEpoch >= highestEpoch - 1

/** One for all transactions that have none, which is most ids most of the time. */
export const noPartitions: PartitionSets = new Map()

/** A transactional id that nobody used before. Its epoch is -1 until it is initialized. */
export const newTransaction = (producerId: number, timeoutMs: number, nowMs: number): Transaction => ({
  producerId,
  previousProducerId: -1,
  nextProducerId: -1,
  producerEpoch: -1,
  timeoutMs,
  state: 'Empty',
  partitions: noPartitions,
  startMs: -1,
  lastUpdateMs: nowMs,
  clientVersion: 0,
})

/** States in which a new transaction may begin. */
export const isAtRest = (state: TransactionState): boolean =>
  state === 'Empty' || state === 'CompleteCommit' || state === 'CompleteAbort'

/** States in which the outcome is decided and markers are being written. */
export const isPrepared = (state: TransactionState): boolean => state === 'PrepareCommit' || state === 'PrepareAbort'

/** True when each of `some` is in `all`. */
export function includesAll(all: PartitionSets, some: PartitionSets): boolean {
  for (const [topic, indexes] of some) {
    const known = all.get(topic)
    if (known === undefined) return false
    for (const index of indexes) if (!known.has(index)) return false
  }
  return true
}

/** Both together. */
export function union(one: PartitionSets, other: PartitionSets): PartitionSets {
  const all = new Map(one)
  for (const [topic, indexes] of other) {
    const known = all.get(topic)
    all.set(topic, known === undefined ? indexes : new Set([...known, ...indexes]))
  }
  return all
}

/** The transaction with partitions added; begins one when none is open. */
export function addPartitions(
  from: Transaction,
  lastProducerEpoch: number,
  added: PartitionSets,
  nowMs: number,
  clientVersion: number,
): Transition {
  const to: Transaction = {
    ...from,
    previousProducerId: from.producerId,
    state: 'Ongoing',
    partitions: union(from.partitions, added),
    startMs: isAtRest(from.state) ? nowMs : from.startMs,
    lastUpdateMs: nowMs,
    clientVersion,
  }
  return { to, lastProducerEpoch }
}

/** The transaction when all its markers are written. */
export function complete(from: Transaction, lastProducerEpoch: number, nowMs: number): Transition {
  const rotates = from.clientVersion >= epochBumpVersion && from.nextProducerId !== -1
  const to: Transaction = {
    ...from,
    previousProducerId: from.producerId,
    producerId: rotates ? from.nextProducerId : from.producerId,
    producerEpoch: rotates ? 0 : from.producerEpoch,
    nextProducerId: -1,
    state: from.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    partitions: noPartitions,
    lastUpdateMs: nowMs,
  }
  return { to, lastProducerEpoch }
}
