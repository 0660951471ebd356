import { type Decoded, type Encodable, api, int16, int32, string } from '#core/wire/schema.ts'

/**
 * UnregisterBroker: forgets a broker that will not come back.
 */
export const unregisterBroker = api({
  key: 64,
  name: 'UnregisterBroker',
  versions: '0',
  flexible: '0+',
  request: {
    /** The broker. */
    brokerId: int32(),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** 0 when all is well. */
    errorCode: int16(),
    /** What went wrong, in words. */
    errorMessage: string({ nullable: '0+' }),
  },
})

export type UnregisterBrokerRequest = Decoded<typeof unregisterBroker.request>
export type UnregisterBrokerRequestInput = Encodable<typeof unregisterBroker.request>
export type UnregisterBrokerResponse = Decoded<typeof unregisterBroker.response>
export type UnregisterBrokerResponseInput = Encodable<typeof unregisterBroker.response>
