import type { Serde } from '#core/serde/serde.ts'
import { streamsErrors } from '../errors.ts'
import { reducing } from '../operators/aggregate.ts'
import type { EmitStrategy } from '../operators/window-aggregate.ts'
import type { SlidingWindows, TimeWindows } from '../operators/windows.ts'
import type { Windowed } from '../state/windowed.ts'
import type { AggregateOptions, Grouping, Reducer, Shape } from './aggregation.ts'
import { windowed } from './aggregation.ts'
import type { MaterializedOptions } from './materialized.ts'
import type { KTable } from './table.ts'

/** Records grouped by key and time window, waiting to be aggregated. */
export class TimeWindowedKStream<K, V> {
  readonly #grouping: Grouping
  readonly #windows: TimeWindows | SlidingWindows
  readonly #shape: Shape

  /** @internal */
  constructor(grouping: Grouping, windows: TimeWindows | SlidingWindows, emit: EmitStrategy) {
    this.#grouping = grouping
    this.#windows = windows
    this.#shape = windowed(windows, emit)
  }

  /** `close`: each window comes out once, when nothing can change it any more. `update` (default): with every change. */
  emit(strategy: EmitStrategy): TimeWindowedKStream<K, V> {
    if (strategy === 'close' && this.#windows.kind === 'unlimited') {
      throw streamsErrors.OPTION_INVALID({ what: 'emit', problem: 'unlimited windows never close' })
    }
    return new TimeWindowedKStream(this.#grouping, this.#windows, strategy)
  }

  /** Counts the records of each key and window. */
  count(options: MaterializedOptions<K, number> = {}): KTable<Windowed<K>, number> {
    const table = this.#grouping.count(this.#shape, options as object, this.#windows.kind !== 'sliding')
    return table.plan.make.table(table)
  }

  /** Combines the values of each key and window. */
  reduce(reducer: Reducer<K, V>, options: MaterializedOptions<K, V> = {}): KTable<Windowed<K>, V> {
    const value = options.value ?? (this.#grouping.source.value as Serde<V> | undefined)
    const given = { ...options, ...(value !== undefined && { value }) }
    const table = this.#grouping.aggregate('KSTREAM-REDUCE-', this.#shape, reducing(reducer), given)
    return table.plan.make.table(table)
  }

  /** Aggregates the values of each key and window. */
  aggregate<A>(options: AggregateOptions<K, V, A>): KTable<Windowed<K>, A> {
    const { init, add } = options
    const table = this.#grouping.aggregate('KSTREAM-AGGREGATE-', this.#shape, { init, add }, options)
    return table.plan.make.table(table)
  }
}
