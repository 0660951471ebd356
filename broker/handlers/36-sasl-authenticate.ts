import { saslAuthenticate } from '#core/wire/api/36-sasl-authenticate.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { serve } from './handler.ts'

/**
 * Refuses a token: those of an exchange never come here, the session before the connection takes them.
 * Versions 0-2. Kept: ILLEGAL_SASL_STATE for a client that has logged in or never could. Left out: nothing.
 */
export const saslAuthenticateHandler = serve(saslAuthenticate, {
  versions: '0-2',
  handle: () => ({
    errorCode: errorCodes.ILLEGAL_SASL_STATE.code,
    errorMessage: 'SaslAuthenticate request received after successful authentication',
    authBytes: Buffer.alloc(0),
  }),
})
