import { type Decoded, type Encodable, api, int16, int32, string, structs } from '#core/wire/schema.ts'

/**
 * LeaveGroup: takes members out of a classic group at once, without waiting for their session to end.
 *
 * 1: throttleTimeMs · 3: several members at once, and the field for one is gone; static members can be put out by name
 * · 4: flexible · 5: reason.
 */
export const leaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: '0-5',
  flexible: '4+',
  request: {
    /** The group. */
    groupId: string(),
    /** The member, up to version 2. */
    memberId: string({ versions: '0-2' }),
    /** The members, from version 3 on. */
    members: structs({
      /** May be empty for a static member. */
      memberId: string(),
      /** Of a static member. */
      groupInstanceId: string({ nullable: '0+', default: null }),
      /** Why it leaves, for logs. */
      reason: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    }).with({ versions: '3+' }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    /** Of the group; in versions with members, theirs stand in the rows. */
    errorCode: int16(),
    /** A row for each member, from version 3 on. */
    members: structs({
      /** As in the request. */
      memberId: string(),
      /** As in the request. */
      groupInstanceId: string({ nullable: '0+' }),
      /** Of this member. */
      errorCode: int16(),
    }).with({ versions: '3+' }),
  },
})

export type LeaveGroupRequest = Decoded<typeof leaveGroup.request>
export type LeaveGroupRequestInput = Encodable<typeof leaveGroup.request>
export type LeaveGroupResponse = Decoded<typeof leaveGroup.response>
export type LeaveGroupResponseInput = Encodable<typeof leaveGroup.response>
