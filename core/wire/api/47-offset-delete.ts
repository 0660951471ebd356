import { type Decoded, type Encodable, api, int16, int32, string, structs } from '#core/wire/schema.ts'

/**
 * OffsetDelete: forgets a group's positions on some partitions.
 *
 * A topic that a live member subscribes to is GROUP_SUBSCRIBED_TO_TOPIC.
 */
export const offsetDelete = api({
  key: 47,
  name: 'OffsetDelete',
  versions: '0',
  flexible: 'none',
  request: {
    /** The group. */
    groupId: string(),
    /** What to forget. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** Its partitions. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
      }),
    }),
  },
  response: {
    /** Of the group. Here it stands before throttleTimeMs, unlike everywhere else. */
    errorCode: int16(),
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ default: 0 }),
    /** Results by topic. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** Results by partition. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
        /** Of this partition. */
        errorCode: int16(),
      }),
    }),
  },
})

export type OffsetDeleteRequest = Decoded<typeof offsetDelete.request>
export type OffsetDeleteRequestInput = Encodable<typeof offsetDelete.request>
export type OffsetDeleteResponse = Decoded<typeof offsetDelete.response>
export type OffsetDeleteResponseInput = Encodable<typeof offsetDelete.response>
