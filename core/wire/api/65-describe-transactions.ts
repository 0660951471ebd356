import { type Decoded, type Encodable, api, array, int16, int32, int64, string, structs } from '#core/wire/schema.ts'

/**
 * DescribeTransactions: tells the state of transactional ids.
 */
export const describeTransactions = api({
  key: 65,
  name: 'DescribeTransactions',
  versions: '0',
  flexible: '0+',
  request: {
    /** The ids to describe. */
    transactionalIds: array(string()),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** By transactional id. */
    transactionStates: structs({
      /** 0 when all is well. */
      errorCode: int16(),
      /** The transactional id. */
      transactionalId: string(),
      /** 'Ongoing', 'PrepareCommit', 'CompleteAbort' … */
      transactionState: string(),
      /** How long a transaction may stay open. */
      transactionTimeoutMs: int32(),
      /** When the open one began, ms; -1 without one. */
      transactionStartTimeMs: int64(),
      /** The producer. */
      producerId: int64(),
      /** Its epoch. */
      producerEpoch: int16(),
      /** What the open one has written to. */
      topics: structs({
        /** The topic. */
        topic: string(),
        /** Its partitions. */
        partitions: array(int32()),
      }),
    }),
  },
})

export type DescribeTransactionsRequest = Decoded<typeof describeTransactions.request>
export type DescribeTransactionsRequestInput = Encodable<typeof describeTransactions.request>
export type DescribeTransactionsResponse = Decoded<typeof describeTransactions.response>
export type DescribeTransactionsResponseInput = Encodable<typeof describeTransactions.response>
