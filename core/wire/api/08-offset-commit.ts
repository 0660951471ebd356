import { type Decoded, type Encodable, api, int16, int32, int64, string, structs, uuid } from '#core/wire/schema.ts'

/**
 * OffsetCommit: keeps a group's positions. Goes to the group's coordinator; inside a generation only its members may
 * commit, without members anybody.
 *
 * 5: retentionTimeMs is gone · 6: leader epochs · 7: static members · 8: flexible · 9: members of KIP-848 groups,
 * STALE_MEMBER_EPOCH, GROUP_ID_NOT_FOUND · 10: topic ids instead of names.
 */
export const offsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: '2-10',
  flexible: '8+',
  request: {
    /** The group. */
    groupId: string(),
    /** The generation of a classic group, the member epoch of another; -1 from who is no member. */
    generationIdOrMemberEpoch: int32({ default: -1 }),
    /** Empty from who is no member. */
    memberId: string(),
    /** Of a static member; another process that joined with it makes this one FENCED_INSTANCE_ID. */
    groupInstanceId: string({ versions: '7+', nullable: '7+', default: null }),
    /**
     * How long to keep the offsets, from the broker's clock; -1 leaves it to the broker. Only old clients say it, and
     * "for ever" is legal.
     */
    retentionTimeMs: int64({ versions: '2-4', default: -1, ignorable: true, saturate: true }),
    /** Positions by topic. */
    topics: structs({
      /** Up to version 9. */
      name: string({ versions: '2-9', ignorable: true }),
      /** From version 10 on; an unknown one is UNKNOWN_TOPIC_ID. */
      topicId: uuid({ versions: '10+', ignorable: true }),
      /** Positions by partition. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
        /** The next offset to read, which is one behind the last that was handled. */
        committedOffset: int64(),
        /** Epoch of the last record handled; -1 when unknown. */
        committedLeaderEpoch: int32({ versions: '6+', default: -1, ignorable: true }),
        /** Text that the client keeps with it, at most offset.metadata.max.bytes; null counts as empty. */
        committedMetadata: string({ nullable: '0+' }),
      }),
    }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ versions: '3+', default: 0, ignorable: true }),
    /** Results by topic. */
    topics: structs({
      /** As in the request. */
      name: string({ versions: '2-9', ignorable: true }),
      /** As in the request. */
      topicId: uuid({ versions: '10+', ignorable: true }),
      /** Results by partition. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
        /** Errors of the group stand on every partition: there is no other place for them. */
        errorCode: int16(),
      }),
    }),
  },
})

export type OffsetCommitRequest = Decoded<typeof offsetCommit.request>
export type OffsetCommitRequestInput = Encodable<typeof offsetCommit.request>
export type OffsetCommitResponse = Decoded<typeof offsetCommit.response>
export type OffsetCommitResponseInput = Encodable<typeof offsetCommit.response>
