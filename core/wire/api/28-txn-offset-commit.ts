import { type Decoded, type Encodable, api, int16, int32, int64, string, structs } from '#core/wire/schema.ts'

/**
 * TxnOffsetCommit: commits offsets of a group inside a transaction: nobody sees them until it is committed.
 *
 * 2: leader epochs · 3: flexible; the member says who it is, so that one that was left behind is refused · 4:
 * TRANSACTION_ABORTABLE · 5: adds the group to the transaction as well (transactions v2).
 */
export const txnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: '0-5',
  flexible: '3+',
  request: {
    /** The transactional id. */
    transactionalId: string(),
    /** The group. */
    groupId: string(),
    /** The producer. */
    producerId: int64(),
    /** Its epoch. */
    producerEpoch: int16(),
    /** Generation or member epoch of the member; -1 when it is none. */
    generationId: int32({ versions: '3+', default: -1 }),
    /** The member; empty when it is none. */
    memberId: string({ versions: '3+', default: '' }),
    /** For static members. */
    groupInstanceId: string({ versions: '3+', nullable: '3+', default: null }),
    /** What to commit. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** By partition. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
        /** The next offset to read. */
        committedOffset: int64(),
        /** Leader epoch of the last record that was read; -1 when not known. */
        committedLeaderEpoch: int32({ versions: '2+', default: -1, ignorable: true }),
        /** The client's own note. */
        committedMetadata: string({ nullable: '0+' }),
      }),
    }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** By topic. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** By partition. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
        /** 0 when all is well. */
        errorCode: int16(),
      }),
    }),
  },
})

export type TxnOffsetCommitRequest = Decoded<typeof txnOffsetCommit.request>
export type TxnOffsetCommitRequestInput = Encodable<typeof txnOffsetCommit.request>
export type TxnOffsetCommitResponse = Decoded<typeof txnOffsetCommit.response>
export type TxnOffsetCommitResponseInput = Encodable<typeof txnOffsetCommit.response>
