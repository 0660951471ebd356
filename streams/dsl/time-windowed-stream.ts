import type { Serde } from '#core/serde/serde.ts'
import { serdes } from '#core/serde/serdes.ts'
import { streamsErrors } from '../errors.ts'
import type { Fold } from '../operators/aggregate.ts'
import { counting, reducing } from '../operators/aggregate.ts'
import type { EmitStrategy } from '../operators/window-aggregate.ts'
import { windowAggregate } from '../operators/window-aggregate.ts'
import { slidingAggregate } from '../operators/sliding-aggregate.ts'
import type { SlidingWindows, TimeWindows } from '../operators/windows.ts'
import type { Windowed } from '../state/windowed.ts'
import { timeWindowedSerde } from '../state/windowed.ts'
import type { Resolved } from '../topology/plan.ts'
import type { AggregateOptions, Grouping, Reducer } from './grouped-stream.ts'
import type { MaterializedOptions } from './materialized.ts'
import { speaksOfStore, storeName, storeOptions, storePlan } from './materialized.ts'
import type { KTable } from './table.ts'

/** Records grouped by key and time window, waiting to be aggregated. */
export class TimeWindowedKStream<K, V> {
  readonly #grouping: Grouping
  readonly #windows: TimeWindows | SlidingWindows
  readonly #emit: EmitStrategy

  /** @internal */
  constructor(grouping: Grouping, windows: TimeWindows | SlidingWindows, emit: EmitStrategy) {
    this.#grouping = grouping
    this.#windows = windows
    this.#emit = emit
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
    const { plan } = this.#grouping.source
    const unnamed = speaksOfStore(options) && storeOptions(options.store).name === undefined
    if (unnamed && this.#windows.kind !== 'sliding') plan.naming.store('KSTREAM-AGGREGATE-')
    const value = options.value ?? (serdes.long as Serde<number>)
    return this.#table('KSTREAM-AGGREGATE-', counting as Fold<K, V, number>, { ...options, value })
  }

  /** Combines the values of each key and window. */
  reduce(reducer: Reducer<K, V>, options: MaterializedOptions<K, V> = {}): KTable<Windowed<K>, V> {
    const value = options.value ?? (this.#grouping.source.value as Serde<V> | undefined)
    return this.#table('KSTREAM-REDUCE-', reducing(reducer), { ...options, ...(value !== undefined && { value }) })
  }

  /** Aggregates the values of each key and window. */
  aggregate<A>(options: AggregateOptions<K, V, A>): KTable<Windowed<K>, A> {
    return this.#table('KSTREAM-AGGREGATE-', { init: options.init, add: options.add }, options)
  }

  #table<A>(prefix: string, fold: Fold<K, V, A>, options: MaterializedOptions<K, A>): KTable<Windowed<K>, A> {
    const { plan, key: inherited } = this.#grouping.source
    const windows = this.#windows
    const sizeMs = windows.kind === 'sliding' ? windows.differenceMs : windows.sizeMs
    const wishes = storeOptions(options.store)
    const store = storeName(plan, wishes, prefix)
    const name = plan.naming.named(options.name, prefix)
    const inner = options.key ?? inherited ?? plan.defaults.key
    const spec = storePlan(store, wishes, {
      kind: 'timestampedWindow',
      key: inner,
      value: options.value,
      windowSizeMs: sizeMs,
      cacheable: windows.kind !== 'sliding' || this.#emit === 'update',
      leastRetentionMs: (windows.kind === 'sliding' ? 2 * sizeMs : sizeMs) + windows.graceMs,
    })
    const operator = ({ sendsOldValues }: Resolved) => {
      const given = { store, sendOldValues: sendsOldValues, emit: this.#emit }
      return windows.kind === 'sliding' ? slidingAggregate(windows, fold, given) : windowAggregate(windows, fold, given)
    }
    const key = inner === undefined ? undefined : (timeWindowedSerde(inner, sizeMs) as Serde<unknown>)
    return plan.make.table(this.#grouping.table(name, spec, operator, { key, graceMs: windows.graceMs }))
  }
}
