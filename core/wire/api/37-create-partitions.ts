import { type Decoded, type Encodable, api, array, bool, int16, int32, string, structs } from '#core/wire/schema.ts'

/**
 * CreatePartitions: gives topics more partitions. There is no way back, and keys go elsewhere from then on.
 *
 * 1: throttling as elsewhere · 2: flexible · 3: THROTTLING_QUOTA_EXCEEDED.
 */
export const createPartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: '0-3',
  flexible: '2+',
  request: {
    /** The topics. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** How many it shall have in all; not more than it has is INVALID_PARTITIONS. */
      count: int32(),
      /** A row for each new partition, in order; null to leave it to the controller. */
      assignments: structs({
        /** The first is the preferred leader. */
        brokerIds: array(int32()),
      }).with({ nullable: '0+' }),
    }),
    /** How long to wait until every broker knows. */
    timeoutMs: int32(),
    /** Only say whether it could be done. */
    validateOnly: bool(),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ default: 0 }),
    /** A row for each topic. */
    results: structs({
      /** The topic. */
      name: string(),
      /** Of this topic. */
      errorCode: int16(),
      /** Null when there is nothing to say. */
      errorMessage: string({ nullable: '0+', default: null }),
    }),
  },
})

export type CreatePartitionsRequest = Decoded<typeof createPartitions.request>
export type CreatePartitionsRequestInput = Encodable<typeof createPartitions.request>
export type CreatePartitionsResponse = Decoded<typeof createPartitions.response>
export type CreatePartitionsResponseInput = Encodable<typeof createPartitions.response>
