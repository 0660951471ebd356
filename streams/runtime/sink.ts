import { partitionForKey } from '#core/bytes/murmur2.ts'
import { streamsErrors } from '../errors.ts'
import type { StreamRecord } from '../record.ts'
import type { CurrentRecord } from '../state/environment.ts'
import { innerKeyBytes } from '../state/windowed.ts'
import type { RecordContext, SinkNode } from '../topology/node.ts'
import type { Collector } from './collector.ts'

type AnyRecord = StreamRecord<unknown, unknown>

/** What a sink needs of its task. */
export interface SinkPorts {
  readonly collector: Collector
  readonly current: CurrentRecord
  /** Internal topics get the application id in front. */
  readonly topicName: (topic: string) => string
}

/** Serialises records and sends them on: the end of a way through the topology. */
export function sink(node: SinkNode, { collector, current, topicName }: SinkPorts): (record: AnyRecord) => void {
  const { topic, key: keySerde, value: valueSerde } = node
  const partitioner = node.partitioner as
    | ((topic: string, value: unknown, key: unknown, partitions: number) => number | undefined)
    | undefined
  const fixed = typeof topic === 'string' ? topicName(topic) : undefined
  const route = topic as (value: unknown, key: unknown, context: RecordContext) => string
  // Windowed keys are placed like their inner key, so that all windows of a key stay together.
  const innerKey = partitioner === undefined ? innerKeyBytes(keySerde) : undefined
  return (record) => {
    const { key, value, timestamp, headers } = record
    if (timestamp < 0) {
      const { topic: from = 'none', partition = -1, offset = -1 } = current.origin ?? {}
      throw streamsErrors.TIMESTAMP_INVALID({ topic: from, partition, offset, timestamp })
    }
    const name = fixed ?? route(value, key, recordContext(record, current))
    const keyBytes = key === null || key === undefined ? null : keySerde.serialize(key, name)
    const valueBytes = value === null || value === undefined ? null : valueSerde.serialize(value, name)
    let partition: number | null = null
    if (innerKey !== undefined && keyBytes !== null) {
      partition = partitionForKey(innerKey(keyBytes), collector.partitionCount(name))
    } else if (partitioner !== undefined) {
      partition = partitioner(name, value, key, collector.partitionCount(name)) ?? null
    }
    collector.send(name, partition, keyBytes, valueBytes, timestamp, headers)
  }
}

const recordContext = (record: AnyRecord, { origin }: CurrentRecord): RecordContext => ({
  topic: origin?.topic ?? null,
  partition: origin?.partition ?? -1,
  offset: origin?.offset ?? -1,
  timestamp: record.timestamp,
  headers: record.headers,
})
