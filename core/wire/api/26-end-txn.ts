import { type Decoded, type Encodable, api, bool, int16, int32, int64, string } from '#core/wire/schema.ts'

/**
 * EndTxn: commits or aborts a transaction.
 *
 * 3: flexible · 4: TRANSACTION_ABORTABLE · 5: the answer carries the id and epoch for the next transaction
 * (transactions v2).
 */
export const endTxn = api({
  key: 26,
  name: 'EndTxn',
  versions: '0-5',
  flexible: '3+',
  request: {
    /** The transactional id. */
    transactionalId: string(),
    /** The producer. */
    producerId: int64(),
    /** Its epoch. */
    producerEpoch: int16(),
    /** True to commit, false to abort. */
    committed: bool(),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** 0 when all is well. */
    errorCode: int16(),
    /** For the next transaction; -1 when it stays. */
    producerId: int64({ versions: '5+', default: -1, ignorable: true }),
    /** For the next transaction; -1 when it stays. */
    producerEpoch: int16({ versions: '5+', default: -1, ignorable: true }),
  },
})

export type EndTxnRequest = Decoded<typeof endTxn.request>
export type EndTxnRequestInput = Encodable<typeof endTxn.request>
export type EndTxnResponse = Decoded<typeof endTxn.response>
export type EndTxnResponseInput = Encodable<typeof endTxn.response>
