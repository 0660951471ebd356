import { type Decoded, type Encodable, api, array, int16, int32, string, structs } from '#core/wire/schema.ts'

export const deleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: '0-2',
  flexible: '2+',
  request: {
    groupsNames: array(string()),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: structs({
      groupId: string(),
      errorCode: int16(),
    }),
  },
})

export type DeleteGroupsRequest = Decoded<typeof deleteGroups.request>
export type DeleteGroupsRequestInput = Encodable<typeof deleteGroups.request>
export type DeleteGroupsResponse = Decoded<typeof deleteGroups.response>
export type DeleteGroupsResponseInput = Encodable<typeof deleteGroups.response>
