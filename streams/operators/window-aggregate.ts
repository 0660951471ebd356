import type { Change, StreamRecord } from '../record.ts'
import type { HoldingStore } from '../state/store.ts'
import type { TimestampedWindowStore } from '../state/window-store.ts'
import type { Windowed } from '../state/windowed.ts'
import type { AggregateOptions, Fold } from './aggregate.ts'
import { closingTimeWindows, FinalResults } from './final-results.ts'
import { forwarder } from './forwarder.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'
import type { TimeWindows } from './windows.ts'
import { windowStarts } from './windows.ts'

/** When results of windows go on: with each update, or once, when the window is closed for good. */
export type EmitStrategy = 'update' | 'close'

/** What an aggregation over windows is told. */
export interface WindowAggregateOptions extends AggregateOptions {
  readonly emit: EmitStrategy
}

/**
 * Aggregates by key and window into a table. A window takes records until stream time has passed its end by the grace
 * period; what comes later is dropped and counted, per window. Stream time is the largest timestamp seen by this node, the
 * present record's included. Null values count as records, as in Kafka.
 */
export const windowAggregate = <K, V, A>(
  windows: TimeWindows,
  { init, add }: Fold<K, V, A>,
  { store: name, sendOldValues, emit: strategy }: WindowAggregateOptions,
): NodeOperator<StreamRecord<K, V>, StreamRecord<Windowed<K>, Change<A>>> =>
  operator((emit, context) => {
    const store = context.store<TimestampedWindowStore<K, A>>(name)
    const { task } = context
    const onUpdate = strategy === 'update'
    const forward = onUpdate ? forwarder(store, emit, sendOldValues) : undefined
    const closing = { ...closingTimeWindows(windows), rows: store.fetchAll.bind(store) }
    const final = onUpdate ? undefined : new FinalResults<K, A>(closing, context.store<HoldingStore>(name), task, emit)
    let observed = -1
    let lastEnd = -1
    task.onCloseWindows(() => {
      if (lastEnd < 0 || lastEnd === Infinity) return
      // Time stands as if the last window had run out: what comes later for it is late.
      observed = Math.max(observed, lastEnd + windows.graceMs)
      final?.releaseAll(observed - windows.graceMs)
    })
    return (record) => {
      const { key, value, timestamp, headers } = record
      if (key === null) return task.drop('null-key')
      if (timestamp > observed) observed = timestamp
      const closeTime = observed - windows.graceMs
      for (const start of windowStarts(windows, timestamp)) {
        const end = start + windows.sizeMs
        if (end <= closeTime) {
          task.drop('late')
          continue
        }
        if (end > lastEnd) lastEnd = end
        const row = store.fetch(key, start)
        const before = row === null ? init() : row.value
        const latest = row === null ? timestamp : Math.max(timestamp, row.timestamp)
        const after = add(before as A, value, key)
        store.put(key, after, latest, start)
        forward?.({ key, start, end }, after, before, latest, headers)
      }
      final?.release(record, closeTime)
    }
  })
