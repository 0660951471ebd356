import type { Serde } from '#core/serde/serde.ts'
import { serdes } from '#core/serde/serdes.ts'
import { reducing } from '../operators/aggregate.ts'
import type { TableFold } from '../operators/table-aggregate.ts'
import { tableAggregate } from '../operators/table-aggregate.ts'
import { changeSerde } from '../state/change-serde.ts'
import type { RepartitionPlan } from '../topology/plan.ts'
import type { Reducer } from './aggregation.ts'
import type { MaterializedOptions } from './materialized.ts'
import { storeName, storeOptions, storePlan } from './materialized.ts'
import type { Parts } from './parts.ts'
import type { KTable } from './table.ts'

/** An aggregation of rows: how one is added, and how it is taken away again. */
export interface TableAggregateOptions<K, V, A> extends MaterializedOptions<K, A> {
  readonly init: () => A
  readonly add: (aggregate: A, value: V, key: K) => A | null
  readonly subtract: (aggregate: A, value: V, key: K) => A | null
}

/** Rows of a table under new keys, waiting to be aggregated. A row that changes leaves its old group and enters its new one. */
export class KGroupedTable<K, V> {
  readonly #source: Parts
  readonly #topic: string | undefined
  #repartition: RepartitionPlan | undefined

  /** @internal */
  constructor(source: Parts, topic: string | undefined) {
    this.#source = source
    this.#topic = topic
  }

  /** Counts the rows of each group. */
  count(options: MaterializedOptions<K, number> = {}): KTable<K, number> {
    const fold: TableFold<K, V, number> = {
      init: () => 0,
      add: (count) => count + 1,
      subtract: (count) => count - 1,
    }
    return this.#table('KTABLE-AGGREGATE-', fold, {
      ...options,
      value: options.value ?? (serdes.long as Serde<number>),
    })
  }

  /** Combines the rows of each group with `adder`; `subtractor` takes one away again. */
  reduce(adder: Reducer<K, V>, subtractor: Reducer<K, V>, options: MaterializedOptions<K, V> = {}): KTable<K, V> {
    const value = options.value ?? (this.#source.value as Serde<V> | undefined)
    const fold: TableFold<K, V, V> = { ...reducing(adder), subtract: subtractor }
    return this.#table('KTABLE-REDUCE-', fold, { ...options, ...(value !== undefined && { value }) })
  }

  /** Aggregates the rows of each group. */
  aggregate<A>(options: TableAggregateOptions<K, V, A>): KTable<K, A> {
    const { init, add, subtract } = options
    return this.#table('KTABLE-AGGREGATE-', { init, add, subtract }, options)
  }

  #table<A>(prefix: string, fold: TableFold<K, V, A>, options: MaterializedOptions<K, A>): KTable<K, A> {
    const { plan, key: inherited } = this.#source
    const { naming } = plan
    const wishes = storeOptions(options.store)
    const stored = storeName(plan, wishes, 'KTABLE-AGGREGATE-')
    const sinkName = naming.named(options.name, 'KSTREAM-SINK-', '-sink')
    const sourceName = naming.named(options.name, 'KSTREAM-SOURCE-', '-source')
    const name = naming.named(options.name, prefix)
    const key = options.key ?? inherited
    const store = storePlan(stored, wishes, { kind: 'timestampedKeyValue', key, value: options.value })
    const repartition = this.#repartitioned(sinkName, sourceName, `${this.#topic ?? stored}-repartition`)
    const node = plan.add({
      kind: 'processor',
      name,
      parents: [repartition],
      operator: ({ sendsOldValues }) => tableAggregate(fold, { store: stored, sendOldValues: sendsOldValues }),
      store,
      outputVersioned: store.kind === 'versionedKeyValue',
      table: { parents: [], store, lazy: false },
    })
    const sources = new Set([sourceName])
    return plan.make.table({
      plan,
      node,
      name,
      key,
      value: options.value,
      sources,
      rekeyed: false,
      queryable: wishes.name,
    })
  }

  /** The way through the repartition topic. One that the user named is shared by all aggregations of the grouping. */
  #repartitioned(sinkName: string, sourceName: string, topic: string): RepartitionPlan {
    if (this.#repartition !== undefined && this.#topic !== undefined) return this.#repartition
    const { plan, node, key, value } = this.#source
    const inner = value ?? plan.defaults.value
    this.#repartition = plan.add({
      kind: 'repartition',
      name: sourceName,
      parents: [node],
      topic,
      sinkName,
      filterName: undefined,
      key,
      value: inner === undefined ? undefined : (changeSerde(inner) as Serde<unknown>),
      partitions: undefined,
      partitioner: undefined,
      mergeable: false,
    })
    return this.#repartition
  }
}
