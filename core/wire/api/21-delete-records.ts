import {
  type Decoded, type Encodable, api, array, int16, int32, int64, string, struct,
} from '#core/wire/schema.ts'

export const deleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  versions: '0-2',
  flexible: '2+',
  request: {
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        offset: int64(),
      })),
    })),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        lowWatermark: int64(),
        errorCode: int16(),
      })),
    })),
  },
})

export type DeleteRecordsRequest = Decoded<typeof deleteRecords.request>
export type DeleteRecordsRequestInput = Encodable<typeof deleteRecords.request>
export type DeleteRecordsResponse = Decoded<typeof deleteRecords.response>
export type DeleteRecordsResponseInput = Encodable<typeof deleteRecords.response>
