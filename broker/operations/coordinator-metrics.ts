import type { GroupType } from '../coordinator/group-kinds.ts'
import { transactionStates } from '../coordinator/transaction/transaction.ts'
import type { MetricRow, Sample } from './metric-table.ts'

/** Kafka's gauges of classic groups, each with the state it counts. */
const classicStates = ['PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead', 'Empty'] as const
const modernStates = {
  consumer: ['Empty', 'Assigning', 'Reconciling', 'Stable', 'Dead'],
  streams: ['Empty', 'NotReady', 'Assigning', 'Reconciling', 'Stable', 'Dead'],
} as const

const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((all, each) => all + each, 0)

const byState = (type: keyof typeof modernStates): MetricRow => ({
  name: `kafka_server_group_coordinator_metrics_${type}_group_count`,
  kind: 'gauge',
  help: `Groups of the ${type} protocol by state.`,
  labels: ['state'],
  read({ groups }) {
    const counts = groups().groups[type]
    return modernStates[type].map((state): Sample => [{ state }, counts.get(state) ?? 0])
  },
})

/** What the coordinators of groups and of transactions keep. */
export const coordinatorMetrics: readonly MetricRow[] = [
  {
    name: 'kafka_server_group_coordinator_metrics_group_count',
    kind: 'gauge',
    help: 'Groups by protocol.',
    labels: ['protocol'],
    *read({ groups }) {
      for (const [protocol, counts] of Object.entries(groups().groups) as [GroupType, ReadonlyMap<string, number>][])
        yield [{ protocol }, sum(counts)]
    },
  },
  byState('consumer'),
  byState('streams'),
  ...classicStates.map((state): MetricRow => ({
    name: `kafka_coordinator_group_groupmetadatamanager_numgroups${state.toLowerCase()}`,
    kind: 'gauge',
    help: `Groups of the classic protocol in state ${state}.`,
    read: ({ groups }) => [[{}, groups().groups.classic.get(state) ?? 0]],
  })),
  {
    name: 'kafka_coordinator_group_groupmetadatamanager_numoffsets',
    kind: 'gauge',
    help: 'Offsets that groups committed, each for one partition.',
    read: ({ groups }) => [[{}, groups().offsets]],
  },
  {
    name: 'millrace_transactional_ids',
    kind: 'gauge',
    help: 'Transactional ids by the state of their transaction; Ongoing are those that are open.',
    labels: ['state'],
    read({ transactions }) {
      const counts = transactions()
      return transactionStates.map((state): Sample => [{ state }, counts.get(state) ?? 0])
    },
  },
]
