import {
  type Decoded,
  type Encodable,
  api,
  array,
  bool,
  bytes,
  int16,
  int32,
  string,
  structs,
} from '#core/wire/schema.ts'

/**
 * DescribeGroups: state and members of classic groups. Others have a request of their own.
 *
 * 1: throttleTimeMs · 3: authorized operations · 4: groupInstanceId · 5: flexible · 6: a group that is not there is
 * GROUP_ID_NOT_FOUND; before, it was answered as a dead group without error.
 */
export const describeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: '0-6',
  flexible: '5+',
  request: {
    /** The groups, each of which must be coordinated here. */
    groups: array(string()),
    /** Asks for authorizedOperations. */
    includeAuthorizedOperations: bool({ versions: '3+' }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    /** A row for each group. */
    groups: structs({
      /** Of this group. */
      errorCode: int16(),
      /** Null when there is nothing to say. */
      errorMessage: string({ versions: '6+', nullable: '6+', default: null }),
      /** The group. */
      groupId: string(),
      /** PreparingRebalance, CompletingRebalance, Stable, Empty or Dead; empty on error. */
      groupState: string(),
      /** Empty when there is none. */
      protocolType: string(),
      /** The protocol chosen; empty while there is none. */
      protocolData: string(),
      /** The members. */
      members: structs({
        /** The member. */
        memberId: string(),
        /** Null for members that are not static. */
        groupInstanceId: string({ versions: '4+', nullable: '4+', default: null, ignorable: true }),
        /** As it named itself when it joined. */
        clientId: string(),
        /** Its address, with a slash in front, as Java prints one. */
        clientHost: string(),
        /** What it said for the chosen protocol; no bytes unless the group is stable. */
        memberMetadata: bytes(),
        /** Its part; no bytes unless the group is stable. */
        memberAssignment: bytes(),
      }),
      /** A bit for each operation by its code in Kafka's list; the smallest int32 when not asked for. */
      authorizedOperations: int32({ versions: '3+', default: -2147483648 }),
    }),
  },
})

export type DescribeGroupsRequest = Decoded<typeof describeGroups.request>
export type DescribeGroupsRequestInput = Encodable<typeof describeGroups.request>
export type DescribeGroupsResponse = Decoded<typeof describeGroups.response>
export type DescribeGroupsResponseInput = Encodable<typeof describeGroups.response>
