import { decodeStored, encodeStored } from '#core/wire/stored/stored.ts'
import { transactionLogKey, transactionLogValue } from '#core/wire/stored/transaction-log.ts'
import type { EncodedRecord } from '../record-writer.ts'
import { type Transaction, noPartitions, transactionStates } from './transaction.ts'

/** A record of `__transaction_state`; a null value is a tombstone. */
export interface TransactionRecord {
  readonly transactionalId: string
  readonly value: Transaction | null
  /** The transaction.version of the cluster, by which the form of the value is chosen. */
  readonly version: number
}

/** Key and value bytes of a record: the flexible value from transaction.version 1 on, as Apache Kafka does. */
export function encodeTransaction({ transactionalId, value, version }: TransactionRecord): EncodedRecord {
  const key = encodeStored(transactionLogKey, 0, { transactionalId })
  if (value === null) return { key, value: null }
  const partitions = Array.from(value.partitions, ([topic, indexes]) => ({ topic, partitionIds: [...indexes] }))
  const flexible = version >= 1
  const bytes = encodeStored(transactionLogValue, flexible ? 1 : 0, {
    producerId: value.producerId,
    ...(flexible && {
      previousProducerId: value.previousProducerId,
      nextProducerId: value.nextProducerId,
      clientTransactionVersion: value.clientVersion,
    }),
    producerEpoch: value.producerEpoch,
    transactionTimeoutMs: value.timeoutMs,
    transactionStatus: transactionStates.indexOf(value.state),
    transactionPartitions: value.state === 'Empty' ? null : partitions,
    transactionLastUpdateTimestampMs: value.lastUpdateMs,
    transactionStartTimestampMs: value.startMs,
  })
  return { key, value: bytes }
}

/** What key and value bytes say; null for a key that is not a transactional id's, which is passed over. */
export function decodeTransaction(
  key: Buffer,
  value: Buffer | null,
): { readonly transactionalId: string; readonly value: Transaction | null } | null {
  if (key.length < 2 || key.readInt16BE(0) !== 0) return null
  const { transactionalId } = decodeStored(transactionLogKey, key)
  if (value === null) return { transactionalId, value: null }
  const stored = decodeStored(transactionLogValue, value)
  const state = transactionStates[stored.transactionStatus]
  if (state === undefined) return null
  const partitions = stored.transactionPartitions ?? []
  return {
    transactionalId,
    value: {
      producerId: stored.producerId,
      previousProducerId: stored.previousProducerId,
      nextProducerId: stored.nextProducerId,
      producerEpoch: stored.producerEpoch,
      timeoutMs: stored.transactionTimeoutMs,
      state,
      partitions:
        partitions.length === 0
          ? noPartitions
          : new Map(partitions.map(({ topic, partitionIds }) => [topic, new Set(partitionIds)])),
      startMs: stored.transactionStartTimestampMs,
      lastUpdateMs: stored.transactionLastUpdateTimestampMs,
      clientVersion: stored.clientTransactionVersion,
    },
  }
}
