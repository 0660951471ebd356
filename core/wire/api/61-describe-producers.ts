import { type Decoded, type Encodable, api, array, int16, int32, int64, string, structs } from '#core/wire/schema.ts'

/**
 * DescribeProducers: tells which producers a partition remembers.
 */
export const describeProducers = api({
  key: 61,
  name: 'DescribeProducers',
  versions: '0',
  flexible: '0+',
  request: {
    /** By topic. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** Its partitions. */
      partitionIndexes: array(int32()),
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
        /** What went wrong, in words. */
        errorMessage: string({ nullable: '0+', default: null }),
        /** The producers that it remembers. */
        activeProducers: structs({
          /** The producer. */
          producerId: int64(),
          /** Its epoch. */
          producerEpoch: int32(),
          /** Of its last record. */
          lastSequence: int32({ default: -1 }),
          /** Of its last batch, ms. */
          lastTimestamp: int64({ default: -1 }),
          /** Of the last marker. */
          coordinatorEpoch: int32(),
          /** Where its open transaction begins; -1 without one. */
          currentTxnStartOffset: int64({ default: -1 }),
        }),
      }),
    }),
  },
})

export type DescribeProducersRequest = Decoded<typeof describeProducers.request>
export type DescribeProducersRequestInput = Encodable<typeof describeProducers.request>
export type DescribeProducersResponse = Decoded<typeof describeProducers.response>
export type DescribeProducersResponseInput = Encodable<typeof describeProducers.response>
