import { atLeast } from '#core/config/checks.ts'
import { duration, int, list, oneOf } from '#core/config/define.ts'

const most = 2_147_483_647
const known = ['uniform', 'range']

/** The settings of consumer groups (KIP-848) by Kafka's names, part of the coordinator's. Times in ms. */
export const consumerGroupSettings = {
  'group.consumer.session.timeout.ms': duration({
    doc: 'How long a member of a consumer group may be silent before it is taken for dead.',
    default: 45_000,
    check: atLeast(1),
  }),
  'group.consumer.min.session.timeout.ms': duration({
    doc: "The shortest consumer.session.timeout.ms that a group's own settings may ask for.",
    default: 45_000,
    check: atLeast(1),
  }),
  'group.consumer.max.session.timeout.ms': duration({
    doc: "The longest consumer.session.timeout.ms that a group's own settings may ask for.",
    default: 60_000,
    check: atLeast(1),
  }),
  'group.consumer.heartbeat.interval.ms': duration({
    doc: 'How often members of a consumer group are told to send heartbeats.',
    default: 5000,
    check: atLeast(1),
  }),
  'group.consumer.min.heartbeat.interval.ms': duration({
    doc: "The shortest consumer.heartbeat.interval.ms that a group's own settings may ask for.",
    default: 5000,
    check: atLeast(1),
  }),
  'group.consumer.max.heartbeat.interval.ms': duration({
    doc: "The longest consumer.heartbeat.interval.ms that a group's own settings may ask for.",
    default: 15_000,
    check: atLeast(1),
  }),
  'group.consumer.max.size': int({
    doc: 'How many members one consumer group may have.',
    default: most,
    check: atLeast(1),
  }),
  'group.consumer.assignors': list({
    doc: 'The assignors that members may choose from; the first one serves those who do not choose.',
    default: known,
    check: (names) => {
      const unknown = names.find((name) => !known.includes(name))
      if (unknown !== undefined) return `${unknown} is not an assignor; there are ${known.join(' and ')}`
      return names.length === 0 ? 'must name one assignor at least' : undefined
    },
  }),
  'group.consumer.assignment.interval.ms': duration({
    doc: 'How long a consumer group keeps an assignment at least before it makes the next one.',
    default: 1000,
    check: atLeast(0),
  }),
  'group.consumer.min.assignment.interval.ms': duration({
    doc: "The shortest consumer.assignment.interval.ms that a group's own settings may ask for.",
    default: 0,
    check: atLeast(0),
  }),
  'group.consumer.max.assignment.interval.ms': duration({
    doc: "The longest consumer.assignment.interval.ms that a group's own settings may ask for.",
    default: 15_000,
    check: atLeast(0),
  }),
  'group.consumer.regex.refresh.interval.ms': duration({
    doc: 'How often the topics that regular expressions match are looked up again at least.',
    default: 600_000,
    check: atLeast(10_000),
  }),
  'group.consumer.migration.policy': oneOf(
    'bidirectional',
    'upgrade',
    'downgrade',
    'disabled',
  )({
    doc: 'Which way groups may change between the classic and the consumer protocol while they have members.',
    default: 'bidirectional',
  }),
} as const
