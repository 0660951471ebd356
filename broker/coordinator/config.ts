import { atLeast } from '#core/config/checks.ts'
import { type ConfigDefinition, type ConfigOf, duration, int } from '#core/config/define.ts'

import { consumerGroupSettings } from './consumer-group/config.ts'
import { streamsGroupSettings } from './streams-group/config.ts'

/** The coordinator's settings by Kafka's names, for the broker to spread into its own definition. Times in ms. */
export const groupSettings = {
  ...streamsGroupSettings,
  'group.initial.rebalance.delay.ms': duration({
    doc: 'How long the first rebalance of an empty group waits for more members before it goes ahead.',
    default: 3000,
    check: atLeast(0),
  }),
  'group.min.session.timeout.ms': duration({
    doc: 'The shortest session timeout that a member may ask for.',
    default: 6000,
  }),
  'group.max.session.timeout.ms': duration({
    doc: 'The longest session timeout that a member may ask for.',
    default: 1_800_000,
  }),
  'group.max.size': int({
    doc: 'How many members one group may have.',
    default: 2_147_483_647,
    check: atLeast(1),
  }),
  'offset.metadata.max.bytes': int({
    doc: 'The longest text that may be stored beside a committed offset.',
    default: 4096,
  }),
  'offsets.topic.num.partitions': int({
    doc: 'Partitions of __consumer_offsets when it is created; groups are spread over them, so it must not change later.',
    default: 50,
    check: atLeast(1),
  }),
  'offsets.topic.replication.factor': int({
    doc: 'Replicas of __consumer_offsets when it is created.',
    default: 3,
    check: atLeast(1),
  }),
  'offsets.topic.segment.bytes': int({
    doc: 'Segment size of __consumer_offsets, kept small so that compaction and loading stay quick.',
    default: 104_857_600,
    check: atLeast(1),
  }),
  'offsets.retention.minutes': int({
    doc: 'How long the offsets of a group without members, or of a consumer without a group, are kept.',
    default: 10_080,
    check: atLeast(1),
    importance: 'high',
  }),
  'offsets.retention.check.interval.ms': duration({
    doc: 'How often offsets that nobody needs any more are looked for.',
    default: 600_000,
    check: atLeast(1),
  }),
  ...consumerGroupSettings,
} as const

/** The values that the coordinator reads. */
export type GroupSettings = ConfigOf<ConfigDefinition<typeof groupSettings>>
