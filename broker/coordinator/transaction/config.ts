import { atLeast } from '#core/config/checks.ts'
import { type ConfigDefinition, type ConfigOf, boolean, duration, int } from '#core/config/define.ts'

const positive = atLeast(1)

/** The settings of transactions by Kafka's names, for the broker to spread into its own definition. Times in ms. */
export const transactionSettings = {
  'transaction.max.timeout.ms': duration({
    doc: 'The longest transaction timeout that a producer may ask for.',
    default: 900_000,
    importance: 'high',
    check: positive,
  }),
  'transactional.id.expiration.ms': duration({
    doc: 'How long a transactional id without a transaction is remembered.',
    default: 604_800_000,
    importance: 'high',
    check: positive,
  }),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': duration({
    doc: 'How often transactions that are open for longer than their timeout are looked for, and aborted.',
    default: 10_000,
    importance: 'low',
    check: positive,
  }),
  'transaction.remove.expired.transaction.cleanup.interval.ms': duration({
    doc: 'How often transactional ids that nobody uses any more are looked for.',
    default: 3_600_000,
    importance: 'low',
    check: positive,
  }),
  'transaction.partition.verification.enable': boolean({
    doc: 'Asks the coordinator, before a transactional batch is stored, whether its partition belongs to the transaction.',
    default: true,
    importance: 'low',
  }),
  'transaction.two.phase.commit.enable': boolean({
    doc: 'Transactions that only another coordinator ends. Not there: they need a version of InitProducerId that is not stable yet.',
    default: false,
    importance: 'low',
    check: (value) => (value ? 'must be false: two-phase commit is not served' : undefined),
  }),
  'transaction.state.log.num.partitions': int({
    doc: 'Partitions of __transaction_state when it is created; transactional ids are spread over them, so it must not change later.',
    default: 50,
    importance: 'high',
    check: positive,
  }),
  'transaction.state.log.replication.factor': int({
    doc: 'Replicas of __transaction_state when it is created.',
    default: 3,
    importance: 'high',
    check: positive,
  }),
  'transaction.state.log.min.isr': int({
    doc: 'The min.insync.replicas of __transaction_state when it is created.',
    default: 2,
    importance: 'high',
    check: positive,
  }),
  'transaction.state.log.segment.bytes': int({
    doc: 'Segment size of __transaction_state, kept small so that compaction and loading stay quick.',
    default: 104_857_600,
    importance: 'high',
    check: positive,
  }),
  'transaction.state.log.load.buffer.size': int({
    doc: 'Bytes that are read at a time when __transaction_state is loaded. Taken as it is; reading needs no such bound here.',
    default: 5_242_880,
    importance: 'high',
    check: positive,
  }),
} as const

/** The values that the coordinator reads. */
export type TransactionSettings = ConfigOf<ConfigDefinition<typeof transactionSettings>>
