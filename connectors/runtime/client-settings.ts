import type { CompressionName, ConsumerOptions, ProducerOptions } from '#core/client/client.ts'
import { boolean, defineConfig, int, long, oneOf, string } from '#core/config/define.ts'

import type { StringMap } from '../api/connector.ts'

const producerSettings = defineConfig({
  acks: oneOf('all', '-1', '0', '1')({ doc: 'Replicas that must have a record.', default: 'all' }),
  'enable.idempotence': boolean({ doc: 'Let the broker drop doubles of a retried batch.' }),
  'linger.ms': long({ doc: 'How long a batch waits to fill.' }),
  'batch.size': int({ doc: 'Bytes of a batch.' }),
  'compression.type': oneOf('none', 'gzip', 'snappy', 'lz4', 'zstd')({ doc: 'Codec of batches.' }),
  'buffer.memory': long({ doc: 'Bytes that may wait.' }),
  'max.request.size': int({ doc: 'Bytes of a request.' }),
  'request.timeout.ms': int({ doc: 'Time for an answer.' }),
  'delivery.timeout.ms': int({ doc: 'Time for a record to be acknowledged.' }),
  'max.in.flight.requests.per.connection': int({ doc: 'Requests under way to one broker.' }),
})

const consumerSettings = defineConfig({
  'group.id': string({ doc: 'Group of the consumers; connect-NAME when left out.' }),
  'auto.offset.reset': oneOf(
    'earliest',
    'latest',
    'none',
  )({ doc: 'Where to begin without an offset.', default: 'earliest' }),
  'isolation.level': oneOf('read_uncommitted', 'read_committed')({ doc: 'Whether open transactions are read.' }),
  'fetch.min.bytes': int({ doc: 'Bytes worth an answer.' }),
  'fetch.max.bytes': int({ doc: 'Bytes of an answer.' }),
  'max.partition.fetch.bytes': int({ doc: 'Bytes of an answer for one partition.' }),
  'fetch.max.wait.ms': int({ doc: 'Time to wait for that many bytes.' }),
  'max.poll.records': int({ doc: 'Most records of one put.' }),
  'session.timeout.ms': int({ doc: 'Time after which a silent member is gone.' }),
  'heartbeat.interval.ms': int({ doc: 'Pause between signs of life.' }),
  'max.poll.interval.ms': int({ doc: 'Longest time between two polls.' }),
})

/** Options, and the names among the settings that this client does not have. */
export interface ClientSettings<Options> {
  readonly options: Options
  readonly unknown: readonly string[]
}

/** Leaves out what is undefined: an absent option means the client's own default. */
const given = <T extends object>(options: { [K in keyof T]?: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T

/** Kafka's producer settings as options of the client. `what` names whose they are. */
export function producerOptions(raw: StringMap, what: string): ClientSettings<ProducerOptions> {
  const config = producerSettings.parse(raw, what)
  const acks = config.acks === 'all' ? -1 : (Number(config.acks) as 0 | 1 | -1)
  return {
    unknown: producerSettings.unknown(raw),
    options: given<ProducerOptions>({
      acks,
      idempotent: config['enable.idempotence'],
      lingerMs: config['linger.ms'],
      batchSize: config['batch.size'],
      compression: config['compression.type'] as CompressionName | undefined,
      bufferMemory: config['buffer.memory'],
      maxRequestSize: config['max.request.size'],
      requestTimeoutMs: config['request.timeout.ms'],
      deliveryTimeoutMs: config['delivery.timeout.ms'],
      maxInFlight: config['max.in.flight.requests.per.connection'],
    }),
  }
}

/** Kafka's consumer settings as options of the client. */
export function consumerOptions(raw: StringMap, groupId: string, what: string): ClientSettings<ConsumerOptions> {
  const config = consumerSettings.parse(raw, what)
  return {
    unknown: consumerSettings.unknown(raw),
    options: given<ConsumerOptions>({
      groupId: config['group.id'] ?? groupId,
      autoOffsetReset: config['auto.offset.reset'],
      isolationLevel: config['isolation.level'],
      minBytes: config['fetch.min.bytes'],
      maxBytes: config['fetch.max.bytes'],
      maxPartitionBytes: config['max.partition.fetch.bytes'],
      maxWaitMs: config['fetch.max.wait.ms'],
      maxPollRecords: config['max.poll.records'],
      sessionTimeoutMs: config['session.timeout.ms'],
      heartbeatIntervalMs: config['heartbeat.interval.ms'],
      rebalanceTimeoutMs: config['max.poll.interval.ms'],
    }),
  }
}
