import { type Decoded, type Encodable, array, int16, int32, int64, int8, string, structs } from '#core/wire/schema.ts'
import { storedMessage } from '#core/wire/stored/stored.ts'

/** Key of a transactional id in `__transaction_state`. */
export const transactionLogKey = storedMessage({
  name: 'TransactionLogKey',
  versions: '0',
  flexible: 'none',
  fields: {
    /** The transactional id. */
    transactionalId: string(),
  },
})

export type TransactionLogKey = Decoded<typeof transactionLogKey>
export type TransactionLogKeyInput = Encodable<typeof transactionLogKey>

/** A transactional id as its coordinator keeps it. Version 1 (flexible) is written under transaction.version 1 and up. */
export const transactionLogValue = storedMessage({
  name: 'TransactionLogValue',
  versions: '0-1',
  flexible: '1+',
  fields: {
    /** The producer of the transaction. */
    producerId: int64(),
    /** Before the last bump that used up the epochs; -1 when there is none. */
    previousProducerId: int64({ versions: '1+', tag: 0, default: -1 }),
    /** The producer after this transaction, when its epochs are used up; -1 otherwise. */
    nextProducerId: int64({ versions: '1+', tag: 1, default: -1 }),
    /** Its epoch. */
    producerEpoch: int16(),
    /** The epoch after this transaction; -1 when not known. */
    nextProducerEpoch: int16({ versions: '1+', tag: 3, default: -1 }),
    /** How long a transaction may stay open. */
    transactionTimeoutMs: int32(),
    /**
     * 0: Empty; 1: Ongoing; 2: PrepareCommit; 3: PrepareAbort; 4: CompleteCommit; 5: CompleteAbort; 6:
     * Dead; 7: PrepareEpochFence.
     */
    transactionStatus: int8(),
    /** What it writes to; null when empty. */
    transactionPartitions: structs({
      /** The topic. */
      topic: string(),
      /** Its partitions. */
      partitionIds: array(int32()),
    }).with({ nullable: '0+' }),
    /** When the state changed, ms. */
    transactionLastUpdateTimestampMs: int64(),
    /** When the transaction began, ms; -1 without one. */
    transactionStartTimestampMs: int64(),
    /** The transaction.version of the client. */
    clientTransactionVersion: int16({ versions: '1+', tag: 2, default: 0 }),
  },
})

export type TransactionLogValue = Decoded<typeof transactionLogValue>
export type TransactionLogValueInput = Encodable<typeof transactionLogValue>
