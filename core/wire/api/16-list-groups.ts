import { type Decoded, type Encodable, api, array, int16, int32, string, structs } from '#core/wire/schema.ts'

/**
 * ListGroups: the groups that this broker coordinates. A client asks every broker.
 *
 * 1: throttleTimeMs · 3: flexible · 4: states · 5: types.
 */
export const listGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: '0-5',
  flexible: '3+',
  request: {
    /** Only groups in one of these states, in any case; none means all. */
    statesFilter: array(string(), { versions: '4+' }),
    /** Only groups of one of these types, "classic" for instance; none means all. */
    typesFilter: array(string(), { versions: '5+' }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    /** COORDINATOR_LOAD_IN_PROGRESS while any partition is being read; the list is short then. */
    errorCode: int16(),
    /** The groups. */
    groups: structs({
      /** The group. */
      groupId: string(),
      /** Empty for groups that only keep offsets. */
      protocolType: string(),
      /** As in DescribeGroups. */
      groupState: string({ versions: '4+', ignorable: true }),
      /** "classic" or the kinds that came later. */
      groupType: string({ versions: '5+', ignorable: true }),
    }),
  },
})

export type ListGroupsRequest = Decoded<typeof listGroups.request>
export type ListGroupsRequestInput = Encodable<typeof listGroups.request>
export type ListGroupsResponse = Decoded<typeof listGroups.response>
export type ListGroupsResponseInput = Encodable<typeof listGroups.response>
