import {
  type Decoded,
  type Encodable,
  api,
  array,
  bool,
  int16,
  int32,
  int64,
  string,
  structs,
  uuid,
} from '#core/wire/schema.ts'

export const offsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: '1-10',
  flexible: '6+',
  request: {
    groupId: string({ versions: '1-7' }),
    topics: structs({
      name: string(),
      partitionIndexes: array(int32()),
    }).with({ versions: '1-7', nullable: '2-7' }),
    groups: structs({
      groupId: string(),
      memberId: string({ versions: '9+', nullable: '9+', default: null, ignorable: true }),
      memberEpoch: int32({ versions: '9+', default: -1, ignorable: true }),
      topics: structs({
        name: string({ versions: '8-9', ignorable: true }),
        topicId: uuid({ versions: '10+', ignorable: true }),
        partitionIndexes: array(int32()),
      }).with({ nullable: '0+' }),
    }).with({ versions: '8+' }),
    requireStable: bool({ versions: '7+', default: false }),
  },
  response: {
    throttleTimeMs: int32({ versions: '3+', default: 0, ignorable: true }),
    topics: structs({
      name: string(),
      partitions: structs({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ versions: '5-7', default: -1, ignorable: true }),
        metadata: string({ nullable: '0+' }),
        errorCode: int16(),
      }),
    }).with({ versions: '1-7' }),
    errorCode: int16({ versions: '2-7', default: 0, ignorable: true }),
    groups: structs({
      groupId: string(),
      topics: structs({
        name: string({ versions: '8-9', ignorable: true }),
        topicId: uuid({ versions: '10+', ignorable: true }),
        partitions: structs({
          partitionIndex: int32(),
          committedOffset: int64(),
          committedLeaderEpoch: int32({ default: -1 }),
          metadata: string({ nullable: '0+' }),
          errorCode: int16(),
        }),
      }),
      errorCode: int16({ default: 0 }),
    }).with({ versions: '8+' }),
  },
})

export type OffsetFetchRequest = Decoded<typeof offsetFetch.request>
export type OffsetFetchRequestInput = Encodable<typeof offsetFetch.request>
export type OffsetFetchResponse = Decoded<typeof offsetFetch.response>
export type OffsetFetchResponseInput = Encodable<typeof offsetFetch.response>
