import { boolean, defineConfig, int, long, oneOf, size, string, type ConfigOf } from '#core/config/define.ts'

/** The settings of a streams application, under Kafka Streams' names. */
export const streamsConfig = defineConfig({
  'application.id': string({
    doc: 'Names the application: its consumer group and the prefix of its internal topics.',
    required: true,
    importance: 'high',
  }),
  'bootstrap.servers': string({
    doc: 'Brokers to reach the cluster by, as host:port, comma separated.',
    required: true,
    importance: 'high',
  }),
  'client.id': string({ doc: 'How brokers log this instance; the application id when left out.' }),
  'commit.interval.ms': long({
    doc: 'How often positions are committed. Caches are flushed by it, so it is also how often updates of a table appear.',
    default: 30_000,
    importance: 'low',
  }),
  'statestore.cache.max.bytes': size({
    doc: 'Memory for the record caches of all tasks. 0 forwards every single update.',
    default: 10_485_760,
    importance: 'medium',
  }),
  'buffered.records.per.partition': int({
    doc: 'Records waiting for a task above which their partition is paused.',
    default: 1000,
    importance: 'low',
  }),
  'max.task.idle.ms': long({
    doc: 'How long a task with several inputs waits for one that is empty, to keep them in order of time; -1 never waits.',
    default: 0,
    importance: 'medium',
  }),
  'poll.ms': long({ doc: 'Longest wait for input before timers are looked at.', default: 100, importance: 'low' }),
  'replication.factor': int({
    doc: 'Replicas of internal topics; -1 takes the default of the brokers.',
    default: -1,
    importance: 'medium',
  }),
  'auto.offset.reset': oneOf(
    'earliest',
    'latest',
  )({ doc: 'Where to begin a topic without committed position.', default: 'earliest', importance: 'medium' }),
  'group.instance.id': string({ doc: 'Makes this a static member: a restart within the session causes no rebalance.' }),
  'session.timeout.ms': int({
    doc: 'Silence after which the group takes the member for dead.',
    default: 45_000,
    importance: 'low',
  }),
  'heartbeat.interval.ms': int({
    doc: 'How often the member reports to its group; a rebalance is noticed by it.',
    default: 3000,
    importance: 'low',
  }),
  'max.poll.records': int({ doc: 'Most records that one poll hands over.', default: 1000, importance: 'low' }),
  'linger.ms': long({ doc: 'How long output waits for company in its batch.', default: 100, importance: 'low' }),
  'compression.type': oneOf(
    'none',
    'gzip',
    'snappy',
    'lz4',
    'zstd',
  )({ doc: 'Codec of output, repartition and changelog records.', default: 'none' }),
  'enable.idempotence': boolean({ doc: 'Retried batches leave no doubles in the log.', default: true }),
  'processing.exception.handler': oneOf(
    'fail',
    'continue',
  )({
    doc: 'What a throwing function means: end the application, or drop the record and count it.',
    default: 'fail',
    importance: 'medium',
  }),
  'deserialization.exception.handler': oneOf(
    'fail',
    'continue',
  )({ doc: 'The same for bytes that a serde refuses.', default: 'fail', importance: 'medium' }),
  'errors.dead.letter.queue.topic.name': string({
    doc: 'Where records go that a handler dropped, as they came, with headers that say why. None when left out.',
  }),
})

/** The settings after parsing: defaults filled in, times in ms, sizes in bytes. */
export type StreamsConfig = ConfigOf<typeof streamsConfig>
