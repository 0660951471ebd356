import { type Decoded, type Encodable, api, array, int16, int32, string, structs, uuid } from '#core/wire/schema.ts'

/**
 * DeleteTopics: removes topics and everything in them.
 *
 * 4: flexible · 5: errorMessage · 6: topics may be named by id, and the list of names becomes a list of rows.
 */
export const deleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: '1-6',
  flexible: '4+',
  request: {
    /** From version 6 on; each by name or by id, not by both. */
    topics: structs({
      /** Null when named by id. */
      name: string({ nullable: '0+', default: null }),
      /** Zero when named by name. */
      topicId: uuid(),
    }).with({ versions: '6+' }),
    /** Up to version 5. */
    topicNames: array(string(), { versions: '1-5', ignorable: true }),
    /** How long to wait until every broker knows. */
    timeoutMs: int32(),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ default: 0 }),
    /** A row for each topic, in any order. */
    responses: structs({
      /** Null when an id is not known. */
      name: string({ nullable: '6+' }),
      /** The id, from version 6 on. */
      topicId: uuid({ versions: '6+', ignorable: true }),
      /** Of this topic. */
      errorCode: int16(),
      /** Null when there is nothing to say. */
      errorMessage: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    }),
  },
})

export type DeleteTopicsRequest = Decoded<typeof deleteTopics.request>
export type DeleteTopicsRequestInput = Encodable<typeof deleteTopics.request>
export type DeleteTopicsResponse = Decoded<typeof deleteTopics.response>
export type DeleteTopicsResponseInput = Encodable<typeof deleteTopics.response>
