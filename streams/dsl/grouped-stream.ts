import type { Serde } from '#core/serde/serde.ts'
import { serdes } from '#core/serde/serdes.ts'
import type { Fold } from '../operators/aggregate.ts'
import { aggregate, counting, reducing } from '../operators/aggregate.ts'
import type { NodeOperator } from '../operators/operator.ts'
import type { SessionWindows, SlidingWindows, TimeWindows } from '../operators/windows.ts'
import type { StorePlan } from '../state/store.ts'
import type { PlanNode, RepartitionPlan, Resolved } from '../topology/plan.ts'
import type { MaterializedOptions } from './materialized.ts'
import { speaksOfStore, storeName, storeOptions, storePlan } from './materialized.ts'
import type { NameOption, Parts } from './parts.ts'
import { parts } from './parts.ts'
import type { KTable } from './table.ts'
import { SessionWindowedKStream } from './session-windowed-stream.ts'
import { TimeWindowedKStream } from './time-windowed-stream.ts'

/** How a grouping is repartitioned, if it has to be: `name` names the topic, the serdes are those of its records. */
export interface GroupedOptions<K, V> extends NameOption {
  readonly key?: Serde<K>
  readonly value?: Serde<V>
}

/** An aggregation: where it begins, how a record is added, and how the result is kept. */
export interface AggregateOptions<K, V, A> extends MaterializedOptions<K, A> {
  readonly init: () => A
  /** Null deletes the row; the next record then begins anew. */
  readonly add: (aggregate: A, value: V, key: K) => A | null
}

/** A reducer: combines what there is with the next value. */
export type Reducer<K, V> = (aggregate: V, value: V, key: K) => V | null

/** Adds aggregations to a plan, with a repartition topic before them if the key has changed. */
export class Grouping {
  readonly source: Parts
  readonly #topic: string | undefined
  #repartition: RepartitionPlan | undefined

  constructor(source: Parts, topic: string | undefined) {
    this.source = source
    this.#topic = topic
  }

  /** Writes the node down and returns the parts of the table that comes out. */
  table(
    name: string,
    store: StorePlan,
    operator: (resolved: Resolved) => NodeOperator,
    result: { readonly key: Serde<unknown> | undefined; readonly graceMs?: number },
  ): Parts {
    const { plan, node: before, sources } = this.source
    const parent = this.#partitioned(store.name)
    const node: PlanNode = plan.add({
      kind: 'processor',
      name,
      parents: [parent],
      operator,
      store,
      outputVersioned: store.kind === 'versionedKeyValue',
      table: { parents: [], store, lazy: false },
      ...(result.graceMs !== undefined && { graceMs: result.graceMs }),
    })
    const from = parent === before ? sources : new Set([parent.name])
    return { plan, node, name, key: result.key, value: store.value, sources: from, rekeyed: false }
  }

  /** The node to aggregate behind. A topic that the user named is shared by all aggregations of the grouping. */
  #partitioned(store: string): PlanNode {
    const { plan, node, rekeyed, key, value } = this.source
    if (!rekeyed) return node
    const repartition = plan.repartition({ prefix: this.#topic ?? store, parents: [node], key, value, mergeable: true })
    if (this.#repartition !== undefined && this.#topic !== undefined) return this.#repartition
    this.#repartition = plan.add(repartition)
    return repartition
  }
}

/** Records grouped by key, waiting to be aggregated. */
export class KGroupedStream<K, V> {
  /** @internal */
  readonly [parts]: Parts
  readonly #grouping: Grouping

  /** @internal */
  constructor(source: Parts, topic: string | undefined) {
    this[parts] = source
    this.#grouping = new Grouping(source, topic)
  }

  /** Counts the records of each key. */
  count(options: MaterializedOptions<K, number> = {}): KTable<K, number> {
    // Kafka uses up a name here when the call speaks of the store without naming it.
    if (speaksOfStore(options) && storeOptions(options.store).name === undefined)
      this[parts].plan.naming.store('KSTREAM-AGGREGATE-')
    const value = options.value ?? (serdes.long as Serde<number>)
    return this.#table('KSTREAM-AGGREGATE-', counting as Fold<K, V, number>, { ...options, value })
  }

  /** Combines the values of each key. The first value is taken as it is. */
  reduce(reducer: Reducer<K, V>, options: MaterializedOptions<K, V> = {}): KTable<K, V> {
    const value = options.value ?? (this[parts].value as Serde<V> | undefined)
    return this.#table('KSTREAM-REDUCE-', reducing(reducer), { ...options, ...(value !== undefined && { value }) })
  }

  /** Aggregates the values of each key. */
  aggregate<A>(options: AggregateOptions<K, V, A>): KTable<K, A> {
    return this.#table('KSTREAM-AGGREGATE-', { init: options.init, add: options.add }, options)
  }

  /** Groups further by windows of event time. */
  windowedBy(windows: TimeWindows | SlidingWindows): TimeWindowedKStream<K, V>
  windowedBy(windows: SessionWindows): SessionWindowedKStream<K, V>
  windowedBy(
    windows: TimeWindows | SlidingWindows | SessionWindows,
  ): TimeWindowedKStream<K, V> | SessionWindowedKStream<K, V> {
    if (windows.kind === 'session') return new SessionWindowedKStream(this.#grouping, windows, 'update')
    return new TimeWindowedKStream(this.#grouping, windows, 'update')
  }

  #table<A>(prefix: string, fold: Fold<K, V, A>, options: MaterializedOptions<K, A>): KTable<K, A> {
    const { plan, key: inherited } = this[parts]
    const wishes = storeOptions(options.store)
    const store = storeName(plan, wishes, prefix)
    const name = plan.naming.named(options.name, prefix)
    const key = options.key ?? inherited
    const spec = storePlan(store, wishes, { kind: 'timestampedKeyValue', key, value: options.value })
    const operator = ({ sendsOldValues }: Resolved) => aggregate(fold, { store, sendOldValues: sendsOldValues })
    return plan.make.table(this.#grouping.table(name, spec, operator, { key }))
  }
}
