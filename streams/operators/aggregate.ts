import type { Change, StreamRecord } from '../record.ts'
import type { TableStore } from '../state/table-store.ts'
import { forwarder } from './forwarder.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'

/** How records become an aggregate. `add` may return null: the row is deleted and the next record starts anew. */
export interface Fold<K, V, A> {
  readonly init: () => A | null
  readonly add: (aggregate: A, value: V, key: K) => A | null
}

/** Counts records. */
export const counting: Fold<unknown, unknown, number> = { init: () => 0, add: (count) => count + 1 }

/** Combines each value with what came of those before; the first one is taken as it is. */
export const reducing = <K, V>(reducer: (aggregate: V, value: V, key: K) => V | null): Fold<K, V, V> => ({
  init: () => null,
  add: (aggregate, value, key) => (aggregate === null ? value : reducer(aggregate, value, key)),
})

/** What an aggregation is told. */
export interface AggregateOptions {
  readonly store: string
  readonly sendOldValues: boolean
}

/**
 * Aggregates by key into a table. Records without key or value are dropped and counted. The result's timestamp is the
 * largest seen for the key. The first update of a row sends the initial aggregate as its old value, as Kafka does.
 */
export const aggregate = <K, V, A>(
  { init, add }: Fold<K, V, A>,
  { store: name, sendOldValues }: AggregateOptions,
): NodeOperator<StreamRecord<K, V>, StreamRecord<K, Change<A>>> =>
  operator((emit, context) => {
    const store = context.store<TableStore<K, A>>(name)
    const forward = forwarder(store, emit, sendOldValues)
    return ({ key, value, timestamp, headers }) => {
      if (key === null || value === null) return context.task.drop('null-key-or-value')
      const row = store.get(key)
      const before = row === null ? init() : row.value
      const latest = row === null ? timestamp : Math.max(timestamp, row.timestamp)
      const after = add(before as A, value, key)
      const result = store.put(key, after, latest)
      if (result !== 'refused') forward(key, after, before, latest, headers, result === 'latest')
    }
  })
