import { type Decoded, type Encodable, api, array, int16, int32, int64, string, structs } from '#core/wire/schema.ts'

/**
 * ListTransactions: lists the transactions that a coordinator knows.
 *
 * 1: a filter by duration · 2: a filter by a regular expression on the transactional id.
 */
export const listTransactions = api({
  key: 66,
  name: 'ListTransactions',
  versions: '0-2',
  flexible: '0+',
  request: {
    /** Only these states; none for all. */
    stateFilters: array(string()),
    /** Only these producers; none for all. */
    producerIdFilters: array(int64()),
    /** Only those open for longer, ms; -1 for all. */
    durationFilter: int64({ versions: '1+', default: -1 }),
    /** Only ids that match, in RE2/J syntax; null or empty for all. */
    transactionalIdPattern: string({ versions: '2+', nullable: '2+', default: null }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** 0 when all is well. */
    errorCode: int16(),
    /** States of the request that do not exist. */
    unknownStateFilters: array(string()),
    /** By transactional id. */
    transactionStates: structs({
      /** The transactional id. */
      transactionalId: string(),
      /** The producer. */
      producerId: int64(),
      /** 'Ongoing', 'PrepareCommit', 'CompleteAbort' … */
      transactionState: string(),
    }),
  },
})

export type ListTransactionsRequest = Decoded<typeof listTransactions.request>
export type ListTransactionsRequestInput = Encodable<typeof listTransactions.request>
export type ListTransactionsResponse = Decoded<typeof listTransactions.response>
export type ListTransactionsResponseInput = Encodable<typeof listTransactions.response>
