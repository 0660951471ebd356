import { type Decoded, type Encodable, api, int16, int32, string, structs } from '#core/wire/schema.ts'

export const leaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: '0-5',
  flexible: '4+',
  request: {
    groupId: string(),
    memberId: string({ versions: '0-2' }),
    members: structs({
      memberId: string(),
      groupInstanceId: string({ nullable: '0+', default: null }),
      reason: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    }).with({ versions: '3+' }),
  },
  response: {
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    errorCode: int16(),
    members: structs({
      memberId: string(),
      groupInstanceId: string({ nullable: '0+' }),
      errorCode: int16(),
    }).with({ versions: '3+' }),
  },
})

export type LeaveGroupRequest = Decoded<typeof leaveGroup.request>
export type LeaveGroupRequestInput = Encodable<typeof leaveGroup.request>
export type LeaveGroupResponse = Decoded<typeof leaveGroup.response>
export type LeaveGroupResponseInput = Encodable<typeof leaveGroup.response>
