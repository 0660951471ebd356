import type { Serde } from '#core/serde/serde.ts'
import { reducing } from '../operators/aggregate.ts'
import type { SessionWindows, SlidingWindows, TimeWindows } from '../operators/windows.ts'
import type { AggregateOptions, Reducer } from './aggregation.ts'
import { Grouping, unwindowed } from './aggregation.ts'
import { CogroupedKStream } from './cogrouped-stream.ts'
import { grouping } from './grouping.ts'
import type { MaterializedOptions } from './materialized.ts'
import type { Parts } from './parts.ts'
import { parts } from './parts.ts'
import { SessionWindowedKStream } from './session-windowed-stream.ts'
import type { KTable } from './table.ts'
import { TimeWindowedKStream } from './time-windowed-stream.ts'

/** Records grouped by key, waiting to be aggregated. */
export class KGroupedStream<K, V> {
  /** @internal */
  readonly [parts]: Parts
  readonly #grouping: Grouping
  /** @internal */
  declare readonly types?: readonly [K, V]

  /** @internal */
  constructor(source: Parts, topic: string | undefined) {
    this[parts] = source
    this.#grouping = new Grouping(source, topic)
  }

  /** Counts the records of each key. */
  count(options: MaterializedOptions<K, number> = {}): KTable<K, number> {
    return this[parts].plan.make.table(this.#grouping.count(unwindowed, options as object, true))
  }

  /** Combines the values of each key. The first value is taken as it is. */
  reduce(reducer: Reducer<K, V>, options: MaterializedOptions<K, V> = {}): KTable<K, V> {
    const value = options.value ?? (this[parts].value as Serde<V> | undefined)
    const given = { ...options, ...(value !== undefined && { value }) }
    return this[parts].plan.make.table(
      this.#grouping.aggregate('KSTREAM-REDUCE-', unwindowed, reducing(reducer), given),
    )
  }

  /** Aggregates the values of each key. */
  aggregate<A>(options: AggregateOptions<K, V, A>): KTable<K, A> {
    const { init, add } = options
    return this[parts].plan.make.table(
      this.#grouping.aggregate('KSTREAM-AGGREGATE-', unwindowed, { init, add }, options),
    )
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

  /** Begins an aggregate that several grouped streams share; each has its own way to add to it. */
  cogroup<A>(add: (aggregate: A, value: V, key: K) => A | null): CogroupedKStream<K, A> {
    return new CogroupedKStream<K, A>([]).cogroup(this, add)
  }

  /** @internal */
  get [grouping](): Grouping {
    return this.#grouping
  }
}
