import { type Decoded, type Encodable, api, array, bool, int16, int32, string, structs } from '#core/wire/schema.ts'

export const createPartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: '0-3',
  flexible: '2+',
  request: {
    topics: structs({
      name: string(),
      count: int32(),
      assignments: structs({
        brokerIds: array(int32()),
      }).with({ nullable: '0+' }),
    }),
    timeoutMs: int32(),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: structs({
      name: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: '0+', default: null }),
    }),
  },
})

export type CreatePartitionsRequest = Decoded<typeof createPartitions.request>
export type CreatePartitionsRequestInput = Encodable<typeof createPartitions.request>
export type CreatePartitionsResponse = Decoded<typeof createPartitions.response>
export type CreatePartitionsResponseInput = Encodable<typeof createPartitions.response>
