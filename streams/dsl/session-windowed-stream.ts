import type { Serde } from '#core/serde/serde.ts'
import { serdes } from '#core/serde/serdes.ts'
import { counting, reducing } from '../operators/aggregate.ts'
import type { SessionFold } from '../operators/session-aggregate.ts'
import { sessionAggregate } from '../operators/session-aggregate.ts'
import type { EmitStrategy } from '../operators/window-aggregate.ts'
import type { SessionWindows } from '../operators/windows.ts'
import type { Windowed } from '../state/windowed.ts'
import { sessionWindowedSerde } from '../state/windowed.ts'
import type { Resolved } from '../topology/plan.ts'
import type { AggregateOptions, Grouping, Reducer } from './grouped-stream.ts'
import type { MaterializedOptions } from './materialized.ts'
import { speaksOfStore, storeName, storeOptions, storePlan } from './materialized.ts'
import type { KTable } from './table.ts'

/** An aggregation over sessions: two of them may become one. */
export interface SessionAggregateOptions<K, V, A> extends AggregateOptions<K, V, A> {
  readonly merge: (aggregate: A, other: A, key: K) => A | null
}

/** Records grouped by key and session, waiting to be aggregated. */
export class SessionWindowedKStream<K, V> {
  readonly #grouping: Grouping
  readonly #windows: SessionWindows
  readonly #emit: EmitStrategy

  /** @internal */
  constructor(grouping: Grouping, windows: SessionWindows, emit: EmitStrategy) {
    this.#grouping = grouping
    this.#windows = windows
    this.#emit = emit
  }

  /** `close`: each session comes out once, when nothing can change it any more. `update` (default): with every change. */
  emit(strategy: EmitStrategy): SessionWindowedKStream<K, V> {
    return new SessionWindowedKStream(this.#grouping, this.#windows, strategy)
  }

  /** Counts the records of each session. */
  count(options: MaterializedOptions<K, number> = {}): KTable<Windowed<K>, number> {
    const { plan } = this.#grouping.source
    if (speaksOfStore(options) && storeOptions(options.store).name === undefined)
      plan.naming.store('KSTREAM-AGGREGATE-')
    const value = options.value ?? (serdes.long as Serde<number>)
    const fold = { ...(counting as SessionFold<K, V, number>), merge: (a: number, b: number) => a + b }
    return this.#table('KSTREAM-AGGREGATE-', fold, { ...options, value })
  }

  /** Combines the values of each session; of sessions that become one, the earlier's result with the later's. */
  reduce(reducer: Reducer<K, V>, options: MaterializedOptions<K, V> = {}): KTable<Windowed<K>, V> {
    const value = options.value ?? (this.#grouping.source.value as Serde<V> | undefined)
    const fold = reducing(reducer)
    const given = { ...options, ...(value !== undefined && { value }) }
    return this.#table('KSTREAM-REDUCE-', { ...fold, merge: fold.add }, given)
  }

  /** Aggregates the values of each session. */
  aggregate<A>(options: SessionAggregateOptions<K, V, A>): KTable<Windowed<K>, A> {
    const { init, add, merge } = options
    return this.#table('KSTREAM-AGGREGATE-', { init, add, merge }, options)
  }

  #table<A>(prefix: string, fold: SessionFold<K, V, A>, options: MaterializedOptions<K, A>): KTable<Windowed<K>, A> {
    const { plan, key: inherited } = this.#grouping.source
    const windows = this.#windows
    const wishes = storeOptions(options.store)
    const store = storeName(plan, wishes, prefix)
    const name = plan.naming.named(options.name, prefix)
    const inner = options.key ?? inherited ?? plan.defaults.key
    const spec = storePlan(store, wishes, {
      kind: 'session',
      key: inner,
      value: options.value,
      leastRetentionMs: windows.gapMs + windows.graceMs,
      cacheable: this.#emit === 'update',
    })
    const operator = ({ sendsOldValues }: Resolved) =>
      sessionAggregate(windows, fold, { store, sendOldValues: sendsOldValues, emit: this.#emit })
    const key = inner === undefined ? undefined : (sessionWindowedSerde(inner) as Serde<unknown>)
    const graceMs = windows.graceMs + windows.gapMs
    return plan.make.table(this.#grouping.table(name, spec, operator, { key, graceMs }))
  }
}
