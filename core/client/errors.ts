import { errorTable, isKnownError } from '#core/errors/table.ts'
import { errorCodes, errorName, ProtocolError } from '#core/wire/errors.ts'

/** What goes wrong between a client and a cluster; what the cluster itself answers is a ProtocolError. */
export const clientErrors = errorTable({
  BOOTSTRAP_INVALID: {
    retry: 'never',
    message: 'bootstrap server "{server}" is not HOST:PORT',
    hint: 'Name brokers as host:port, several separated by commas.',
  },
  BROKER_UNREACHABLE: {
    retry: 'backoff',
    message: 'no connection to {host}:{port}: {problem}',
    hint: 'Is a broker listening there, and does it advertise an address that this machine can reach?',
  },
  BROKER_UNKNOWN: { retry: 'backoff', message: 'broker {broker} is not in the metadata of the cluster' },
  CERTIFICATE_REFUSED: {
    retry: 'never',
    message: 'the certificate of {host}:{port} is not accepted: {problem}',
    hint: 'Name it, or the authority that signed it, with ssl.truststore.location and ssl.truststore.type.',
  },
  CONNECTION_LOST: {
    retry: 'reconnect',
    message: 'lost the connection to {host}:{port}: {problem}',
    hint: 'If it happens every time, the listener may want TLS, a login or a certificate: see security.protocol.',
  },
  REQUEST_UNANSWERED: {
    retry: 'reconnect',
    message: '{host}:{port} did not answer {api} within {timeoutMs} ms',
  },
  REPLY_MALFORMED: { retry: 'never', message: 'the answer of {host}:{port} to {api} version {version} cannot be read' },
  VERSION_UNSUPPORTED: {
    retry: 'never',
    message: '{host}:{port} has no version of {api} in common with this client: it offers {theirs}, wanted is {ours}',
    hint: 'Brokers from Apache Kafka 2.1 on are understood.',
  },
  AUTHENTICATION_FAILED: {
    retry: 'never',
    message: '{host}:{port} refused the login by {mechanism}: {problem}',
    hint: 'Look at sasl.mechanism and sasl.jaas.config here, and at the users and mechanisms of the broker.',
  },
  CLIENT_CLOSED: { retry: 'never', message: 'this {what} is closed' },
  LEADER_MISSING: { retry: 'backoff', message: 'partition {topic}-{partition} has no leader at the moment' },
  PARTITION_MISSING: {
    retry: 'never',
    message: 'topic "{topic}" has no partition {partition}: it has {count}',
  },
  RECORD_TOO_LARGE: {
    retry: 'never',
    message: 'a record of {size} bytes for topic "{topic}" is larger than maxRequestSize, {limit} bytes',
    hint: 'Raise maxRequestSize here and max.message.bytes of the topic, or send less in one record.',
  },
  TIMESTAMP_INVALID: {
    retry: 'never',
    message: 'timestamp {timestamp} of a record for topic "{topic}" is not a whole number of milliseconds',
  },
  DELIVERY_TIMED_OUT: {
    retry: 'never',
    message: '{count} records for {topic}-{partition} were not acknowledged within {timeoutMs} ms: {problem}',
  },
  PARTITION_CHOICE_INVALID: {
    retry: 'never',
    message: 'partition {partition} was chosen for a record of topic "{topic}", which has {count}',
  },
  POLL_CONCURRENT: { retry: 'never', message: 'poll was called while another poll of the same consumer runs' },
  PARTITION_UNASSIGNED: { retry: 'never', message: 'partition {partition} is not assigned to this consumer' },
  SUBSCRIBED: {
    retry: 'never',
    message: 'this consumer has subscribed: its group assigns its partitions',
    hint: 'Take another consumer to assign partitions by hand.',
  },
  GROUP_MISSING: { retry: 'never', message: '{call} needs a group: give the consumer a groupId' },
  OFFSET_MISSING: {
    retry: 'never',
    message: 'group "{group}" has no committed offset for {partition}, and autoOffsetReset is none',
    hint: 'Commit or seek to an offset first, or set autoOffsetReset to earliest or latest.',
  },
  OFFSET_OUT_OF_RANGE: {
    retry: 'never',
    message: 'offset {offset} of {partition} is not in the log, and autoOffsetReset is none',
    hint: 'Seek to an offset that exists, or set autoOffsetReset to earliest or latest.',
  },
  BATCH_CORRUPT: {
    retry: 'never',
    message: 'the batch at offset {offset} of {partition} does not match its checksum',
    hint: 'Seek past it to go on; the offsets of the next batches follow it.',
  },
  COMMIT_REFUSED: {
    retry: 'never',
    message: 'offsets of group "{group}" were not committed, the member has lost its place: {problem}',
    hint: 'The partitions belong to another member now; poll again to get a new assignment.',
  },
  COMMIT_DURING_REBALANCE: {
    retry: 'backoff',
    message: 'offsets of group "{group}" were not committed: a rebalance is under way',
    hint: 'Poll until it is over, then commit what is still assigned.',
  },
  ASSIGNOR_UNKNOWN: { retry: 'never', message: 'the group chose assignor "{name}", which this consumer does not have' },
})

/** Protocol errors after which the metadata of a topic is asked for again. */
const staleMetadata: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REPLICA_NOT_AVAILABLE',
  'LISTENER_NOT_FOUND',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'KAFKA_STORAGE_ERROR',
  'OFFSET_NOT_AVAILABLE',
])

const lostCoordinator: ReadonlySet<string> = new Set(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE'])

/** True when trying again later may succeed. */
export function isRetriable(error: unknown): boolean {
  if (error instanceof ProtocolError) return error.retriable
  return isKnownError(error) && error.retry !== 'never'
}

/** As `isRetriable`, for calls where "no such topic" is the answer and not a state of things that will pass. */
export function isTransient(error: unknown): boolean {
  return isRetriable(error) && !isProtocolError(error, 'UNKNOWN_TOPIC_OR_PARTITION')
}

/** True when the connection, not the answer, was the problem. */
export function isConnectionFault(error: unknown): boolean {
  return isKnownError(error) && (error.retry === 'reconnect' || error.code === 'BROKER_UNREACHABLE')
}

/** True when leaders or topic ids may have changed. */
export function isMetadataStale(error: unknown): boolean {
  if (error instanceof ProtocolError) return staleMetadata.has(error.code)
  return (
    isConnectionFault(error) ||
    (isKnownError(error) && (error.code === 'LEADER_MISSING' || error.code === 'BROKER_UNKNOWN'))
  )
}

/** True when the coordinator must be looked up again. */
export function isCoordinatorLost(error: unknown): boolean {
  return isConnectionFault(error) || (error instanceof ProtocolError && lostCoordinator.has(error.code))
}

/** The error that an answer carries, saying what it is about; `told` is the broker's own text. */
export function refusal(errorCode: number, about: string, told?: string | null): ProtocolError {
  const name = errorName(errorCode)
  return new ProtocolError(name, `${about}: ${told ?? errorCodes[name].text} (${name})`)
}

/** True for a ProtocolError of one of these names. */
export function isProtocolError(
  error: unknown,
  ...names: readonly (keyof typeof errorCodes)[]
): error is ProtocolError {
  return error instanceof ProtocolError && (names as readonly string[]).includes(error.code)
}

/** What a caught value says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A caught value as an Error. */
export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
