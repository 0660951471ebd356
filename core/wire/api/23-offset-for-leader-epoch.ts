import { type Decoded, type Encodable, api, int16, int32, int64, string, structs } from '#core/wire/schema.ts'

/**
 * OffsetForLeaderEpoch: where a leader epoch ended, by which readers find out that records they have read were
 * truncated.
 *
 * 2: the reader's leader epoch is checked · 3: replicaId · 4: flexible.
 */
export const offsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: '2-4',
  flexible: '4+',
  request: {
    /** The follower; -1 for a consumer, -2 when debugging. */
    replicaId: int32({ versions: '3+', default: -2, ignorable: true }),
    /** What to look up. */
    topics: structs({
      /** The topic. */
      topic: string(),
      /** Its partitions. */
      partitions: structs({
        /** The partition. */
        partition: int32(),
        /** The leader epoch that the reader knows; -1 skips the check. */
        currentLeaderEpoch: int32({ default: -1 }),
        /** The epoch to look up. */
        leaderEpoch: int32(),
      }),
    }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ default: 0 }),
    /** Results by topic. */
    topics: structs({
      /** The topic. */
      topic: string(),
      /** Results by partition. */
      partitions: structs({
        /** Of this partition. */
        errorCode: int16(),
        /** The partition. */
        partition: int32(),
        /** The largest epoch of the log that is not above the one asked for; -1 when there is none. */
        leaderEpoch: int32({ default: -1 }),
        /** First offset behind that epoch; for the current one, the end of the log. -1 when there is none. */
        endOffset: int64({ default: -1 }),
      }),
    }),
  },
})

export type OffsetForLeaderEpochRequest = Decoded<typeof offsetForLeaderEpoch.request>
export type OffsetForLeaderEpochRequestInput = Encodable<typeof offsetForLeaderEpoch.request>
export type OffsetForLeaderEpochResponse = Decoded<typeof offsetForLeaderEpoch.response>
export type OffsetForLeaderEpochResponseInput = Encodable<typeof offsetForLeaderEpoch.response>
