import { type Decoded, type Encodable, api, int16, int32, string } from '#core/wire/schema.ts'

export const heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: '0-4',
  flexible: '4+',
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ versions: '3+', nullable: '3+', default: null }),
  },
  response: {
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    errorCode: int16(),
  },
})

export type HeartbeatRequest = Decoded<typeof heartbeat.request>
export type HeartbeatRequestInput = Encodable<typeof heartbeat.request>
export type HeartbeatResponse = Decoded<typeof heartbeat.response>
export type HeartbeatResponseInput = Encodable<typeof heartbeat.response>
