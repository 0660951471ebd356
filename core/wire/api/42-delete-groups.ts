import { type Decoded, type Encodable, api, array, int16, int32, string, structs } from '#core/wire/schema.ts'

/**
 * DeleteGroups: removes groups that have no members, with their offsets.
 *
 * 1: throttling as elsewhere · 2: flexible.
 */
export const deleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: '0-2',
  flexible: '2+',
  request: {
    /** The groups, each of which must be coordinated here. */
    groupsNames: array(string()),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ default: 0 }),
    /** A row for each group. */
    results: structs({
      /** The group. */
      groupId: string(),
      /** NON_EMPTY_GROUP when somebody is in it. */
      errorCode: int16(),
    }),
  },
})

export type DeleteGroupsRequest = Decoded<typeof deleteGroups.request>
export type DeleteGroupsRequestInput = Encodable<typeof deleteGroups.request>
export type DeleteGroupsResponse = Decoded<typeof deleteGroups.response>
export type DeleteGroupsResponseInput = Encodable<typeof deleteGroups.response>
