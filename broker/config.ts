import { atLeast } from '#core/config/checks.ts'
import {
  type ConfigDefinition,
  type ConfigOf,
  boolean,
  defineConfig,
  duration,
  int,
  list,
  oneOf,
  size,
  string,
} from '#core/config/define.ts'

import { authorizerSettings } from './authorizer/config.ts'
import { groupSettings } from './coordinator/config.ts'
import { transactionSettings } from './coordinator/transaction/config.ts'
import { quotaSettings } from './quota/config.ts'
import { brokerLogSettings } from './log/config.ts'
import { parseAddress } from './operations/address.ts'
import { listenerSettings } from './security/config.ts'

const positive = atLeast(1)

/** Who this node is and where it can be reached. */
const nodeSettings = {
  'node.id': int({
    doc: 'Number of this node in the cluster.',
    default: 1,
    importance: 'high',
    aliases: ['broker.id'],
    check: atLeast(0),
  }),
  'process.roles': list({
    doc: 'Roles of the node. A single node is always both.',
    default: ['broker', 'controller'],
    importance: 'high',
    check: (roles) =>
      roles.includes('broker') && roles.every((role) => role === 'broker' || role === 'controller')
        ? undefined
        : `must be broker,controller, got ${roles.join(',')}`,
  }),
  listeners: list({
    doc: 'Addresses to bind, as NAME://host:port; port 0 takes a free one.',
    default: ['PLAINTEXT://127.0.0.1:9092'],
    importance: 'high',
  }),
  'advertised.listeners': list({
    doc: 'Addresses that clients are told to come back to, by listener name; without an entry the bound address.',
    default: [],
    importance: 'high',
  }),
  'controller.listener.names': list({
    doc: 'Listeners of the controller. A single node has nobody to talk to there, so they are not bound.',
    default: ['CONTROLLER'],
    importance: 'high',
  }),
  'listener.security.protocol.map': list({
    doc: 'PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL per listener, as NAME:PROTOCOL; without an entry the name says it.',
    default: [],
  }),
  'broker.rack': string({ doc: 'Rack of the node, shown in metadata.' }),
  'millrace.allow.unauthenticated': boolean({
    doc: 'Lets a listener be bound to an address that other machines can reach, although nobody has to prove who they are.',
    default: false,
  }),
} as const

/** Bounds on what clients may make the broker hold. */
const networkSettings = {
  'socket.request.max.bytes': size({
    doc: 'Largest request; a larger one closes its connection before anything is allocated for it.',
    default: 104_857_600,
    check: positive,
  }),
  'queued.max.request.bytes': size({
    doc: 'Bytes that large requests of all connections may hold together; further ones wait with their sockets paused. -1: no bound.',
    default: 268_435_456,
    check: atLeast(-1),
  }),
  'queued.max.requests': int({
    doc: 'Requests of one connection that may be unanswered before it is read no further.',
    default: 500,
    importance: 'high',
    check: positive,
  }),
  'max.incremental.fetch.session.cache.slots': int({
    doc: 'Fetch sessions that are kept for clients at a time; who gets none sends full requests.',
    default: 1000,
    check: atLeast(0),
  }),
  'max.connections': int({ doc: 'Connections at a time.', default: 2_147_483_647, check: atLeast(0) }),
  'max.connections.per.ip': int({
    doc: 'Connections at a time from one address.',
    default: 2_147_483_647,
    check: atLeast(0),
  }),
  'connections.max.idle.ms': duration({
    doc: 'A connection without traffic for this long is closed.',
    default: 600_000,
  }),
  'fetch.max.bytes': size({
    doc: 'Most bytes of one fetch answer, whatever the client asks for.',
    default: 57_671_680,
    check: atLeast(1024),
  }),
  'millrace.metrics.listener': string({
    doc: 'Address as host:port at which /metrics (for Prometheus) and /health are served over HTTP; port 0 takes a free one. Off without it.',
    check: (value) => (parseAddress(value) === undefined ? `must be host:port, got ${value}` : undefined),
  }),
  'millrace.drain.timeout.ms': duration({
    doc: 'How long requests that are under way may take when the broker stops, before their connections are closed.',
    default: 5000,
    check: atLeast(0),
  }),
  'max.request.partition.size.limit': int({
    doc: 'Most partitions in one answer of DescribeTopicPartitions.',
    default: 2000,
    check: positive,
  }),
} as const

/** How topics come to be. */
const topicSettings = {
  'auto.create.topics.enable': boolean({
    doc: 'Asking for a topic that is not there makes it.',
    default: true,
    importance: 'high',
  }),
  'delete.topic.enable': boolean({ doc: 'Topics can be deleted.', default: true, importance: 'high' }),
  'num.partitions': int({ doc: 'Partitions of a topic made without a number.', default: 1, check: positive }),
  'default.replication.factor': int({ doc: 'Replicas of a topic made without a number.', default: 1, check: positive }),
} as const

/** Where one node wants other defaults than a cluster: the values that Apache ships in its example configuration. */
const singleNode = {
  'offsets.topic.replication.factor': int({
    doc: 'Replicas of __consumer_offsets when it is created.',
    default: 1,
    check: positive,
  }),
  'transaction.state.log.replication.factor': int({
    doc: 'Replicas of __transaction_state when it is created.',
    default: 1,
    importance: 'high',
    check: positive,
  }),
  'transaction.state.log.min.isr': int({
    doc: 'The min.insync.replicas of __transaction_state when it is created.',
    default: 1,
    importance: 'high',
    check: positive,
  }),
  'group.initial.rebalance.delay.ms': duration({
    doc: 'How long the first rebalance of an empty group waits for more members before it goes ahead.',
    default: 0,
    check: atLeast(0),
  }),
} as const

/** Where data lies and when it is forced to the disk. */
const storageSettings = {
  'log.dirs': list({
    doc: 'The data directory. One only.',
    default: ['.millrace/broker'],
    importance: 'high',
    aliases: ['log.dir'],
  }),
  flush: oneOf(
    'never',
    'interval',
    'always',
    'batch',
  )({
    doc:
      'When data is forced to the disk, as a shorthand: never (the operating system decides; what is acknowledged survives a ' +
      'crash of the broker, not of the machine), interval (log.flush.interval.ms=1000), always (log.flush.interval.messages=1: ' +
      'nothing is acknowledged before it is on the disk, and what arrives together shares one sync: a group commit), batch (the ' +
      'same as always, by what it does).',
    default: 'never',
    importance: 'high',
  }),
  'log.retention.check.interval.ms': duration({
    doc: 'How often segments that retention no longer holds are looked for.',
    default: 300_000,
    check: positive,
  }),
  'producer.id.expiration.ms': duration({
    doc: 'How long a partition remembers an idempotent producer that sends nothing.',
    default: 86_400_000,
    check: positive,
  }),
  'metadata.log.max.record.bytes.between.snapshots': size({
    doc: 'Bytes of metadata records after which a new snapshot is written.',
    default: 20_971_520,
    importance: 'high',
    check: positive,
  }),
} as const

/** Every setting of a broker by Kafka's name. */
export const brokerSettings = {
  ...nodeSettings,
  ...networkSettings,
  ...listenerSettings,
  ...topicSettings,
  ...storageSettings,
  ...brokerLogSettings,
  ...groupSettings,
  ...transactionSettings,
  ...authorizerSettings,
  ...quotaSettings,
  ...singleNode,
} as const

/** What the `flush` shorthand stands for, in Kafka's settings. */
export const flushPolicies: Readonly<
  Record<'never' | 'interval' | 'always' | 'batch', Readonly<Record<string, string>>>
> = {
  never: {},
  interval: { 'log.flush.interval.ms': '1000' },
  always: { 'log.flush.interval.messages': '1' },
  batch: { 'log.flush.interval.messages': '1' },
}

/** The settings of a broker under Kafka's names. */
export const brokerConfigDefinition = defineConfig(brokerSettings)
/** Values of the settings of a broker. */
export type BrokerConfig = ConfigOf<ConfigDefinition<typeof brokerSettings>>
