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

export const describeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: '0-6',
  flexible: '5+',
  request: {
    groups: array(string()),
    includeAuthorizedOperations: bool({ versions: '3+' }),
  },
  response: {
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    groups: structs({
      errorCode: int16(),
      errorMessage: string({ versions: '6+', nullable: '6+', default: null }),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      protocolData: string(),
      members: structs({
        memberId: string(),
        groupInstanceId: string({ versions: '4+', nullable: '4+', default: null, ignorable: true }),
        clientId: string(),
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      }),
      authorizedOperations: int32({ versions: '3+', default: -2147483648 }),
    }),
  },
})

export type DescribeGroupsRequest = Decoded<typeof describeGroups.request>
export type DescribeGroupsRequestInput = Encodable<typeof describeGroups.request>
export type DescribeGroupsResponse = Decoded<typeof describeGroups.response>
export type DescribeGroupsResponseInput = Encodable<typeof describeGroups.response>
