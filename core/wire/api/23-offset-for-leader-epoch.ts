import { type Decoded, type Encodable, api, int16, int32, int64, string, structs } from '#core/wire/schema.ts'

export const offsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: '2-4',
  flexible: '4+',
  request: {
    replicaId: int32({ versions: '3+', default: -2, ignorable: true }),
    topics: structs({
      topic: string(),
      partitions: structs({
        partition: int32(),
        currentLeaderEpoch: int32({ default: -1 }),
        leaderEpoch: int32(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: structs({
      topic: string(),
      partitions: structs({
        errorCode: int16(),
        partition: int32(),
        leaderEpoch: int32({ default: -1 }),
        endOffset: int64({ default: -1 }),
      }),
    }),
  },
})

export type OffsetForLeaderEpochRequest = Decoded<typeof offsetForLeaderEpoch.request>
export type OffsetForLeaderEpochRequestInput = Encodable<typeof offsetForLeaderEpoch.request>
export type OffsetForLeaderEpochResponse = Decoded<typeof offsetForLeaderEpoch.response>
export type OffsetForLeaderEpochResponseInput = Encodable<typeof offsetForLeaderEpoch.response>
