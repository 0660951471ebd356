import { errorName } from '#core/wire/errors.ts'

import type { MetadataImage } from '../controller/image.ts'
import type { GroupTally } from '../coordinator/tally.ts'
import type { TransactionState } from '../coordinator/transaction/transaction.ts'
import type { BrokerMetrics } from '../events.ts'
import type { CleanerTally } from '../log/cleaner/cleaner-tally.ts'
import type { Partition } from '../replication/partition.ts'
import { cleanerMetrics } from './cleaner-metrics.ts'
import { coordinatorMetrics } from './coordinator-metrics.ts'
import type { BrokerPhase } from './operations-server.ts'
import type { ApiTraffic, Meters, TopicTraffic } from './meters.ts'

/** What there is to measure. */
export interface Measured {
  readonly nodeId: number
  readonly image: MetadataImage
  readonly metrics: BrokerMetrics
  readonly meters: Meters
  readonly partitions: () => Iterable<Partition>
  /** Any clock that only goes forward, ms. */
  readonly now: () => number
  readonly phase: () => BrokerPhase
  /** Bytes lent out for answers. */
  readonly lentBytes: () => number
  readonly groups: () => GroupTally
  readonly transactions: () => ReadonlyMap<TransactionState, number>
  readonly cleaner: () => CleanerTally
}

/** A value and what it is of. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

/** A metric: its name as dashboards for Apache Kafka know it from the usual JMX exporter, and where its values come from. */
export interface MetricRow {
  readonly name: string
  readonly kind: 'counter' | 'gauge'
  readonly help: string
  readonly labels?: readonly string[]
  readonly read: (measured: Measured) => Iterable<Sample>
}

const one =
  (value: (measured: Measured) => number): MetricRow['read'] =>
  (measured) => [[{}, value(measured)]]

/** A counter of all topics together, and of each with the label `topic`. */
const traffic = (name: string, field: keyof TopicTraffic, help: string): MetricRow => ({
  name: `kafka_server_brokertopicmetrics_${name}_total`,
  kind: 'counter',
  help,
  labels: ['topic'],
  *read({ meters }) {
    yield [{}, meters.all()[field]]
    for (const [topic, each] of meters.topics) yield [{ topic }, each[field]]
  },
})

const perApi = (values: (api: ApiTraffic, measured: Measured) => Iterable<Sample>): MetricRow['read'] =>
  function* (measured) {
    for (const api of measured.meters.apis) {
      if (api === undefined) continue
      for (const [labels, value] of values(api, measured)) yield [{ request: api.name, ...labels }, value]
    }
  }

/** Kafka's numbers for what a broker is doing. */
const stateNumbers = { starting: 1, ready: 3, stopping: 6 } as const
const quantiles = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999]

const perPartition = (name: string, help: string, value: (partition: Partition) => number): MetricRow => ({
  name: `kafka_log_log_${name}`,
  kind: 'gauge',
  help,
  labels: ['topic', 'partition'],
  *read({ partitions }) {
    for (const each of partitions()) yield [{ topic: each.topic, partition: String(each.index) }, value(each)]
  },
})

const count = (items: Iterable<unknown>): number => {
  let sum = 0
  for (const _ of items) sum++
  return sum
}

function countPartitions(
  image: MetadataImage,
  counts: (partition: { leader: number; isr: readonly number[]; replicas: readonly number[] }) => boolean,
): number {
  let sum = 0
  for (const { partitions } of image.topics.values()) for (const each of partitions) if (counts(each)) sum++
  return sum
}

const gauge = (name: string, help: string, value: (measured: Measured) => number): MetricRow => ({
  name,
  kind: 'gauge',
  help,
  read: one(value),
})
const own = (name: keyof BrokerMetrics['values'], as: string, kind: MetricRow['kind'], help: string): MetricRow => ({
  name: as,
  kind,
  help,
  read: one(({ metrics }) => metrics.values[name] ?? 0),
})

/** Every metric of a broker, beside those of the process. */
export const metricTable: readonly MetricRow[] = [
  traffic('messagesin', 'messagesIn', 'Records that clients produced.'),
  traffic('bytesin', 'bytesIn', 'Bytes of batches that clients produced.'),
  traffic('bytesout', 'bytesOut', 'Bytes of batches that clients fetched.'),
  traffic('bytesrejected', 'bytesRejected', 'Bytes of batches that were refused.'),
  traffic('totalproducerequests', 'produceRequests', 'Produce requests, for each partition they name.'),
  traffic('totalfetchrequests', 'fetchRequests', 'Fetch requests, for each partition they name.'),
  traffic('failedproducerequests', 'failedProduceRequests', 'Produce requests that failed, for each partition.'),
  traffic('failedfetchrequests', 'failedFetchRequests', 'Fetch requests that failed, for each partition.'),
  {
    name: 'kafka_network_requestmetrics_requests_total',
    kind: 'counter',
    help: 'Requests answered.',
    labels: ['request', 'version'],
    read: perApi(function* ({ byVersion }) {
      for (const [version, value] of byVersion.entries())
        if (value !== undefined) yield [{ version: String(version) }, value]
    }),
  },
  {
    name: 'kafka_network_requestmetrics_errors_total',
    kind: 'counter',
    help: 'Requests by the error of the whole; NONE for those without.',
    labels: ['request', 'error'],
    read: perApi(function* ({ byError }) {
      for (const [code, value] of byError) yield [{ error: errorName(code) }, value]
    }),
  },
  {
    name: 'kafka_network_requestmetrics_totaltimems',
    kind: 'gauge',
    help: 'Time from the arrival of a request to its answer in the last minute or two, waiting included, ms.',
    labels: ['request', 'quantile'],
    read: perApi((api, { now }) =>
      quantiles.map((share) => [{ quantile: String(share) }, api.total.quantile(share, now())]),
    ),
  },
  {
    name: 'kafka_network_requestmetrics_totaltimems_count',
    kind: 'counter',
    help: 'Requests whose time was taken.',
    labels: ['request'],
    read: perApi(({ total }) => [[{}, total.count]]),
  },
  {
    name: 'kafka_network_requestmetrics_totaltimems_sum',
    kind: 'counter',
    help: 'Time of all requests together, ms.',
    labels: ['request'],
    read: perApi(({ total }) => [[{}, total.sumMs]]),
  },
  gauge(
    'kafka_server_kafkaserver_brokerstate',
    '1 starting, 3 running, 6 stopping.',
    ({ phase }) => stateNumbers[phase()],
  ),
  gauge('kafka_server_replicamanager_partitioncount', 'Partitions held.', ({ partitions }) => count(partitions())),
  gauge('kafka_server_replicamanager_leadercount', 'Partitions led.', ({ image, nodeId }) =>
    countPartitions(image, ({ leader }) => leader === nodeId),
  ),
  gauge(
    'kafka_server_replicamanager_underreplicatedpartitions',
    'Partitions with fewer replicas in sync than they have.',
    ({ image }) => countPartitions(image, ({ isr, replicas }) => isr.length < replicas.length),
  ),
  gauge(
    'kafka_server_replicamanager_offlinereplicacount',
    'Replicas whose log cannot be used.',
    ({ image, nodeId, partitions }) =>
      countPartitions(image, ({ replicas }) => replicas.includes(nodeId)) - count(partitions()),
  ),
  gauge(
    'kafka_controller_kafkacontroller_activecontrollercount',
    '1 on the node that decides over the metadata.',
    () => 1,
  ),
  gauge('kafka_controller_kafkacontroller_activebrokercount', 'Brokers that are there.', ({ image }) =>
    count([...image.brokers.values()].filter(({ fenced }) => !fenced)),
  ),
  gauge(
    'kafka_controller_kafkacontroller_fencedbrokercount',
    'Brokers that are registered and not there.',
    ({ image }) => count([...image.brokers.values()].filter(({ fenced }) => fenced)),
  ),
  gauge('kafka_controller_kafkacontroller_globaltopiccount', 'Topics.', ({ image }) => image.topics.size),
  gauge('kafka_controller_kafkacontroller_globalpartitioncount', 'Partitions of all topics.', ({ image }) =>
    countPartitions(image, () => true),
  ),
  gauge('kafka_controller_kafkacontroller_offlinepartitionscount', 'Partitions that nobody leads.', ({ image }) =>
    countPartitions(image, ({ leader }) => leader === -1),
  ),
  gauge(
    'kafka_controller_kafkacontroller_preferredreplicaimbalancecount',
    'Partitions that another than the preferred replica leads.',
    ({ image }) => countPartitions(image, ({ leader, replicas }) => leader !== replicas[0]),
  ),
  gauge(
    'kafka_controller_kafkacontroller_lastappliedrecordoffset',
    'Offset of the newest metadata record.',
    ({ image }) => image.offset,
  ),
  gauge('kafka_server_replicamanager_produceridcount', 'Producer ids that partitions remember.', ({ partitions }) => {
    let sum = 0
    for (const { log } of partitions()) sum += log.producerCount
    return sum
  }),
  ...coordinatorMetrics,
  ...cleanerMetrics,
  perPartition('size', 'Bytes of the log of a partition.', ({ log }) => log.sizeInBytes),
  perPartition('logstartoffset', 'First offset of a partition.', ({ log }) => log.logStartOffset),
  perPartition('logendoffset', 'Offset that the next record of a partition gets.', ({ log }) => log.logEndOffset),
  own('broker_connections', 'kafka_server_socketservermetrics_connection_count', 'gauge', 'Connections open now.'),
  own(
    'broker_connections_opened_total',
    'kafka_server_socketservermetrics_connection_creation_total',
    'counter',
    'Connections accepted.',
  ),
  own(
    'broker_authentications_total',
    'kafka_server_socketservermetrics_successful_authentication_total',
    'counter',
    'Clients that proved who they are.',
  ),
  own(
    'broker_authentication_failures_total',
    'kafka_server_socketservermetrics_failed_authentication_total',
    'counter',
    'Clients that could not prove who they are.',
  ),
  own(
    'broker_connections_refused_total',
    'millrace_connections_refused_total',
    'counter',
    'Connections refused because a bound was reached.',
  ),
  own(
    'broker_connections_dropped_total',
    'millrace_connections_dropped_total',
    'counter',
    'Connections closed because of what the client did.',
  ),
  own(
    'broker_throttled_requests_total',
    'millrace_throttled_requests_total',
    'counter',
    'Requests whose clients were made to pause by a quota.',
  ),
  own(
    'broker_throttle_ms_total',
    'millrace_throttle_ms_total',
    'counter',
    'Milliseconds for which quotas made clients pause.',
  ),
  gauge('kafka_server_standardauthorizer_acls_total_count', 'Access control entries.', ({ image }) => image.acls.size),
  own('broker_request_bytes_total', 'millrace_request_bytes_total', 'counter', 'Bytes of requests.'),
  gauge('millrace_lent_buffer_bytes', 'Memory lent to answers that are on their way.', ({ lentBytes }) => lentBytes()),
]
