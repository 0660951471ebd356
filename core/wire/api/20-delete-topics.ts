import { type Decoded, type Encodable, api, array, int16, int32, string, structs, uuid } from '#core/wire/schema.ts'

export const deleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: '1-6',
  flexible: '4+',
  request: {
    topics: structs({
      name: string({ nullable: '0+', default: null }),
      topicId: uuid(),
    }).with({ versions: '6+' }),
    topicNames: array(string(), { versions: '1-5', ignorable: true }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    responses: structs({
      name: string({ nullable: '6+' }),
      topicId: uuid({ versions: '6+', ignorable: true }),
      errorCode: int16(),
      errorMessage: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    }),
  },
})

export type DeleteTopicsRequest = Decoded<typeof deleteTopics.request>
export type DeleteTopicsRequestInput = Encodable<typeof deleteTopics.request>
export type DeleteTopicsResponse = Decoded<typeof deleteTopics.response>
export type DeleteTopicsResponseInput = Encodable<typeof deleteTopics.response>
