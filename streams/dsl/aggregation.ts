import type { Serde } from '#core/serde/serde.ts'
import { serdes } from '#core/serde/serdes.ts'
import type { AggregateOptions as Placed, Fold } from '../operators/aggregate.ts'
import { aggregate, counting } from '../operators/aggregate.ts'
import type { NodeOperator } from '../operators/operator.ts'
import type { SessionFold } from '../operators/session-aggregate.ts'
import { sessionAggregate } from '../operators/session-aggregate.ts'
import { slidingAggregate } from '../operators/sliding-aggregate.ts'
import type { EmitStrategy } from '../operators/window-aggregate.ts'
import { windowAggregate } from '../operators/window-aggregate.ts'
import type { SessionWindows, SlidingWindows, TimeWindows } from '../operators/windows.ts'
import type { StorePlan } from '../state/store.ts'
import { sessionWindowedSerde, timeWindowedSerde } from '../state/windowed.ts'
import type { PlanNode, RepartitionPlan } from '../topology/plan.ts'
import type { MaterializedOptions, StoreNeeds } from './materialized.ts'
import { speaksOfStore, storeName, storeOptions, storePlan } from './materialized.ts'
import type { NameOption, Parts } from './parts.ts'

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

/** What a kind of windows makes of an aggregation: its store, its key and its operator. */
export interface Shape {
  readonly needs: Omit<StoreNeeds, 'key' | 'value'>
  readonly resultKey: (inner: Serde<unknown> | undefined) => Serde<unknown> | undefined
  /** How long rows may change after the end of their window; undefined without windows. */
  readonly graceMs?: number
  readonly operator: <K, V, A>(fold: Fold<K, V, A>, placed: Placed) => NodeOperator
}

type Windows = TimeWindows | SlidingWindows | SessionWindows

/** Aggregations without windows: rows by key. */
export const unwindowed: Shape = {
  needs: { kind: 'timestampedKeyValue' },
  resultKey: (inner) => inner,
  operator: (fold, placed) => aggregate(fold, placed),
}

/** Aggregations over windows: rows by key and window. */
export function windowed(windows: Windows, emit: EmitStrategy): Shape {
  const { graceMs } = windows
  const wrap =
    (serde: (inner: Serde<unknown>) => unknown) =>
    (inner: Serde<unknown> | undefined): Serde<unknown> | undefined =>
      inner === undefined ? undefined : (serde(inner) as Serde<unknown>)
  switch (windows.kind) {
    case 'session':
      return {
        needs: {
          kind: 'session',
          leastRetentionMs: windows.gapMs + graceMs,
          cacheable: emit === 'update',
          holding: emit === 'close',
        },
        resultKey: wrap(sessionWindowedSerde),
        graceMs: graceMs + windows.gapMs,
        operator: <K, V, A>(fold: Fold<K, V, A>, placed: Placed) =>
          sessionAggregate(windows, fold as SessionFold<K, V, A>, { ...placed, emit }),
      }
    case 'sliding':
      return {
        needs: {
          kind: 'timestampedWindow',
          windowSizeMs: windows.differenceMs,
          leastRetentionMs: 2 * windows.differenceMs + graceMs,
          cacheable: emit === 'update',
          holding: emit === 'close',
        },
        resultKey: wrap((inner) => timeWindowedSerde(inner, windows.differenceMs)),
        graceMs,
        operator: (fold, placed) => slidingAggregate(windows, fold, { ...placed, emit }),
      }
    default:
      return {
        needs: {
          kind: 'timestampedWindow',
          windowSizeMs: windows.sizeMs,
          leastRetentionMs: windows.sizeMs + graceMs,
          holding: emit === 'close',
        },
        resultKey: wrap((inner) => timeWindowedSerde(inner, windows.sizeMs)),
        graceMs,
        operator: (fold, placed) => windowAggregate(windows, fold, { ...placed, emit }),
      }
  }
}

/** What the rows of an aggregation are kept in, with the names that are used up on the way. */
export interface Kept {
  readonly store: StorePlan
  readonly key: Serde<unknown> | undefined
  readonly queryable: string | undefined
}

/** Settles the store of an aggregation; `inherited` is the key serde if the options name none. */
export function keep(
  { plan }: Parts,
  prefix: string,
  shape: Shape,
  inherited: Serde<unknown> | undefined,
  options: MaterializedOptions<unknown, unknown>,
): Kept {
  const wishes = storeOptions(options.store)
  const name = storeName(plan, wishes, prefix)
  const inner = options.key ?? inherited ?? plan.defaults.key
  const store = storePlan(name, wishes, { ...shape.needs, key: inner, value: options.value })
  return { store, key: shape.resultKey(inner), queryable: wishes.name }
}

/** Adds aggregations of one grouping to a plan, with a repartition topic before them if the key has changed. */
export class Grouping {
  readonly source: Parts
  readonly #topic: string | undefined
  #repartition: RepartitionPlan | undefined

  constructor(source: Parts, topic: string | undefined) {
    this.source = source
    this.#topic = topic
  }

  /** A count; `unnamedCosts`: Kafka uses a name up when the call speaks of the store without naming it. */
  count(shape: Shape, options: MaterializedOptions<never, number>, unnamedCosts: boolean): Parts {
    const prefix = 'KSTREAM-AGGREGATE-'
    const unnamed = speaksOfStore(options) && storeOptions(options.store).name === undefined
    if (unnamed && unnamedCosts) this.source.plan.naming.store(prefix)
    const fold = { ...counting, merge: (a: number, b: number) => a + b }
    return this.aggregate(prefix, shape, fold, { ...options, value: options.value ?? (serdes.long as Serde<number>) })
  }

  /** Writes an aggregation down and returns the parts of its table. */
  aggregate<K, V, A>(prefix: string, shape: Shape, fold: Fold<K, V, A>, options: MaterializedOptions<K, A>): Parts {
    const { plan, node: before, sources } = this.source
    const { store, key, queryable } = keep(this.source, prefix, shape, this.source.key, options as object)
    const name = plan.naming.named(options.name, prefix)
    const parent = this.partitioned(store.name)
    const node: PlanNode = plan.add({
      kind: 'processor',
      name,
      parents: [parent],
      operator: ({ sendsOldValues }) => shape.operator(fold, { store: store.name, sendOldValues: sendsOldValues }),
      store,
      outputVersioned: store.kind === 'versionedKeyValue',
      table: { parents: [], store, lazy: false },
      ...(shape.graceMs !== undefined && { graceMs: shape.graceMs }),
    })
    const from = parent === before ? sources : new Set([parent.name])
    return { plan, node, name, key, value: store.value, sources: from, rekeyed: false, queryable }
  }

  /** The node to aggregate behind. A topic that the user named is shared by all aggregations of the grouping. */
  partitioned(store: string): PlanNode {
    const { plan, node, rekeyed, key, value } = this.source
    if (!rekeyed) return node
    const repartition = plan.repartition({ prefix: this.#topic ?? store, parents: [node], key, value, mergeable: true })
    if (this.#repartition !== undefined && this.#topic !== undefined) return this.#repartition
    this.#repartition = plan.add(repartition)
    return repartition
  }
}
