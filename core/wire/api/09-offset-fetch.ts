import {
  type Decoded,
  type Encodable,
  api,
  array,
  bool,
  int16,
  int32,
  int64,
  string,
  structs,
  uuid,
} from '#core/wire/schema.ts'

/**
 * OffsetFetch: a group's committed positions. Goes to the group's coordinator, which must have loaded its log.
 *
 * 2: null topics mean all; a top-level error · 5: leader epochs · 6: flexible · 7: requireStable · 8: several groups
 * at once, and the fields for one group are gone · 9: members of KIP-848 groups · 10: topic ids instead of names.
 *
 * A partition without a position is answered with offset -1 and no error.
 */
export const offsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: '1-10',
  flexible: '6+',
  request: {
    /** The group, up to version 7. */
    groupId: string({ versions: '1-7' }),
    /** Up to version 7; null asks for all, from version 2 on. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** Its partitions. */
      partitionIndexes: array(int32()),
    }).with({ versions: '1-7', nullable: '2-7' }),
    /** Groups, from version 8 on. */
    groups: structs({
      /** The group. */
      groupId: string(),
      /** Checked when given, with the epoch, for KIP-848 groups; null from who is no member. */
      memberId: string({ versions: '9+', nullable: '9+', default: null, ignorable: true }),
      /** -1 from who is no member. */
      memberEpoch: int32({ versions: '9+', default: -1, ignorable: true }),
      /** Null asks for all. */
      topics: structs({
        /** Up to version 9. */
        name: string({ versions: '8-9', ignorable: true }),
        /** From version 10 on. */
        topicId: uuid({ versions: '10+', ignorable: true }),
        /** Its partitions. */
        partitionIndexes: array(int32()),
      }).with({ nullable: '0+' }),
    }).with({ versions: '8+' }),
    /** Positions that an open transaction may still change are answered with UNSTABLE_OFFSET_COMMIT instead. */
    requireStable: bool({ versions: '7+', default: false }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ versions: '3+', default: 0, ignorable: true }),
    /** Up to version 7. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** Positions by partition. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
        /** -1 when there is none. */
        committedOffset: int64(),
        /** -1 when unknown. */
        committedLeaderEpoch: int32({ versions: '5-7', default: -1, ignorable: true }),
        /** The text committed with it; empty when there is none. */
        metadata: string({ nullable: '0+' }),
        /** Of this partition. */
        errorCode: int16(),
      }),
    }).with({ versions: '1-7' }),
    /** Of the group, from version 2 up to version 7. In version 1 it has to stand on every partition. */
    errorCode: int16({ versions: '2-7', default: 0, ignorable: true }),
    /** From version 8 on. */
    groups: structs({
      /** The group. */
      groupId: string(),
      /** Positions by topic. */
      topics: structs({
        /** Up to version 9. */
        name: string({ versions: '8-9', ignorable: true }),
        /** From version 10 on. */
        topicId: uuid({ versions: '10+', ignorable: true }),
        /** Positions by partition. */
        partitions: structs({
          /** The partition. */
          partitionIndex: int32(),
          /** -1 when there is none. */
          committedOffset: int64(),
          /** -1 when unknown. */
          committedLeaderEpoch: int32({ default: -1 }),
          /** The text committed with it; empty when there is none. */
          metadata: string({ nullable: '0+' }),
          /** Of this partition. */
          errorCode: int16(),
        }),
      }),
      /** Of this group; the others are not touched by it. */
      errorCode: int16({ default: 0 }),
    }).with({ versions: '8+' }),
  },
})

export type OffsetFetchRequest = Decoded<typeof offsetFetch.request>
export type OffsetFetchRequestInput = Encodable<typeof offsetFetch.request>
export type OffsetFetchResponse = Decoded<typeof offsetFetch.response>
export type OffsetFetchResponseInput = Encodable<typeof offsetFetch.response>
