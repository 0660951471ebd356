import { type Decoded, type Encodable, api, int16, int32, string, structs } from '#core/wire/schema.ts'

export const offsetDelete = api({
  key: 47,
  name: 'OffsetDelete',
  versions: '0',
  flexible: 'none',
  request: {
    groupId: string(),
    topics: structs({
      name: string(),
      partitions: structs({
        partitionIndex: int32(),
      }),
    }),
  },
  response: {
    errorCode: int16(),
    throttleTimeMs: int32({ default: 0 }),
    topics: structs({
      name: string(),
      partitions: structs({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
})

export type OffsetDeleteRequest = Decoded<typeof offsetDelete.request>
export type OffsetDeleteRequestInput = Encodable<typeof offsetDelete.request>
export type OffsetDeleteResponse = Decoded<typeof offsetDelete.response>
export type OffsetDeleteResponseInput = Encodable<typeof offsetDelete.response>
