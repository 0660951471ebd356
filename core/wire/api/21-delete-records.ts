import { type Decoded, type Encodable, api, int16, int32, int64, string, structs } from '#core/wire/schema.ts'

export const deleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  versions: '0-2',
  flexible: '2+',
  request: {
    topics: structs({
      name: string(),
      partitions: structs({
        partitionIndex: int32(),
        offset: int64(),
      }),
    }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: structs({
      name: string(),
      partitions: structs({
        partitionIndex: int32(),
        lowWatermark: int64(),
        errorCode: int16(),
      }),
    }),
  },
})

export type DeleteRecordsRequest = Decoded<typeof deleteRecords.request>
export type DeleteRecordsRequestInput = Encodable<typeof deleteRecords.request>
export type DeleteRecordsResponse = Decoded<typeof deleteRecords.response>
export type DeleteRecordsResponseInput = Encodable<typeof deleteRecords.response>
