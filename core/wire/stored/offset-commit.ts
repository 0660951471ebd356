import { type Decoded, type Encodable, int32, int64, string, uuid } from '#core/wire/schema.ts'
import { storedMessage } from '#core/wire/stored/stored.ts'

/**
 * Key of a committed position in `__consumer_offsets`. The two bytes in front tell the type of record: 1, or 0 in
 * records of the distant past, which look alike.
 */
export const offsetCommitKey = storedMessage({
  name: 'OffsetCommitKey',
  versions: '0-1',
  flexible: 'none',
  fields: {
    /** The group. */
    group: string(),
    /** The topic. */
    topic: string(),
    /** The partition. */
    partition: int32(),
  },
})

/**
 * A committed position. Written in version 4, or in 1 when it has an expiry of its own, which no other version can
 * keep.
 *
 * 3: leaderEpoch · 4: flexible, topicId.
 */
export const offsetCommitValue = storedMessage({
  name: 'OffsetCommitValue',
  versions: '0-4',
  flexible: '4+',
  fields: {
    /** The next offset to read. */
    offset: int64(),
    /** Epoch of the last record handled; -1 when unknown. */
    leaderEpoch: int32({ versions: '3+', default: -1, ignorable: true }),
    /** Text that the client keeps with it. */
    metadata: string(),
    /** When it was committed, ms. */
    commitTimestamp: int64(),
    /**
     * When it shall be forgotten, ms; only in version 1, for clients that name a retention. -1 leaves it to the
     * broker.
     */
    expireTimestamp: int64({ versions: '1', default: -1, ignorable: true }),
    /** The topic of that name at the time, so that a later one does not inherit the position. */
    topicId: uuid({ versions: '4+', tag: 0, ignorable: true }),
  },
})

export type OffsetCommitValue = Decoded<typeof offsetCommitValue>
export type OffsetCommitValueInput = Encodable<typeof offsetCommitValue>
