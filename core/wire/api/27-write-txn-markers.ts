import {
  type Decoded,
  type Encodable,
  api,
  array,
  bool,
  int16,
  int32,
  int64,
  int8,
  string,
  structs,
} from '#core/wire/schema.ts'

/**
 * WriteTxnMarkers: the coordinator tells the leaders of partitions how transactions ended, and they append it to
 * their logs.
 *
 * 1: flexible · 2: transactionVersion, by which the leader knows that the epoch was bumped (KIP-1228).
 */
export const writeTxnMarkers = api({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: '1-2',
  flexible: '1+',
  request: {
    /** The transactions that ended. */
    markers: structs({
      /** The producer. */
      producerId: int64(),
      /** Its epoch. */
      producerEpoch: int16(),
      /** True when it was committed. */
      transactionResult: bool(),
      /** Where the markers go. */
      topics: structs({
        /** The topic. */
        name: string(),
        /** Its partitions. */
        partitionIndexes: array(int32()),
      }),
      /** Leader epoch of the coordinator's partition: markers of a former coordinator are refused. */
      coordinatorEpoch: int32(),
      /** The transaction.version by which the epoch is to be judged: from 2 on it is the bumped one. */
      transactionVersion: int8({ versions: '2+', default: 0, ignorable: true }),
    }),
  },
  response: {
    /** By producer. */
    markers: structs({
      /** The producer. */
      producerId: int64(),
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
        }),
      }),
    }),
  },
})

export type WriteTxnMarkersRequest = Decoded<typeof writeTxnMarkers.request>
export type WriteTxnMarkersRequestInput = Encodable<typeof writeTxnMarkers.request>
export type WriteTxnMarkersResponse = Decoded<typeof writeTxnMarkers.response>
export type WriteTxnMarkersResponseInput = Encodable<typeof writeTxnMarkers.response>
