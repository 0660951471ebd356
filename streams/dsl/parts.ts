import type { Serde } from '#core/serde/serde.ts'
import type { PlanNode } from '../topology/plan.ts'
import type { PlanBuilder } from './plan-builder.ts'

/** Key of what a stream or table knows of itself: for the other classes of the DSL, not for users. */
export const parts: unique symbol = Symbol('parts')

/** The state of a stream or table under construction. */
export interface Parts {
  readonly plan: PlanBuilder
  /** The processor whose output this is. */
  readonly node: PlanNode
  /** Name that automatic repartition topics are called after; differs from the node's where Kafka's does. */
  readonly name: string
  readonly key: Serde<unknown> | undefined
  readonly value: Serde<unknown> | undefined
  /** Source nodes whose topics decide the partition count. */
  readonly sources: ReadonlySet<string>
  /** The key may have changed since it was last partitioned by. */
  readonly rekeyed: boolean
  /** Tables: the store that was named. */
  readonly queryable?: string | undefined
}

/** Names an operator; automatic names come from the order of the calls and change when calls are added before it. */
export interface NameOption {
  readonly name?: string
}

/** A serde for values of a new type. */
export interface ValueOption<V> extends NameOption {
  readonly value?: Serde<V>
}

/** Serdes for keys and values of new types. */
export interface KeyValueOption<K, V> extends ValueOption<V> {
  readonly key?: Serde<K>
}
