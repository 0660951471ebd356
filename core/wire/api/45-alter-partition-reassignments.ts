import { type Decoded, type Encodable, api, array, bool, int16, int32, string, structs } from '#core/wire/schema.ts'

/**
 * AlterPartitionReassignments: moves partitions to other brokers, or calls such moves off.
 *
 * 1: moves that change the number of replicas may be forbidden.
 */
export const alterPartitionReassignments = api({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: '0-1',
  flexible: '0+',
  request: {
    /** How long the controller may take. */
    timeoutMs: int32({ default: 60000 }),
    /** False to forbid moves that change the number of replicas. */
    allowReplicationFactorChange: bool({ versions: '1+', default: true }),
    /** By topic. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** By partition. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
        /** Where the replicas shall be; null calls a move off. */
        replicas: array(int32(), { nullable: '0+', default: null }),
      }),
    }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** False to forbid moves that change the number of replicas. */
    allowReplicationFactorChange: bool({ versions: '1+', default: true, ignorable: true }),
    /** Of the request as a whole. */
    errorCode: int16(),
    /** What went wrong, in words. */
    errorMessage: string({ nullable: '0+' }),
    /** By topic. */
    responses: structs({
      /** The topic. */
      name: string(),
      /** By partition. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
        /** 0 when all is well. */
        errorCode: int16(),
        /** What went wrong, in words. */
        errorMessage: string({ nullable: '0+' }),
      }),
    }),
  },
})

export type AlterPartitionReassignmentsRequest = Decoded<typeof alterPartitionReassignments.request>
export type AlterPartitionReassignmentsRequestInput = Encodable<typeof alterPartitionReassignments.request>
export type AlterPartitionReassignmentsResponse = Decoded<typeof alterPartitionReassignments.response>
export type AlterPartitionReassignmentsResponseInput = Encodable<typeof alterPartitionReassignments.response>
