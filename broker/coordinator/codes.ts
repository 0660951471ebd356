import { type ErrorName, ProtocolError, errorCodes } from '#core/wire/errors.ts'

/** The number of an error on the wire. */
export function code(name: ErrorName): number {
  return errorCodes[name].code
}

/**
 * What a client is told when its records could not be appended: an error of the log would mean another topic to it, so
 * the coordinator's own words stand for "try again" and "look for the coordinator".
 */
export function appendProblem(error: unknown): ErrorName {
  const name = error instanceof ProtocolError ? error.code : 'UNKNOWN_SERVER_ERROR'
  switch (name) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'NOT_ENOUGH_REPLICAS':
    case 'NOT_ENOUGH_REPLICAS_AFTER_APPEND':
    case 'REQUEST_TIMED_OUT':
      return 'COORDINATOR_NOT_AVAILABLE'
    case 'NOT_LEADER_OR_FOLLOWER':
    case 'KAFKA_STORAGE_ERROR':
    case 'NOT_COORDINATOR':
      return 'NOT_COORDINATOR'
    // Of a transaction that is not the producer's any more.
    case 'INVALID_PRODUCER_EPOCH':
    case 'INVALID_TXN_STATE':
    case 'TRANSACTION_COORDINATOR_FENCED':
      return name
    default:
      return 'UNKNOWN_SERVER_ERROR'
  }
}
