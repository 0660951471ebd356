import type { Serde } from '#core/serde/serde.ts'
import type { StreamPartitioner } from '../topology/node.ts'
import type { KeyValueOption, NameOption } from './parts.ts'

/** How a sink writes to a topic whose serdes are known. */
export interface SinkOptions<K, V> extends NameOption {
  readonly partitioner?: StreamPartitioner<K, V>
}

/** How a sink writes to topics that a function chooses. */
export interface RouteOptions<K, V> extends SinkOptions<K, V> {
  readonly key?: Serde<K>
  readonly value?: Serde<V>
}

/** A forced repartition. */
export interface RepartitionOptions<K, V> extends KeyValueOption<K, V> {
  readonly partitions?: number
  readonly partitioner?: StreamPartitioner<K, V>
}

/** Stores that a processor uses, by name: added to the builder before, or those of tables. */
export interface StoresOption {
  readonly stores?: readonly string[]
}
