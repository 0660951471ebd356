import { errorTable } from '#core/errors/table.ts'

/** What goes wrong between bytes and messages, told by which field. */
export const wireErrors = errorTable({
  MALFORMED_MESSAGE: {
    retry: 'never',
    message: '{message} version {version} cannot be read at {field}: {problem}',
    hint: 'These bytes are not this message; a wrong version or a damaged file are the usual causes.',
  },
  UNWRITABLE_MESSAGE: {
    retry: 'never',
    message: '{message} version {version} cannot be written at {field}: {problem}',
    hint: 'Leave the field out, or use a version that has it.',
  },
  UNSUPPORTED_MESSAGE_VERSION: {
    retry: 'never',
    message: '{message} has no version {version}, only {low} to {high}',
  },
})

/** One of the protocol's error codes. */
export interface ErrorCode {
  readonly code: number
  /** True when the same request may succeed later, perhaps after fresh metadata. */
  readonly retriable: boolean
  readonly text: string
}

const fatal = (code: number, text: string): ErrorCode => ({ code, retriable: false, text })
const again = (code: number, text: string): ErrorCode => ({ code, retriable: true, text })

/** Kafka's error codes by their names, complete as of 4.3. */
export const errorCodes = {
  UNKNOWN_SERVER_ERROR: fatal(-1, 'the broker met a fault that it has no code for'),
  NONE: fatal(0, 'no error'),
  OFFSET_OUT_OF_RANGE: fatal(1, 'the log does not hold this offset'),
  CORRUPT_MESSAGE: again(2, 'a batch fails its checksum or is malformed'),
  UNKNOWN_TOPIC_OR_PARTITION: again(3, 'no such topic or partition here'),
  INVALID_FETCH_SIZE: fatal(4, 'a fetch asked for a size that makes no sense'),
  LEADER_NOT_AVAILABLE: again(5, 'the partition has no leader at the moment'),
  NOT_LEADER_OR_FOLLOWER: again(6, 'this broker does not lead, or does not hold, the partition'),
  REQUEST_TIMED_OUT: again(7, 'the request was not done in time'),
  BROKER_NOT_AVAILABLE: fatal(8, 'no such broker is up'),
  REPLICA_NOT_AVAILABLE: again(9, 'the replica cannot serve at the moment'),
  MESSAGE_TOO_LARGE: fatal(10, 'a batch is larger than the topic allows (max.message.bytes)'),
  STALE_CONTROLLER_EPOCH: fatal(11, 'a request came from a controller of the past'),
  OFFSET_METADATA_TOO_LARGE: fatal(12, 'the text with a committed offset is longer than the broker allows'),
  NETWORK_EXCEPTION: again(13, 'the connection ended before the answer came'),
  COORDINATOR_LOAD_IN_PROGRESS: again(14, 'the coordinator is still reading its log'),
  COORDINATOR_NOT_AVAILABLE: again(15, 'no coordinator is ready'),
  NOT_COORDINATOR: again(16, 'another broker is the coordinator'),
  INVALID_TOPIC_EXCEPTION: fatal(17, 'the topic name is not legal, or the topic may not be used so'),
  RECORD_LIST_TOO_LARGE: fatal(18, 'a batch is larger than a segment can be'),
  NOT_ENOUGH_REPLICAS: again(19, 'fewer replicas are in sync than the topic demands; nothing was written'),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: again(20, 'written, but on fewer replicas than the topic demands'),
  INVALID_REQUIRED_ACKS: fatal(21, 'acks must be 0, 1 or -1'),
  ILLEGAL_GENERATION: fatal(22, 'the group is in another generation'),
  INCONSISTENT_GROUP_PROTOCOL: fatal(23, 'the member offers no protocol that all others have'),
  INVALID_GROUP_ID: fatal(24, 'the group id is not legal'),
  UNKNOWN_MEMBER_ID: fatal(25, 'the group has no such member'),
  INVALID_SESSION_TIMEOUT: fatal(26, 'the session timeout is outside what the broker allows'),
  REBALANCE_IN_PROGRESS: fatal(27, 'the group is rebalancing: join again'),
  INVALID_COMMIT_OFFSET_SIZE: fatal(28, 'the offsets to commit do not fit a batch'),
  TOPIC_AUTHORIZATION_FAILED: fatal(29, 'not allowed on this topic'),
  GROUP_AUTHORIZATION_FAILED: fatal(30, 'not allowed on this group'),
  CLUSTER_AUTHORIZATION_FAILED: fatal(31, 'not allowed on this cluster'),
  INVALID_TIMESTAMP: fatal(32, 'a record is stamped too far in the past or the future'),
  UNSUPPORTED_SASL_MECHANISM: fatal(33, 'the SASL mechanism is not enabled'),
  ILLEGAL_SASL_STATE: fatal(34, 'the request may not come at this stage of authentication'),
  UNSUPPORTED_VERSION: fatal(35, 'this version of the request is not served'),
  TOPIC_ALREADY_EXISTS: fatal(36, 'a topic of this name exists'),
  INVALID_PARTITIONS: fatal(37, 'the number of partitions makes no sense'),
  INVALID_REPLICATION_FACTOR: fatal(38, 'the replication factor is below one or above the number of brokers'),
  INVALID_REPLICA_ASSIGNMENT: fatal(39, 'the list of replicas makes no sense'),
  INVALID_CONFIG: fatal(40, 'a setting is unknown or has an illegal value'),
  NOT_CONTROLLER: again(41, 'another node is the controller'),
  INVALID_REQUEST: fatal(42, 'the request contradicts itself'),
  UNSUPPORTED_FOR_MESSAGE_FORMAT: fatal(43, 'the stored record format cannot do this'),
  POLICY_VIOLATION: fatal(44, 'a policy of this cluster forbids it'),
  OUT_OF_ORDER_SEQUENCE_NUMBER: fatal(45, 'a batch of this producer is missing before this one'),
  DUPLICATE_SEQUENCE_NUMBER: fatal(46, 'a batch with this sequence was written before'),
  INVALID_PRODUCER_EPOCH: fatal(47, 'a newer epoch of this producer exists'),
  INVALID_TXN_STATE: fatal(48, 'the transaction is not in a state that allows this'),
  INVALID_PRODUCER_ID_MAPPING: fatal(49, 'the transactional id belongs to another producer id'),
  INVALID_TRANSACTION_TIMEOUT: fatal(50, 'the transaction timeout is longer than the broker allows'),
  CONCURRENT_TRANSACTIONS: again(51, 'the previous transaction of this id is not complete yet'),
  TRANSACTION_COORDINATOR_FENCED: fatal(52, 'the marker comes from a coordinator of the past'),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: fatal(53, 'not allowed with this transactional id'),
  SECURITY_DISABLED: fatal(54, 'the broker runs without authorisation'),
  OPERATION_NOT_ATTEMPTED: fatal(55, 'another part of the request failed, so this one was not tried'),
  KAFKA_STORAGE_ERROR: again(56, 'the disk under the log fails'),
  LOG_DIR_NOT_FOUND: fatal(57, 'the broker has no such log directory'),
  SASL_AUTHENTICATION_FAILED: fatal(58, 'the credentials are wrong'),
  UNKNOWN_PRODUCER_ID: fatal(59, 'nothing is known of this producer any more'),
  REASSIGNMENT_IN_PROGRESS: fatal(60, 'the partition is being moved'),
  DELEGATION_TOKEN_AUTH_DISABLED: fatal(61, 'delegation tokens are not enabled'),
  DELEGATION_TOKEN_NOT_FOUND: fatal(62, 'no such delegation token'),
  DELEGATION_TOKEN_OWNER_MISMATCH: fatal(63, 'the token belongs to, or is renewed by, somebody else'),
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: fatal(64, 'this connection is not authenticated well enough to handle tokens'),
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: fatal(65, 'not allowed on this delegation token'),
  DELEGATION_TOKEN_EXPIRED: fatal(66, 'the delegation token has run out'),
  INVALID_PRINCIPAL_TYPE: fatal(67, 'this type of principal is not known'),
  NON_EMPTY_GROUP: fatal(68, 'the group has members'),
  GROUP_ID_NOT_FOUND: fatal(69, 'no such group'),
  FETCH_SESSION_ID_NOT_FOUND: again(70, 'the broker holds no such fetch session'),
  INVALID_FETCH_SESSION_EPOCH: again(71, 'the fetch session is at another step'),
  LISTENER_NOT_FOUND: again(72, 'the leader has no listener of this name'),
  TOPIC_DELETION_DISABLED: fatal(73, 'topics may not be deleted here (delete.topic.enable)'),
  FENCED_LEADER_EPOCH: again(74, 'the sender knows only a past leader epoch'),
  UNKNOWN_LEADER_EPOCH: again(75, 'the sender knows a leader epoch that has not arrived here'),
  UNSUPPORTED_COMPRESSION_TYPE: fatal(76, 'this version cannot carry the compression of the batch'),
  STALE_BROKER_EPOCH: fatal(77, 'the broker has registered anew since'),
  OFFSET_NOT_AVAILABLE: again(78, 'a fresh leader does not know yet which offsets are certain'),
  MEMBER_ID_REQUIRED: fatal(79, 'join again with the member id of this answer'),
  PREFERRED_LEADER_NOT_AVAILABLE: again(80, 'the preferred leader is not up'),
  GROUP_MAX_SIZE_REACHED: fatal(81, 'the group is full'),
  FENCED_INSTANCE_ID: fatal(82, 'another process has joined with this group.instance.id'),
  ELIGIBLE_LEADERS_NOT_AVAILABLE: again(83, 'no replica that could lead is up'),
  ELECTION_NOT_NEEDED: again(84, 'the wanted leader leads already'),
  NO_REASSIGNMENT_IN_PROGRESS: fatal(85, 'the partition is not being moved'),
  GROUP_SUBSCRIBED_TO_TOPIC: fatal(86, 'members of the group still subscribe to the topic'),
  INVALID_RECORD: fatal(87, 'a record breaks a rule of the topic'),
  UNSTABLE_OFFSET_COMMIT: again(88, 'offsets of an open transaction are pending'),
  THROTTLING_QUOTA_EXCEEDED: again(89, 'over quota: come back after throttleTimeMs'),
  PRODUCER_FENCED: fatal(90, 'another producer has taken over this transactional id'),
  RESOURCE_NOT_FOUND: fatal(91, 'the named resource does not exist'),
  DUPLICATE_RESOURCE: fatal(92, 'the same resource is named twice'),
  UNACCEPTABLE_CREDENTIAL: fatal(93, 'the credential is empty or too weak'),
  INCONSISTENT_VOTER_SET: fatal(94, 'the two sides do not agree on who votes'),
  INVALID_UPDATE_VERSION: fatal(95, 'the update is based on another version of the state'),
  FEATURE_UPDATE_FAILED: fatal(96, 'the feature levels could not be changed'),
  PRINCIPAL_DESERIALIZATION_FAILURE: fatal(97, 'a forwarded request names its sender in a form that cannot be read'),
  SNAPSHOT_NOT_FOUND: fatal(98, 'no such snapshot'),
  POSITION_OUT_OF_RANGE: fatal(99, 'the snapshot does not reach to this position'),
  UNKNOWN_TOPIC_ID: again(100, 'no topic with this id here'),
  DUPLICATE_BROKER_REGISTRATION: fatal(101, 'another live broker has this id'),
  BROKER_ID_NOT_REGISTERED: fatal(102, 'no broker of this id is registered'),
  INCONSISTENT_TOPIC_ID: again(103, 'the log belongs to another topic id'),
  INCONSISTENT_CLUSTER_ID: fatal(104, 'this is another cluster'),
  TRANSACTIONAL_ID_NOT_FOUND: fatal(105, 'no such transactional id'),
  FETCH_SESSION_TOPIC_ID_ERROR: again(106, 'a fetch session cannot change between topic names and ids'),
  INELIGIBLE_REPLICA: fatal(107, 'a replica that may not be in sync was named as such'),
  NEW_LEADER_ELECTED: fatal(108, 'done, but the leader has changed with it'),
  OFFSET_MOVED_TO_TIERED_STORAGE: fatal(109, 'the offset is only in remote storage now'),
  FENCED_MEMBER_EPOCH: fatal(110, 'the member has been fenced: give up all partitions and join anew'),
  UNRELEASED_INSTANCE_ID: fatal(111, 'another live member holds this group.instance.id'),
  UNSUPPORTED_ASSIGNOR: fatal(112, 'the broker has no such assignor'),
  STALE_MEMBER_EPOCH: fatal(113, 'the member knows only a past epoch: heartbeat first'),
  MISMATCHED_ENDPOINT_TYPE: fatal(114, 'this is a broker where a controller was meant, or the reverse'),
  UNSUPPORTED_ENDPOINT_TYPE: fatal(115, 'this kind of endpoint is not served'),
  UNKNOWN_CONTROLLER_ID: fatal(116, 'no controller of this id'),
  UNKNOWN_SUBSCRIPTION_ID: fatal(117, 'the telemetry subscription has changed'),
  TELEMETRY_TOO_LARGE: fatal(118, 'more telemetry than the broker takes at once'),
  INVALID_REGISTRATION: fatal(119, 'the controller refuses this registration'),
  TRANSACTION_ABORTABLE: fatal(120, 'the transaction has to be aborted; the producer can go on'),
  INVALID_RECORD_STATE: fatal(121, 'the record was not acquired by this member'),
  SHARE_SESSION_NOT_FOUND: again(122, 'the broker holds no such share session'),
  INVALID_SHARE_SESSION_EPOCH: again(123, 'the share session is at another step'),
  FENCED_STATE_EPOCH: fatal(124, 'the share state has moved to another epoch'),
  INVALID_VOTER_KEY: fatal(125, 'the request is meant for a voter with another directory id'),
  DUPLICATE_VOTER: fatal(126, 'this voter is in the set already'),
  VOTER_NOT_FOUND: fatal(127, 'this voter is not in the set'),
  INVALID_REGULAR_EXPRESSION: fatal(128, 'the subscription pattern cannot be compiled'),
  REBOOTSTRAP_REQUIRED: fatal(129, 'forget what is known of the cluster and start from the bootstrap servers'),
  STREAMS_INVALID_TOPOLOGY: fatal(130, 'the streams topology makes no sense'),
  STREAMS_INVALID_TOPOLOGY_EPOCH: fatal(131, 'the streams topology epoch makes no sense'),
  STREAMS_TOPOLOGY_FENCED: fatal(132, 'the group runs a newer streams topology'),
  SHARE_SESSION_LIMIT_REACHED: again(133, 'the broker holds as many share sessions as it may'),
} as const satisfies Readonly<Record<string, ErrorCode>>

/** The name of a code, as Kafka spells it. */
export type ErrorName = keyof typeof errorCodes

const names = new Map<number, ErrorName>(
  Object.entries(errorCodes).map(([name, { code }]) => [code, name as ErrorName]),
)

/** The name of a code on the wire. Codes of later releases count as UNKNOWN_SERVER_ERROR, as in Kafka's clients. */
export function errorName(code: number): ErrorName {
  return names.get(code) ?? 'UNKNOWN_SERVER_ERROR'
}

/** An error that has a code on the wire: thrown by handlers to be answered, and by clients that were answered so. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: ErrorName
  readonly errorCode: number
  readonly retriable: boolean

  /** `message` is told to the other side where the answer has room for it; without it the code's own text. */
  constructor(code: ErrorName, message?: string) {
    const row: ErrorCode = errorCodes[code]
    super(message ?? `${code}: ${row.text}`)
    this.code = code
    this.errorCode = row.code
    this.retriable = row.retriable
  }
}

/** The error that a number on the wire stands for. */
export function protocolError(errorCode: number, message?: string): ProtocolError {
  return new ProtocolError(errorName(errorCode), message)
}
