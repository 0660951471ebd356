import type { AutoOffsetReset } from '#core/client/client.ts'
import type { Serde } from '#core/serde/serde.ts'
import type { SourceRecord } from '../topology/node.ts'

/** Serdes of a topic, and how to find the event time of its records (default: the record's own timestamp). */
export interface TopicOptions<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Ms since the epoch; a negative result leaves the record out and counts it as dropped. */
  readonly timestamp?: (record: SourceRecord<K, V>, partitionTime: number) => number
}

/** A topic with what is in it. Made by `topic()`. */
export interface Topic<K, V> extends TopicOptions<K, V> {
  readonly name: string
}

/** All topics whose whole name matches. Made by `topics()`. */
export interface TopicPattern<K, V> extends TopicOptions<K, V> {
  readonly pattern: RegExp
}

/** A topic seen from the writing end: one that takes more than it is given will do. */
export interface SinkTopic<in K, in V> {
  readonly name: string
  readonly key: { serialize(value: K, topic?: string): Buffer }
  readonly value: { serialize(value: V, topic?: string): Buffer }
}

/** Says once what a topic holds; `stream`, `table` and `to` take it from here. */
export function topic<K, V>(name: string, options: TopicOptions<K, V>): Topic<K, V> {
  return Object.freeze({ name, ...options })
}

/** Says what is in every topic whose whole name matches `pattern`. */
export function topics<K, V>(pattern: RegExp, options: TopicOptions<K, V>): TopicPattern<K, V> {
  return Object.freeze({ pattern, ...options })
}

/** How a source node reads. */
export interface SourceOptions {
  readonly name?: string
  /** Where to begin without a committed offset; default: the application's `auto.offset.reset`. */
  readonly reset?: AutoOffsetReset
}
