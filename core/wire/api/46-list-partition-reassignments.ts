import { type Decoded, type Encodable, api, array, int16, int32, string, structs } from '#core/wire/schema.ts'

/**
 * ListPartitionReassignments: lists the moves of partitions that are under way.
 */
export const listPartitionReassignments = api({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: '0',
  flexible: '0+',
  request: {
    /** How long the controller may take. */
    timeoutMs: int32({ default: 60000 }),
    /** Null for all. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** Its partitions. */
      partitionIndexes: array(int32()),
    }).with({ nullable: '0+', default: null }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** 0 when all is well. */
    errorCode: int16(),
    /** What went wrong, in words. */
    errorMessage: string({ nullable: '0+' }),
    /** The moves under way, by topic. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** By partition. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
        /** All replicas, those that come and those that go included. */
        replicas: array(int32()),
        /** Those that come. */
        addingReplicas: array(int32()),
        /** Those that go. */
        removingReplicas: array(int32()),
      }),
    }),
  },
})

export type ListPartitionReassignmentsRequest = Decoded<typeof listPartitionReassignments.request>
export type ListPartitionReassignmentsRequestInput = Encodable<typeof listPartitionReassignments.request>
export type ListPartitionReassignmentsResponse = Decoded<typeof listPartitionReassignments.response>
export type ListPartitionReassignmentsResponseInput = Encodable<typeof listPartitionReassignments.response>
