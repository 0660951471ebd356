import { type Decoded, type Encodable, api, int16, int32, int64, string } from '#core/wire/schema.ts'

/**
 * AddOffsetsToTxn: tells the transaction coordinator that a transaction is going to commit offsets of a group.
 *
 * 3: flexible · 4: TRANSACTION_ABORTABLE. Producers of transactions v2 do without: TxnOffsetCommit adds the group.
 */
export const addOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: '0-4',
  flexible: '3+',
  request: {
    /** The transactional id. */
    transactionalId: string(),
    /** The producer. */
    producerId: int64(),
    /** Its epoch. */
    producerEpoch: int16(),
    /** The group whose offsets will be committed. */
    groupId: string(),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** 0 when all is well. */
    errorCode: int16(),
  },
})

export type AddOffsetsToTxnRequest = Decoded<typeof addOffsetsToTxn.request>
export type AddOffsetsToTxnRequestInput = Encodable<typeof addOffsetsToTxn.request>
export type AddOffsetsToTxnResponse = Decoded<typeof addOffsetsToTxn.response>
export type AddOffsetsToTxnResponseInput = Encodable<typeof addOffsetsToTxn.response>
