import { atLeast } from '#core/config/checks.ts'
import { type ConfigOf, boolean, defineConfig, int, oneOf, string } from '#core/config/define.ts'

const milliseconds = (doc: string, standard: number, low = 1) => int({ doc, default: standard, check: atLeast(low) })
const assignment = (kind: string) =>
  milliseconds(`Least time between two assignments of a ${kind} group, in ms; 0: with every change.`, 1000, 0)
const heartbeat = (kind: string) => milliseconds(`How often members of a ${kind} group send heartbeats, in ms.`, 5000)
const session = (kind: string) =>
  milliseconds(`Time without a heartbeat after which a ${kind} group drops a member, in ms.`, 45_000)

/** Settings of a single group, by Apache Kafka's names: those of consumer, share and streams groups. */
const groupConfigSettings = {
  'consumer.assignment.interval.ms': assignment('consumer'),
  'consumer.heartbeat.interval.ms': heartbeat('consumer'),
  'consumer.session.timeout.ms': session('consumer'),
  'share.assignment.interval.ms': assignment('share'),
  'share.auto.offset.reset': string({
    doc: 'Where a share group begins: latest, earliest, or by_duration: and an ISO 8601 duration.',
    default: 'latest',
    check: (value) =>
      /^(latest|earliest|by_duration:P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)$/i.test(value)
        ? undefined
        : `must be latest, earliest or by_duration:PnDTnHnMn.nS, got ${value}`,
  }),
  'share.delivery.count.limit': int({
    doc: 'How often a record may be delivered to members of a share group.',
    default: 5,
    check: atLeast(2),
  }),
  'share.heartbeat.interval.ms': heartbeat('share'),
  'share.isolation.level': oneOf(
    'read_committed',
    'read_uncommitted',
  )({
    doc: 'Whether a share group sees records of transactions before they are committed.',
    default: 'read_uncommitted',
  }),
  'share.partition.max.record.locks': int({
    doc: 'Records of a partition that members of a share group may hold at a time.',
    default: 2000,
    check: atLeast(100),
  }),
  'share.record.lock.duration.ms': milliseconds(
    'How long a member of a share group may hold a record, in ms.',
    30_000,
    1000,
  ),
  'share.renew.acknowledge.enable': boolean({
    doc: 'Members of a share group may hold on to a record for longer.',
    default: true,
  }),
  'share.session.timeout.ms': session('share'),
  'streams.assignment.interval.ms': assignment('streams'),
  'streams.heartbeat.interval.ms': heartbeat('streams'),
  'streams.initial.rebalance.delay.ms': milliseconds(
    'How long the first assignment of an empty streams group waits for more members, in ms.',
    3000,
    0,
  ),
  'streams.num.standby.replicas': int({ doc: 'Standby copies of each stateful task.', default: 0, check: atLeast(0) }),
  'streams.session.timeout.ms': session('streams'),
} as const

/** The settings of one group under Kafka's names. */
export const groupConfigDefinition = defineConfig(groupConfigSettings)
/** The values that hold for a group. */
export type GroupConfig = ConfigOf<typeof groupConfigDefinition>
/** The name of a setting of a group. */
export type GroupConfigName = keyof typeof groupConfigSettings

/** The broker setting that a group's setting falls back on, where there is one. */
export const groupSynonym = (name: string): string => `group.${name}`

/** The broker settings between which a group's setting must stay. */
export const groupBounds: { readonly [Name in GroupConfigName]?: { readonly low?: string; readonly high?: string } } = {
  ...bounded('consumer', 'assignment.interval.ms', 'heartbeat.interval.ms', 'session.timeout.ms'),
  ...bounded('share', 'assignment.interval.ms', 'heartbeat.interval.ms', 'session.timeout.ms'),
  ...bounded('share', 'delivery.count.limit', 'partition.max.record.locks', 'record.lock.duration.ms'),
  ...bounded('streams', 'assignment.interval.ms', 'heartbeat.interval.ms', 'session.timeout.ms'),
  'streams.num.standby.replicas': { high: 'group.streams.max.standby.replicas' },
}

function bounded(kind: string, ...names: readonly string[]): Record<string, { low: string; high: string }> {
  return Object.fromEntries(
    names.map((name) => [`${kind}.${name}`, { low: `group.${kind}.min.${name}`, high: `group.${kind}.max.${name}` }]),
  )
}
