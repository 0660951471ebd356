import { ProtocolError } from '#core/wire/errors.ts'
import type { Log } from '#core/telemetry/log.ts'

/** Runs what writes files of a log; what the file system refuses becomes KAFKA_STORAGE_ERROR. */
export function stored<T>(name: string, log: Log, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof ProtocolError) throw error
    const { message } = error as Error
    log('error', `log ${name} cannot be written`, { error: message })
    throw new ProtocolError('KAFKA_STORAGE_ERROR', `${name} cannot be written: ${message}`)
  }
}
