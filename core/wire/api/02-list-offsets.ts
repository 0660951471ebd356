import { type Decoded, type Encodable, api, int16, int32, int64, int8, string, structs } from '#core/wire/schema.ts'

/**
 * ListOffsets: finds an offset by timestamp, or by one of the negative timestamps that stand for a place in the log.
 * Only the leader answers consumers.
 *
 * 2: isolationLevel · 4: leader epochs · 6: flexible · 7: timestamp -3, the record with the largest timestamp · 8: -4,
 * the first offset kept locally · 9: -5, the last in remote storage · 10: timeoutMs · 11: -6, the first not yet in
 * remote storage.
 *
 * A special timestamp that the version lacks is answered UNSUPPORTED_VERSION: no negative one is a time before 1970.
 */
export const listOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: '1-11',
  flexible: '6+',
  request: {
    /** -1 for a consumer, -2 to look past the high watermark when debugging, else the follower. */
    replicaId: int32(),
    /** 0: "latest" is the high watermark; 1: it is the last stable offset. */
    isolationLevel: int8({ versions: '2+' }),
    /** What to look up. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** Its partitions; each once, a repeated one is INVALID_REQUEST. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
        /** The leader epoch that the client knows; -1 skips the check. */
        currentLeaderEpoch: int32({ versions: '4+', default: -1, ignorable: true }),
        /**
         * Milliseconds: the first record at or after it is wanted. -1: end of the log; -2: its start; others above.
         * Points beyond the exact range read as its end, where no record is anyway.
         */
        timestamp: int64({ saturate: true }),
      }),
    }),
    /** How long to wait for remote storage. */
    timeoutMs: int32({ versions: '10+', ignorable: true }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ versions: '2+', default: 0, ignorable: true }),
    /** Results by topic. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** Results by partition. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
        /** Zero also when no record is that late. */
        errorCode: int16(),
        /** Of the record found; -1 for special timestamps and when there is none. */
        timestamp: int64({ default: -1 }),
        /** Of the record found; -1 when there is none. */
        offset: int64({ default: -1 }),
        /** In which the record was written; -1 when unknown. */
        leaderEpoch: int32({ versions: '4+', default: -1 }),
      }),
    }),
  },
})

export type ListOffsetsRequest = Decoded<typeof listOffsets.request>
export type ListOffsetsRequestInput = Encodable<typeof listOffsets.request>
export type ListOffsetsResponse = Decoded<typeof listOffsets.response>
export type ListOffsetsResponseInput = Encodable<typeof listOffsets.response>
