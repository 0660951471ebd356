import type { AutoOffsetReset } from '#core/client/client.ts'
import type { Header } from '#core/records/record.ts'
import type { Serde } from '#core/serde/serde.ts'
import type { NodeOperator } from '../operators/operator.ts'

/** A record as a timestamp function sees it: read, not yet given its event time. */
export interface SourceRecord<K, V> {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: K
  readonly value: V
  readonly timestamp: number
  readonly headers: readonly Header[]
}

/**
 * Finds the event time of a record, ms since the epoch. `partitionTime` is the largest so far in that partition, -1 at
 * the start. A negative result leaves the record out.
 */
export type TimestampExtractor<K = unknown, V = unknown> = (record: SourceRecord<K, V>, partitionTime: number) => number

/** What a sink's router and partitioner know of a record. */
export interface RecordContext {
  readonly topic: string | null
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly headers: readonly Header[]
}

/** Chooses the topic of a record on its way out. */
export type SinkRoute<K = never, V = never> = (value: V, key: K, context: RecordContext) => string

/** Chooses the partition; undefined leaves it to the producer. */
export type StreamPartitioner<K = never, V = never> = (
  topic: string,
  value: V,
  key: K,
  partitions: number,
) => number | undefined

/** A node of a topology: data and, for processors, the recipe of an operator. */
export type TopologyNode = SourceNode | ProcessorNode | SinkNode

/** Reads topics. */
export interface SourceNode {
  readonly kind: 'source'
  readonly name: string
  /** Topic names without the application id of repartition topics, or a pattern. */
  readonly topics: readonly string[] | RegExp
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  readonly timestamp: TimestampExtractor | undefined
  readonly reset: AutoOffsetReset | undefined
}

/** Does something with records. */
export interface ProcessorNode {
  readonly kind: 'processor'
  readonly name: string
  readonly parents: readonly string[]
  readonly operator: NodeOperator
  /** Stores it may use, in the order of connection. */
  readonly stores: readonly string[]
  /** It sends records to single children by name. */
  readonly routes?: boolean
}

/** Writes to a topic. */
export interface SinkNode {
  readonly kind: 'sink'
  readonly name: string
  readonly parents: readonly string[]
  readonly topic: string | SinkRoute
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  readonly partitioner: StreamPartitioner | undefined
}

/** A global table as the topology keeps it: read whole by every instance, outside of tasks. */
export interface GlobalStore {
  readonly source: SourceNode
  readonly processor: ProcessorNode
  readonly store: string
}

/** A pattern that a whole topic name must match, as Kafka's subscriptions do. */
export const whole = (pattern: RegExp): RegExp => new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace('g', ''))
