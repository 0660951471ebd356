import { atLeast, between } from '#core/config/checks.ts'
import { boolean, defineConfig, double, int, list, long, oneOf, type ConfigOf } from '#core/config/define.ts'

import { cleanerSettings } from './cleaner/config.ts'

const longMax = Number.MAX_SAFE_INTEGER
const hourMs = 3_600_000

const subsetOf =
  (...words: readonly string[]) =>
  (value: readonly string[]) => {
    const foreign = value.find((word) => !words.includes(word))
    return foreign === undefined ? undefined : `"${foreign}" is not one of ${words.join(', ')}`
  }
const throttledReplicas = (value: readonly string[]) =>
  value.every((item) => item === '*' || /^\d+:\d+$/.test(item))
    ? undefined
    : 'must be "*" or a list of partition:broker'

/** Apache Kafka 4.3's settings of a topic, by its names, types, defaults and bounds (LogConfig there), and one of our own. */
export const topicSettings = {
  'cleanup.policy': list({
    doc: 'What happens to old data: "delete" drops whole segments by age and size, "compact" keeps the last record of each key. Both may be named; none keeps everything.',
    default: ['delete'],
    importance: 'medium',
    check: subsetOf('compact', 'delete'),
  }),
  'compression.gzip.level': int({
    doc: "Level used when compression.type is gzip: 1 (quick) to 9 (small), -1 for the codec's own choice.",
    default: -1,
    importance: 'medium',
    check: (value) => (value === -1 ? undefined : between(1, 9)(value)),
  }),
  'compression.lz4.level': int({
    doc: 'Level used when compression.type is lz4.',
    default: 9,
    importance: 'medium',
    check: between(1, 17),
  }),
  'compression.type': oneOf(
    'uncompressed',
    'zstd',
    'lz4',
    'snappy',
    'gzip',
    'producer',
  )({
    doc: 'How batches are stored. "producer" keeps what the client sent.',
    default: 'producer',
    importance: 'medium',
  }),
  'compression.zstd.level': int({
    doc: 'Level used when compression.type is zstd.',
    default: 3,
    importance: 'medium',
    check: between(-131072, 22),
  }),
  'delete.retention.ms': long({
    doc: 'How long compaction keeps a tombstone, so that readers from the start can still see the deletion.',
    default: 24 * hourMs,
    importance: 'medium',
    check: atLeast(0),
  }),
  'file.delete.delay.ms': long({
    doc: 'Wait between taking a file out of the log and removing it.',
    default: 60_000,
    importance: 'medium',
    check: atLeast(0),
  }),
  'flush.messages': long({
    doc: 'Records after which the log is forced to the disk. 1: nothing is acknowledged before it is there (writes of a moment share one sync).',
    default: longMax,
    importance: 'medium',
    check: atLeast(1),
  }),
  'flush.ms': long({
    doc: 'Longest time after which appended data is forced to the disk; by default the operating system decides.',
    default: longMax,
    importance: 'medium',
    check: atLeast(0),
  }),
  'follower.replication.throttled.replicas': list({
    doc: 'Replicas whose fetching is throttled, as partition:broker pairs, or * for all.',
    default: [],
    importance: 'medium',
    check: throttledReplicas,
  }),
  'index.interval.bytes': int({
    doc: 'Bytes of log between two entries of the offset index.',
    default: 4096,
    importance: 'medium',
    check: atLeast(0),
  }),
  'leader.replication.throttled.replicas': list({
    doc: 'Replicas that are served throttled, as partition:broker pairs, or * for all.',
    default: [],
    importance: 'medium',
    check: throttledReplicas,
  }),
  'local.retention.bytes': long({
    doc: 'Bytes kept locally under tiered storage; -2 follows retention.bytes. Without tiered storage it has no effect.',
    default: -2,
    importance: 'medium',
    check: atLeast(-2),
  }),
  'local.retention.ms': long({
    doc: 'Time data stays local under tiered storage; -2 follows retention.ms. Without tiered storage it has no effect.',
    default: -2,
    importance: 'medium',
    check: atLeast(-2),
  }),
  'max.compaction.lag.ms': long({
    doc: 'Longest time that a record may wait to be compacted.',
    default: longMax,
    importance: 'medium',
    check: atLeast(1),
  }),
  'max.message.bytes': int({
    doc: 'Largest record batch that is taken, as sent (compressed).',
    default: 1_048_588,
    importance: 'medium',
    check: atLeast(0),
  }),
  'message.timestamp.after.max.ms': long({
    doc: "How far a record's time may lie ahead of the broker's clock, with CreateTime.",
    default: hourMs,
    importance: 'medium',
    check: atLeast(0),
  }),
  'message.timestamp.before.max.ms': long({
    doc: "How far a record's time may lie behind the broker's clock, with CreateTime.",
    default: longMax,
    importance: 'medium',
    check: atLeast(0),
  }),
  'message.timestamp.type': oneOf(
    'CreateTime',
    'LogAppendTime',
  )({
    doc: "Whose clock gives a record its time: the producer's (CreateTime) or the broker's on arrival (LogAppendTime).",
    default: 'CreateTime',
    importance: 'medium',
  }),
  'millrace.validate.records': boolean({
    doc: 'Decodes every record that is produced and refuses batches in which one is wrong, as Apache Kafka always does. Without it the header and the checksum are looked at, and records only where the topic is compacted or bounds how old they may be.',
    default: false,
  }),
  'min.cleanable.dirty.ratio': double({
    doc: 'Share of the log that must be uncompacted before compaction runs.',
    default: 0.5,
    importance: 'medium',
    check: between(0, 1),
  }),
  'min.compaction.lag.ms': long({
    doc: 'Time that a record is safe from compaction.',
    default: 0,
    importance: 'medium',
    check: atLeast(0),
  }),
  'min.insync.replicas': int({
    doc: 'Replicas that must be in sync for a write with acks=all, and for any record to become visible.',
    default: 1,
    importance: 'medium',
    check: atLeast(1),
  }),
  preallocate: boolean({
    doc: 'Whether Apache Kafka reserves the space of a segment when it makes one. Files grow as needed here.',
    default: false,
    importance: 'medium',
  }),
  'remote.log.copy.disable': boolean({
    doc: 'Stops uploads to tiered storage; there is none here yet.',
    default: false,
    importance: 'medium',
  }),
  'remote.log.delete.on.disable': boolean({
    doc: 'Whether turning tiered storage off deletes what it holds.',
    default: false,
    importance: 'medium',
  }),
  'remote.storage.enable': boolean({
    doc: 'Turns tiered storage on; there is none here yet.',
    default: false,
    importance: 'medium',
  }),
  'retention.bytes': long({
    doc: 'Bytes of a partition above which its oldest segments are dropped; -1: no limit.',
    default: -1,
    importance: 'medium',
  }),
  'retention.ms': long({
    doc: 'Age by record time after which segments are dropped; -1: no limit.',
    default: 168 * hourMs,
    importance: 'medium',
    check: atLeast(-1),
  }),
  'segment.bytes': int({
    doc: 'Size at which a new segment file is begun.',
    default: 1_073_741_824,
    importance: 'medium',
    check: atLeast(1_048_576),
  }),
  'segment.index.bytes': int({
    doc: 'Largest size of an index file; a full one begins a new segment.',
    default: 10_485_760,
    importance: 'medium',
    check: atLeast(4),
  }),
  'segment.jitter.ms': long({
    doc: 'Random time, at most this, by which time-based rolls come earlier, so that not all partitions roll at once.',
    default: 0,
    importance: 'medium',
    check: atLeast(0),
  }),
  'segment.ms': long({
    doc: 'Record time that one segment spans at most, so that retention can take its old part.',
    default: 168 * hourMs,
    importance: 'medium',
    check: atLeast(1),
  }),
  'unclean.leader.election.enable': boolean({
    doc: 'Lets a replica that is not in sync become leader when no other is left, which may lose acknowledged records.',
    default: false,
    importance: 'medium',
  }),
} as const

/** Reads and checks settings of topics. Defaults here are Kafka's own; those of a broker come from `topicDefaults`. */
export const topicConfigDefinition = defineConfig(topicSettings)

/** The settings of one topic, all of them with a value. */
export type TopicConfig = ConfigOf<typeof topicConfigDefinition>
/** A setting by the name it has on a topic, such as `retention.ms`. */
export type TopicSettingName = keyof typeof topicSettings

const hours = (doc: string, value: number, low: number) =>
  int({ doc, default: value, importance: 'high', check: atLeast(low) })

/** The broker's settings that are defaults of topic settings; to be spread into the broker's own definition. */
export const brokerLogSettings = {
  'compression.gzip.level': topicSettings['compression.gzip.level'],
  'compression.lz4.level': topicSettings['compression.lz4.level'],
  'compression.type': topicSettings['compression.type'],
  'compression.zstd.level': topicSettings['compression.zstd.level'],
  ...cleanerSettings,
  'log.cleaner.delete.retention.ms': topicSettings['delete.retention.ms'],
  'log.cleaner.max.compaction.lag.ms': topicSettings['max.compaction.lag.ms'],
  'log.cleaner.min.cleanable.ratio': topicSettings['min.cleanable.dirty.ratio'],
  'log.cleaner.min.compaction.lag.ms': topicSettings['min.compaction.lag.ms'],
  'log.cleanup.policy': topicSettings['cleanup.policy'],
  'log.flush.interval.messages': topicSettings['flush.messages'],
  'log.flush.interval.ms': long({ doc: 'Default of flush.ms.', importance: 'high', check: atLeast(0) }),
  'log.flush.scheduler.interval.ms': long({
    doc: 'Default of flush.ms where log.flush.interval.ms is not given.',
    default: longMax,
    importance: 'high',
  }),
  'log.index.interval.bytes': topicSettings['index.interval.bytes'],
  'log.index.size.max.bytes': topicSettings['segment.index.bytes'],
  'log.local.retention.bytes': topicSettings['local.retention.bytes'],
  'log.local.retention.ms': topicSettings['local.retention.ms'],
  'log.message.timestamp.after.max.ms': topicSettings['message.timestamp.after.max.ms'],
  'log.message.timestamp.before.max.ms': topicSettings['message.timestamp.before.max.ms'],
  'log.message.timestamp.type': topicSettings['message.timestamp.type'],
  'log.preallocate': topicSettings['preallocate'],
  'log.retention.bytes': topicSettings['retention.bytes'],
  'log.retention.hours': hours('Default of retention.ms in hours.', 168, -2147483648),
  'log.retention.minutes': int({
    doc: 'Default of retention.ms in minutes; comes before log.retention.hours.',
    importance: 'high',
  }),
  'log.retention.ms': long({ doc: 'Default of retention.ms; comes before log.retention.minutes.', importance: 'high' }),
  'log.roll.hours': hours('Default of segment.ms in hours.', 168, 1),
  'log.roll.jitter.hours': hours('Default of segment.jitter.ms in hours.', 0, 0),
  'log.roll.jitter.ms': long({
    doc: 'Default of segment.jitter.ms; comes before log.roll.jitter.hours.',
    importance: 'high',
  }),
  'log.roll.ms': long({ doc: 'Default of segment.ms; comes before log.roll.hours.', importance: 'high' }),
  'log.segment.bytes': topicSettings['segment.bytes'],
  'log.segment.delete.delay.ms': topicSettings['file.delete.delay.ms'],
  'message.max.bytes': topicSettings['max.message.bytes'],
  'millrace.validate.records': topicSettings['millrace.validate.records'],
  'min.insync.replicas': topicSettings['min.insync.replicas'],
  'unclean.leader.election.enable': topicSettings['unclean.leader.election.enable'],
} as const

/** A setting by the name it has on the broker, such as `log.retention.ms`. */
export type BrokerLogSettingName = keyof typeof brokerLogSettings

/** A broker-level name of a topic setting, and what one of its units is in the topic setting's. */
export interface TopicSynonym {
  readonly name: BrokerLogSettingName
  readonly scale: number
}

const one = (name: BrokerLogSettingName): readonly TopicSynonym[] => [{ name, scale: 1 }]

/** The broker-level names behind each topic setting, the strongest first. Settings that are missing have none. */
export const topicSynonyms: { readonly [Name in TopicSettingName]?: readonly TopicSynonym[] } = {
  'cleanup.policy': one('log.cleanup.policy'),
  'compression.gzip.level': one('compression.gzip.level'),
  'compression.lz4.level': one('compression.lz4.level'),
  'compression.type': one('compression.type'),
  'compression.zstd.level': one('compression.zstd.level'),
  'delete.retention.ms': one('log.cleaner.delete.retention.ms'),
  'file.delete.delay.ms': one('log.segment.delete.delay.ms'),
  'flush.messages': one('log.flush.interval.messages'),
  'flush.ms': [...one('log.flush.interval.ms'), ...one('log.flush.scheduler.interval.ms')],
  'index.interval.bytes': one('log.index.interval.bytes'),
  'local.retention.bytes': one('log.local.retention.bytes'),
  'local.retention.ms': one('log.local.retention.ms'),
  'max.compaction.lag.ms': one('log.cleaner.max.compaction.lag.ms'),
  'max.message.bytes': one('message.max.bytes'),
  'message.timestamp.after.max.ms': one('log.message.timestamp.after.max.ms'),
  'message.timestamp.before.max.ms': one('log.message.timestamp.before.max.ms'),
  'message.timestamp.type': one('log.message.timestamp.type'),
  'millrace.validate.records': one('millrace.validate.records'),
  'min.cleanable.dirty.ratio': one('log.cleaner.min.cleanable.ratio'),
  'min.compaction.lag.ms': one('log.cleaner.min.compaction.lag.ms'),
  'min.insync.replicas': one('min.insync.replicas'),
  preallocate: one('log.preallocate'),
  'retention.bytes': one('log.retention.bytes'),
  'retention.ms': [
    ...one('log.retention.ms'),
    { name: 'log.retention.minutes', scale: 60_000 },
    { name: 'log.retention.hours', scale: hourMs },
  ],
  'segment.bytes': one('log.segment.bytes'),
  'segment.index.bytes': one('log.index.size.max.bytes'),
  'segment.jitter.ms': [...one('log.roll.jitter.ms'), { name: 'log.roll.jitter.hours', scale: hourMs }],
  'segment.ms': [...one('log.roll.ms'), { name: 'log.roll.hours', scale: hourMs }],
  'unclean.leader.election.enable': one('unclean.leader.election.enable'),
}

const scaled = (value: unknown, scale: number): unknown =>
  typeof value !== 'number' || scale === 1 ? value : value < 0 ? -1 : value * scale

/**
 * The topic settings that a broker's own settings amount to: the first given synonym of each, else Kafka's default. The
 * values are checked; CONFIG_INVALID names the topic setting that cannot be.
 */
export function topicDefaults(broker: Readonly<Record<string, unknown>>): TopicConfig {
  const raw: Record<string, unknown> = {}
  for (const [name, synonyms] of Object.entries(topicSynonyms)) {
    const given = synonyms.find((synonym) => broker[synonym.name] !== undefined)
    if (given) raw[name] = scaled(broker[given.name], given.scale)
  }
  return topicConfigDefinition.parse(raw, 'defaults of topics')
}
