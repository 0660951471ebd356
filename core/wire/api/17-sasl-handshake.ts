import { type Decoded, type Encodable, api, array, int16, string } from '#core/wire/schema.ts'

/**
 * SaslHandshake: names the mechanism by which a client is going to authenticate.
 *
 * Version 0: raw tokens follow, each with its length in front and nothing else. 1: SaslAuthenticate requests
 * follow.
 */
export const saslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: '0-1',
  flexible: 'none',
  request: {
    /** The mechanism, by SASL's name: PLAIN, SCRAM-SHA-512 … */
    mechanism: string(),
  },
  response: {
    /** UNSUPPORTED_SASL_MECHANISM when it is not enabled on this listener. */
    errorCode: int16(),
    /** The mechanisms that are enabled. */
    mechanisms: array(string()),
  },
})

export type SaslHandshakeRequest = Decoded<typeof saslHandshake.request>
export type SaslHandshakeRequestInput = Encodable<typeof saslHandshake.request>
export type SaslHandshakeResponse = Decoded<typeof saslHandshake.response>
export type SaslHandshakeResponseInput = Encodable<typeof saslHandshake.response>
