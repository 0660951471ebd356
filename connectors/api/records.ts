import type { Schema } from './schema.ts'

/** What JSON can hold; offsets and source partitions are stored as JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Names one of the things that a source reads: a file, a table, a slot. */
export type SourcePartition = Readonly<Record<string, Json>>

/** Where a source goes on in a partition; only the plugin knows what it means. */
export type SourceOffset = Readonly<Record<string, Json>>

/** A header of a record. Names may repeat and order counts. */
export interface ConnectHeader {
  readonly key: string
  readonly schema?: Schema | null | undefined
  readonly value: unknown
}

/** A record that a source has read, on its way to a topic. See `Schema` for how values look. */
export interface SourceRecord {
  readonly topic: string
  /** The topic's partition; left out, the producer's partitioner decides. */
  readonly partition?: number | undefined
  readonly keySchema?: Schema | null | undefined
  readonly key?: unknown
  readonly valueSchema?: Schema | null | undefined
  readonly value: unknown
  /** Milliseconds since the epoch; left out, the time of sending. */
  readonly timestamp?: number | undefined
  readonly headers?: readonly ConnectHeader[] | undefined
}

/**
 * What one step of a source yields: records of one source partition and the offset with which to go on after all of them.
 * The batch is the grain of progress: after a crash whole batches are read again. No records: the offset just moves.
 * Offset null forgets the partition, for a thing that is gone and read to its end.
 */
export interface SourceBatch {
  readonly partition: SourcePartition
  readonly offset: SourceOffset | null
  readonly records: readonly SourceRecord[]
}

/** A source partition with its offset, as the offset store keeps them. */
export interface SourceOffsetEntry {
  readonly partition: SourcePartition
  readonly offset: SourceOffset | null
}

/** A record read from a topic, on its way into a sink. See `Schema` for how values look. */
export interface SinkRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Milliseconds since the epoch; -1 when the record has none. */
  readonly timestamp: number
  readonly keySchema: Schema | null
  readonly key: unknown
  readonly valueSchema: Schema | null
  readonly value: unknown
  readonly headers: readonly ConnectHeader[]
}
