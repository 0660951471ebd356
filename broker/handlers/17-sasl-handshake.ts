import { saslHandshake } from '#core/wire/api/17-sasl-handshake.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { serve } from './handler.ts'

/**
 * Refuses a handshake: those that are in order never come here, the session before the connection takes them.
 * Versions 0-1. Kept: ILLEGAL_SASL_STATE on listeners without SASL, and for a client that has logged in and need not do so
 * again. Left out: GSSAPI and delegation tokens.
 */
export const saslHandshakeHandler = serve(saslHandshake, {
  versions: '0-1',
  handle: () => ({ errorCode: errorCodes.ILLEGAL_SASL_STATE.code, mechanisms: [] }),
})
