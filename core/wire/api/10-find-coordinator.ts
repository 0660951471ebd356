import { type Decoded, type Encodable, api, array, int16, int32, int8, string, structs } from '#core/wire/schema.ts'

export const findCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: '0-6',
  flexible: '3+',
  request: {
    key: string({ versions: '0-3' }),
    keyType: int8({ versions: '1+', default: 0 }),
    coordinatorKeys: array(string(), { versions: '4+' }),
  },
  response: {
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    errorCode: int16({ versions: '0-3' }),
    errorMessage: string({ versions: '1-3', nullable: '1-3', ignorable: true }),
    nodeId: int32({ versions: '0-3' }),
    host: string({ versions: '0-3' }),
    port: int32({ versions: '0-3' }),
    coordinators: structs({
      key: string(),
      nodeId: int32(),
      host: string(),
      port: int32(),
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
    }).with({ versions: '4+' }),
  },
})

export type FindCoordinatorRequest = Decoded<typeof findCoordinator.request>
export type FindCoordinatorRequestInput = Encodable<typeof findCoordinator.request>
export type FindCoordinatorResponse = Decoded<typeof findCoordinator.response>
export type FindCoordinatorResponseInput = Encodable<typeof findCoordinator.response>
