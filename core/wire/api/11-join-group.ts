import { type Decoded, type Encodable, api, bool, bytes, int16, int32, string, structs } from '#core/wire/schema.ts'

/**
 * JoinGroup: enters a classic group, or confirms a member in a rebalance. The answer is held back until all members
 * have come or the rebalance timeout is over.
 *
 * 1: rebalanceTimeoutMs · 4: the first request of a new member is answered MEMBER_ID_REQUIRED with an id to come back
 * with · 5: static members · 6: flexible · 7: protocolType in the answer, which may have no protocol · 8: reason · 9:
 * skipAssignment.
 */
export const joinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: '0-9',
  flexible: '6+',
  request: {
    /** The group; an empty one is INVALID_GROUP_ID. */
    groupId: string(),
    /** The member is thrown out when it is silent for so long. */
    sessionTimeoutMs: int32(),
    /** How long a rebalance waits for the member to come back; -1 in version 0, where the session timeout serves. */
    rebalanceTimeoutMs: int32({ versions: '1+', default: -1, ignorable: true }),
    /** Empty from a new member. */
    memberId: string(),
    /** Name of a static member, which takes its place again after a restart; null for others. */
    groupInstanceId: string({ versions: '5+', nullable: '5+', default: null }),
    /** The kind of group: "consumer", "connect". All members have the same. */
    protocolType: string(),
    /** What the member can do, the dearest first; one of them must be common to all. */
    protocols: structs({
      /** For consumers, the assignor. */
      name: string(),
      /** What the member tells the leader; for consumers a subscription. */
      metadata: bytes(),
    }),
    /** Why it joins, for logs. */
    reason: string({ versions: '8+', nullable: '8+', default: null, ignorable: true }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ versions: '2+', default: 0, ignorable: true }),
    /** MEMBER_ID_REQUIRED is a step of joining, not a failure. */
    errorCode: int16(),
    /** Counts the rebalances of the group; -1 on error. */
    generationId: int32({ default: -1 }),
    /** Null on error. */
    protocolType: string({ versions: '7+', nullable: '7+', default: null, ignorable: true }),
    /** The protocol that was chosen; up to version 6 it must be text, even on error. */
    protocolName: string({ nullable: '7+' }),
    /** Member id of the one who assigns; empty on error. */
    leader: string(),
    /** Tells a leader that came back that the assignment stands and it need not make one. */
    skipAssignment: bool({ versions: '9+', default: false }),
    /** The member's id, perhaps a new one. */
    memberId: string(),
    /** For the leader, all members; for others, none. */
    members: structs({
      /** The member. */
      memberId: string(),
      /** Null for members that are not static. */
      groupInstanceId: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
      /** What it said for the chosen protocol. */
      metadata: bytes(),
    }),
  },
})

export type JoinGroupRequest = Decoded<typeof joinGroup.request>
export type JoinGroupRequestInput = Encodable<typeof joinGroup.request>
export type JoinGroupResponse = Decoded<typeof joinGroup.response>
export type JoinGroupResponseInput = Encodable<typeof joinGroup.response>
