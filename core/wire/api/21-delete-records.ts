import { type Decoded, type Encodable, api, int16, int32, int64, string, structs } from '#core/wire/schema.ts'

/**
 * DeleteRecords: moves the start of logs forward. What lies before is gone for readers at once, from disk later.
 *
 * 1: throttling as elsewhere · 2: flexible.
 */
export const deleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  versions: '0-2',
  flexible: '2+',
  request: {
    /** What to shorten. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** Its partitions. */
      partitions: structs({
        /** The partition, which must be led here. */
        partitionIndex: int32(),
        /** The new first offset; -1 for the high watermark, beyond which is OFFSET_OUT_OF_RANGE. */
        offset: int64(),
      }),
    }),
    /** How long to wait until all replicas have followed. */
    timeoutMs: int32(),
  },
  response: {
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
        /** The lowest start of any live replica; -1 on error. */
        lowWatermark: int64(),
        /** Of this partition. */
        errorCode: int16(),
      }),
    }),
  },
})

export type DeleteRecordsRequest = Decoded<typeof deleteRecords.request>
export type DeleteRecordsRequestInput = Encodable<typeof deleteRecords.request>
export type DeleteRecordsResponse = Decoded<typeof deleteRecords.response>
export type DeleteRecordsResponseInput = Encodable<typeof deleteRecords.response>
