import { boolean, className, defineConfig, int, list, long, oneOf, short, string } from '#core/config/define.ts'
import type { ConfigOf } from '#core/config/define.ts'

import type { AnyConnector, StringMap } from '../api/connector.ts'
import { connectErrors } from '../errors.ts'

const common = {
  name: string({ doc: 'Name of the connector; its offsets are kept under it.', required: true, importance: 'high' }),
  'connector.class': className({ doc: 'Class, or short name, of the connector.', required: true, importance: 'high' }),
  'tasks.max': int({
    doc: 'Most tasks that the connector is divided into.',
    default: 1,
    importance: 'high',
    check: (value) => (value < 1 ? 'expected at least 1' : undefined),
  }),
  'tasks.max.enforce': boolean({
    doc: 'Fail a connector that makes more tasks than tasks.max.',
    default: true,
    importance: 'low',
  }),
  'key.converter': className({ doc: 'Class that converts keys; the worker has a default.', importance: 'low' }),
  'value.converter': className({ doc: 'Class that converts values; the worker has a default.', importance: 'low' }),
  'header.converter': className({ doc: 'Class that converts headers; the worker has a default.', importance: 'low' }),
  'errors.retry.timeout': long({
    doc: 'How long a failed operation is tried again; 0 not at all, -1 for ever.',
    default: 0,
    importance: 'medium',
  }),
  'errors.retry.delay.max.ms': long({ doc: 'Longest pause between tries.', default: 60_000, importance: 'medium' }),
  'errors.tolerance': oneOf(
    'none',
    'all',
  )({
    doc: 'What a record that cannot be handled does: none fails the task, all skips the record.',
    default: 'none',
    importance: 'medium',
  }),
  'errors.log.enable': boolean({
    doc: 'Log each failed operation, tolerated ones too.',
    default: false,
    importance: 'medium',
  }),
  'errors.log.include.messages': boolean({
    doc: 'Say which record it was in that log.',
    default: false,
    importance: 'medium',
  }),
} as const

/** What a source connector may set beside its plugin's own settings. */
export const sourceConnectorConfig = defineConfig({
  ...common,
  'topic.creation.groups': list({
    doc: 'Groups of topics that are created with settings of their own.',
    default: [],
    importance: 'low',
  }),
})

/** What a sink connector may set beside its plugin's own settings. */
export const sinkConnectorConfig = defineConfig(
  {
    ...common,
    topics: list({ doc: 'Topics to read.', default: [], importance: 'high' }),
    'topics.regex': string({
      doc: 'Pattern that the whole name of a topic must match to be read.',
      default: '',
      importance: 'high',
    }),
    'errors.deadletterqueue.topic.name': string({
      doc: 'Topic for records that fail; none when empty.',
      default: '',
      importance: 'medium',
    }),
    'errors.deadletterqueue.topic.replication.factor': short({
      doc: 'Replicas of that topic when it is created.',
      default: 3,
      importance: 'medium',
    }),
    'errors.deadletterqueue.context.headers.enable': boolean({
      doc: 'Say in headers what failed, where and why.',
      default: false,
      importance: 'medium',
    }),
  },
  (config, complain) => {
    const byName = config.topics.length > 0
    const byPattern = config['topics.regex'] !== ''
    if (byName && byPattern) complain('topics', 'set either topics or topics.regex, not both')
    if (!byName && !byPattern) complain('topics', 'a sink needs topics or topics.regex')
    if (byPattern && !isPattern(config['topics.regex'])) complain('topics.regex', 'not a regular expression')
    const dead = config['errors.deadletterqueue.topic.name']
    if (dead !== '' && config.topics.includes(dead))
      complain('errors.deadletterqueue.topic.name', 'must not be one of topics')
  },
)

export type SourceConnectorConfig = ConfigOf<typeof sourceConnectorConfig>
export type SinkConnectorConfig = ConfigOf<typeof sinkConnectorConfig>
export type CommonConfig = ConfigOf<typeof commonConfig>

const commonConfig = defineConfig(common)

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

// Settings that change what arrives where: to pass over them would be to lose data quietly.
const refused: Readonly<Record<string, (value: string) => string | undefined>> = {
  transforms: (value) => (value.trim() === '' ? undefined : 'there are no transforms yet'),
  predicates: (value) => (value.trim() === '' ? undefined : 'there are no predicates yet'),
  'exactly.once.support': (value) => (value.toLowerCase() === 'required' ? 'sources deliver at least once' : undefined),
  'offsets.storage.topic': () => 'a standalone worker keeps all offsets in one place',
}

/** Throws SETTING_UNSUPPORTED for a setting that cannot be heeded and must not be ignored. */
export function refuseUnsupported(connector: string, raw: StringMap): void {
  for (const [setting, reasonFor] of Object.entries(refused)) {
    const reason = raw[setting] === undefined ? undefined : reasonFor(raw[setting])
    if (reason !== undefined) throw connectErrors.SETTING_UNSUPPORTED({ name: connector, setting, reason })
  }
}

const prefixes = [
  'key.converter.',
  'value.converter.',
  'header.converter.',
  'producer.override.',
  'consumer.override.',
  'admin.override.',
  'topic.creation.',
]
const withoutUse = new Set([
  'transforms',
  'predicates',
  'config.action.reload',
  'exactly.once.support',
  'transaction.boundary',
  'transaction.boundary.interval.ms',
  'connector.plugin.version',
  'task.class',
])

/** Names in a connector's settings that neither the framework nor the plugin knows. */
export function unknownConnectorSettings(plugin: AnyConnector, raw: StringMap): string[] {
  const framework = plugin.kind === 'source' ? sourceConnectorConfig : sinkConnectorConfig
  return framework
    .unknown(raw)
    .filter(
      (name) =>
        plugin.config.resolve(name) === undefined &&
        !withoutUse.has(name) &&
        !prefixes.some((prefix) => name.startsWith(prefix)),
    )
}

/** The settings below a prefix, the prefix taken off. */
export const below = (raw: StringMap, prefix: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(raw)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  )
