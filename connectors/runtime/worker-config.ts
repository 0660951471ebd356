import { boolean, className, defineConfig, int, list, long, oneOf, short, string } from '#core/config/define.ts'
import type { ConfigOf } from '#core/config/define.ts'

/** The settings of a standalone worker, by Connect's names. */
export const workerConfig = defineConfig(
  {
    'bootstrap.servers': list({
      doc: 'Brokers to begin with, host:port.',
      default: ['localhost:9092'],
      importance: 'high',
    }),
    'key.converter': className({
      doc: 'Class that converts keys, for connectors that set none.',
      required: true,
      importance: 'high',
    }),
    'value.converter': className({
      doc: 'Class that converts values, for connectors that set none.',
      required: true,
      importance: 'high',
    }),
    'header.converter': className({
      doc: 'Class that converts headers, for connectors that set none.',
      default: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
      importance: 'low',
    }),
    'offset.storage.file.filename': string({
      doc: 'File that keeps the offsets of sources, as JSON.',
      importance: 'high',
    }),
    'offset.storage.topic': string({
      doc: 'Compacted topic that keeps the offsets of sources, when no file does.',
      default: 'connect-offsets',
      importance: 'high',
    }),
    'offset.storage.partitions': int({
      doc: 'Partitions of that topic when it is created; -1 is the default of the broker.',
      default: 1,
      importance: 'low',
      check: (value) => (value === -1 || value > 0 ? undefined : 'expected a number above 0, or -1'),
    }),
    'offset.storage.replication.factor': short({
      doc: 'Replicas of that topic when it is created; -1 is the default of the broker.',
      default: -1,
      importance: 'low',
      check: (value) => (value === -1 || value > 0 ? undefined : 'expected a number above 0, or -1'),
    }),
    'offset.flush.interval.ms': long({ doc: 'How often offsets are committed.', default: 60_000, importance: 'low' }),
    'offset.flush.timeout.ms': long({
      doc: 'How long storing them may take before it is tried anew.',
      default: 5000,
      importance: 'low',
    }),
    'task.shutdown.graceful.timeout.ms': long({
      doc: 'How long a task may take to end.',
      default: 5000,
      importance: 'low',
    }),
    'plugin.path': list({
      doc: 'Modules, TypeScript too, that export further connectors.',
      default: [],
      importance: 'low',
    }),
    'topic.creation.enable': boolean({
      doc: 'Create topics of sources as their topic.creation settings say.',
      default: true,
      importance: 'low',
    }),
    'connector.client.config.override.policy': oneOf(
      'All',
      'None',
    )({
      doc: 'Whether connectors may override settings of their producers and consumers.',
      default: 'All',
      importance: 'medium',
    }),
  },
  (config, complain) => {
    if (config['offset.flush.interval.ms'] < 1) complain('offset.flush.interval.ms', 'expected at least 1')
  },
)

export type WorkerConfig = ConfigOf<typeof workerConfig>

/** Settings that Connect's worker has and this one has no use for: taken without a word. */
const withoutUse = new Set([
  'listeners',
  'rest.port',
  'rest.host.name',
  'rest.advertised.host.name',
  'rest.advertised.port',
  'rest.advertised.listener',
  'rest.extension.classes',
  'admin.listeners',
  'plugin.discovery',
  'group.id',
  'config.storage.topic',
  'status.storage.topic',
  'config.storage.replication.factor',
  'status.storage.replication.factor',
  'status.storage.partitions',
  'client.id',
  'internal.key.converter',
  'internal.value.converter',
  'access.control.allow.origin',
  'access.control.allow.methods',
  'topic.tracking.enable',
  'topic.tracking.allow.reset',
  'metric.reporters',
  'exactly.once.source.support',
])
const prefixes = ['key.converter.', 'value.converter.', 'header.converter.', 'producer.', 'consumer.', 'admin.']

/** Names in a worker's settings that nobody knows: worth a warning, for they may be misspelt. */
export const unknownWorkerSettings = (raw: Readonly<Record<string, string>>): string[] =>
  workerConfig
    .unknown(raw)
    .filter((name) => !withoutUse.has(name) && !prefixes.some((prefix) => name.startsWith(prefix)))
