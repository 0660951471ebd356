import { type Decoded, type Encodable, api, bytes, int16, int64, string } from '#core/wire/schema.ts'

/**
 * SaslAuthenticate: carries one token of the exchange of a mechanism.
 *
 * 1: session lifetime, after which the client has to authenticate again (KIP-368) · 2: flexible.
 */
export const saslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  versions: '0-2',
  flexible: '2+',
  request: {
    /** The client's token. */
    authBytes: bytes(),
  },
  response: {
    /** SASL_AUTHENTICATION_FAILED when the credentials are wrong; the connection closes. */
    errorCode: int16(),
    /** What went wrong, in words. */
    errorMessage: string({ nullable: '0+' }),
    /** The server's token. */
    authBytes: bytes(),
    /** After so many ms the client has to authenticate again; 0: never. */
    sessionLifetimeMs: int64({ versions: '1+', default: 0, ignorable: true }),
  },
})

export type SaslAuthenticateRequest = Decoded<typeof saslAuthenticate.request>
export type SaslAuthenticateRequestInput = Encodable<typeof saslAuthenticate.request>
export type SaslAuthenticateResponse = Decoded<typeof saslAuthenticate.response>
export type SaslAuthenticateResponseInput = Encodable<typeof saslAuthenticate.response>
