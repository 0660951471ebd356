import { type Decoded, type Encodable, api, int16, int32, string } from '#core/wire/schema.ts'

/**
 * Heartbeat: tells the coordinator that a member of a classic group is alive, and the member whether to join again.
 *
 * 1: throttleTimeMs · 3: static members · 4: flexible.
 */
export const heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: '0-4',
  flexible: '4+',
  request: {
    /** The group. */
    groupId: string(),
    /** The generation that the member is in. */
    generationId: int32(),
    /** The member. */
    memberId: string(),
    /** Of a static member. */
    groupInstanceId: string({ versions: '3+', nullable: '3+', default: null }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    /** REBALANCE_IN_PROGRESS asks the member to join again; the heartbeat counts all the same. */
    errorCode: int16(),
  },
})

export type HeartbeatRequest = Decoded<typeof heartbeat.request>
export type HeartbeatRequestInput = Encodable<typeof heartbeat.request>
export type HeartbeatResponse = Decoded<typeof heartbeat.response>
export type HeartbeatResponseInput = Encodable<typeof heartbeat.response>
