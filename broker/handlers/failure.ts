import { ProtocolError, errorCodes } from '#core/wire/errors.ts'

import { isDamage } from '../log/errors.ts'
import type { Node } from '../node.ts'

/** The code that tells a client of an error. Of damage in a log the log has spoken. What else is no error of the protocol is ours: it is logged. */
export function codeOf(node: Node, what: string, error: unknown): number {
  if (error instanceof ProtocolError) return error.errorCode
  if (isDamage(error)) return errorCodes.CORRUPT_MESSAGE.code
  node.log('error', `${what} failed`, { error: (error as Error)?.stack ?? String(error) })
  return errorCodes.UNKNOWN_SERVER_ERROR.code
}

/** The sentence that goes with the code, where an answer has room for one. */
export function messageOf(error: unknown): string | null {
  return error instanceof ProtocolError ? error.message : null
}
