import { configErrors } from '#core/config/define.ts'
import { isKnownError } from '#core/errors/table.ts'
import { ProtocolError } from '#core/wire/errors.ts'

const code = configErrors.CONFIG_INVALID({ what: '', problems: '' }).code

/** Turns what a definition finds wrong into the answer a client gets, INVALID_CONFIG. */
export function invalidConfig<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!isKnownError(error) || error.code !== code) throw error
    throw new ProtocolError('INVALID_CONFIG', String(error.details['problems']))
  }
}
