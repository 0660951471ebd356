import { atLeast } from '#core/config/checks.ts'
import { type ConfigDefinition, type ConfigOf, duration, int } from '#core/config/define.ts'

const most = 2_147_483_647

/** The settings of streams groups by Kafka's names, part of the coordinator's. Times in ms. */
export const streamsGroupSettings = {
  'group.streams.session.timeout.ms': duration({
    doc: 'How long a member of a streams group may be silent before it is taken for dead.',
    default: 45_000,
    check: atLeast(1),
  }),
  'group.streams.min.session.timeout.ms': duration({
    doc: "The shortest streams.session.timeout.ms that a group's own settings may ask for.",
    default: 45_000,
    check: atLeast(1),
  }),
  'group.streams.max.session.timeout.ms': duration({
    doc: "The longest streams.session.timeout.ms that a group's own settings may ask for.",
    default: 60_000,
    check: atLeast(1),
  }),
  'group.streams.heartbeat.interval.ms': duration({
    doc: 'How often members of a streams group are told to send heartbeats.',
    default: 5000,
    check: atLeast(1),
  }),
  'group.streams.min.heartbeat.interval.ms': duration({
    doc: "The shortest streams.heartbeat.interval.ms that a group's own settings may ask for.",
    default: 5000,
    check: atLeast(1),
  }),
  'group.streams.max.heartbeat.interval.ms': duration({
    doc: "The longest streams.heartbeat.interval.ms that a group's own settings may ask for.",
    default: 15_000,
    check: atLeast(1),
  }),
  'group.streams.max.size': int({
    doc: 'How many members one streams group may have.',
    default: most,
    check: atLeast(1),
  }),
  'group.streams.num.standby.replicas': int({
    doc: 'How many copies of the state of each task other instances of an application keep.',
    default: 0,
    check: atLeast(0),
  }),
  'group.streams.max.standby.replicas': int({
    doc: "The highest streams.num.standby.replicas that a group's own settings may ask for.",
    default: 2,
    check: atLeast(0),
  }),
  'group.streams.initial.rebalance.delay.ms': duration({
    doc: 'How long a streams group that was empty waits for more members before it gives out tasks.',
    default: 3000,
    check: atLeast(0),
  }),
  'group.streams.assignment.interval.ms': duration({
    doc: 'How long a streams group keeps an assignment at least before it makes the next one.',
    default: 1000,
    check: atLeast(0),
  }),
  'group.streams.min.assignment.interval.ms': duration({
    doc: "The shortest streams.assignment.interval.ms that a group's own settings may ask for.",
    default: 0,
    check: atLeast(0),
  }),
  'group.streams.max.assignment.interval.ms': duration({
    doc: "The longest streams.assignment.interval.ms that a group's own settings may ask for.",
    default: 15_000,
    check: atLeast(0),
  }),
} as const

type BrokerSettings = ConfigOf<ConfigDefinition<typeof streamsGroupSettings>>

/** What is in force for one group. */
export interface StreamsGroupConfig {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly standbyReplicas: number
  readonly initialRebalanceDelayMs: number
  readonly assignmentIntervalMs: number
}

/** The settings in force for a group: its own (`streams.session.timeout.ms`, ...) where there are any, else the broker's. */
export function streamsGroupConfig(broker: BrokerSettings, own: Readonly<Record<string, unknown>>): StreamsGroupConfig {
  return {
    sessionTimeoutMs: Number(own['streams.session.timeout.ms'] ?? broker['group.streams.session.timeout.ms']),
    heartbeatIntervalMs: Number(own['streams.heartbeat.interval.ms'] ?? broker['group.streams.heartbeat.interval.ms']),
    standbyReplicas: Number(own['streams.num.standby.replicas'] ?? broker['group.streams.num.standby.replicas']),
    initialRebalanceDelayMs: Number(
      own['streams.initial.rebalance.delay.ms'] ?? broker['group.streams.initial.rebalance.delay.ms'],
    ),
    assignmentIntervalMs: Number(
      own['streams.assignment.interval.ms'] ?? broker['group.streams.assignment.interval.ms'],
    ),
  }
}
