import type { Serde } from '#core/serde/serde.ts'
import { reducing } from '../operators/aggregate.ts'
import type { SessionFold } from '../operators/session-aggregate.ts'
import type { EmitStrategy } from '../operators/window-aggregate.ts'
import type { SessionWindows } from '../operators/windows.ts'
import type { Windowed } from '../state/windowed.ts'
import type { AggregateOptions, Grouping, Reducer, Shape } from './aggregation.ts'
import { windowed } from './aggregation.ts'
import type { MaterializedOptions } from './materialized.ts'
import type { KTable } from './table.ts'

/** An aggregation over sessions: two of them may become one. */
export interface SessionAggregateOptions<K, V, A> extends AggregateOptions<K, V, A> {
  readonly merge: (aggregate: A, other: A, key: K) => A | null
}

/** Records grouped by key and session, waiting to be aggregated. */
export class SessionWindowedKStream<K, V> {
  readonly #grouping: Grouping
  readonly #windows: SessionWindows
  readonly #shape: Shape

  /** @internal */
  constructor(grouping: Grouping, windows: SessionWindows, emit: EmitStrategy) {
    this.#grouping = grouping
    this.#windows = windows
    this.#shape = windowed(windows, emit)
  }

  /** `close`: each session comes out once, when nothing can change it any more. `update` (default): with every change. */
  emit(strategy: EmitStrategy): SessionWindowedKStream<K, V> {
    return new SessionWindowedKStream(this.#grouping, this.#windows, strategy)
  }

  /** Counts the records of each session. */
  count(options: MaterializedOptions<K, number> = {}): KTable<Windowed<K>, number> {
    const table = this.#grouping.count(this.#shape, options as object, true)
    return table.plan.make.table(table)
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
    const table = this.#grouping.aggregate(prefix, this.#shape, fold, options)
    return table.plan.make.table(table)
  }
}
