import { type Decoded, type Encodable, api, bytes, int16, int32, string, structs } from '#core/wire/schema.ts'

/**
 * SyncGroup: the second step of a rebalance: the leader brings the assignment, all members get their part. Members
 * wait for the leader.
 *
 * 1: throttleTimeMs · 3: static members · 4: flexible · 5: the protocol is named on both ways, and another one is
 * INCONSISTENT_GROUP_PROTOCOL.
 */
export const syncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: '0-5',
  flexible: '4+',
  request: {
    /** The group. */
    groupId: string(),
    /** The generation that the member joined. */
    generationId: int32(),
    /** The member. */
    memberId: string(),
    /** Of a static member. */
    groupInstanceId: string({ versions: '3+', nullable: '3+', default: null }),
    /** Null when the client does not say. */
    protocolType: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    /** Null when the client does not say. */
    protocolName: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    /** From the leader, everybody's part; from others, nothing. */
    assignments: structs({
      /** The member. */
      memberId: string(),
      /** Its part, which the broker does not look into. */
      assignment: bytes(),
    }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    /** REBALANCE_IN_PROGRESS: join again. */
    errorCode: int16(),
    /** Null on error. */
    protocolType: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    /** Null on error. */
    protocolName: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    /** The member's part; no bytes when the leader gave it none, or on error. */
    assignment: bytes(),
  },
})

export type SyncGroupRequest = Decoded<typeof syncGroup.request>
export type SyncGroupRequestInput = Encodable<typeof syncGroup.request>
export type SyncGroupResponse = Decoded<typeof syncGroup.response>
export type SyncGroupResponseInput = Encodable<typeof syncGroup.response>
