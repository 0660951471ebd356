import { streamsErrors } from '../errors.ts'
import { Change, StreamRecord } from '../record.ts'
import type { TableStore } from '../state/table-store.ts'
import type { AggregateOptions } from './aggregate.ts'
import { forwarder } from './forwarder.ts'
import type { Entry } from './map.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'

/** How changes of rows become an aggregate: what a row was is taken away first, then what it is now is added. */
export interface TableFold<K, V, A> {
  readonly init: () => A | null
  readonly add: (aggregate: A, value: V, key: K) => A | null
  readonly subtract: (aggregate: A, value: V, key: K) => A | null
}

/**
 * Gives each row a new key. A row that keeps its group goes on as one change with both values, otherwise the group it
 * leaves hears first. Rows that get no key or no value belong to no group.
 */
export const regroup = <K, V, K2, V2>(
  mapper: (value: V, key: K) => Entry<K2, V2>,
  { versioned }: { readonly versioned: boolean },
): NodeOperator<StreamRecord<K, Change<V>>, StreamRecord<K2, Change<V2>>> =>
  operator((emit) => (record) => {
    const { key, timestamp, headers } = record
    const { newValue, oldValue, isLatest } = record.value
    if (versioned && !isLatest) return
    const place = (value: V | null): Entry<K2, V2> | undefined => {
      const entry = value === null ? undefined : mapper(value, key)
      return entry === undefined || entry[0] === null || entry[1] === null ? undefined : entry
    }
    const now = place(newValue)
    const before = place(oldValue)
    const send = (to: K2, after: V2 | null, old: V2 | null): void =>
      emit(new StreamRecord(to, new Change(after, old, isLatest), timestamp, headers))
    if (now !== undefined && before !== undefined && same(now[0], before[0])) return send(now[0], now[1], before[1])
    if (before !== undefined) send(before[0], null, before[1])
    if (now !== undefined) send(now[0], now[1], null)
  })

/** Java's equals, as far as keys go: values, and the contents of plain objects. */
const same = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b))

/** Aggregates the rows of a regrouped table. */
export const tableAggregate = <K, V, A>(
  { init, add, subtract }: TableFold<K, V, A>,
  { store: name, sendOldValues }: AggregateOptions,
): NodeOperator<StreamRecord<K, Change<V>>, StreamRecord<K, Change<A>>> =>
  operator((emit, context) => {
    const store = context.store<TableStore<K, A>>(name)
    const forward = forwarder(store, emit, sendOldValues)
    return ({ key, value: { newValue, oldValue }, timestamp, headers }) => {
      if (key === null) throw streamsErrors.TOPOLOGY_INVALID({ problem: `"${context.name}" got a row without key` })
      const row = store.get(key)
      const before = row === null ? null : row.value
      const leaves = oldValue !== null && before !== null
      const between = leaves ? subtract(before, oldValue, key) : before
      const after = newValue === null ? between : add((between ?? init()) as A, newValue, key)
      const combined = leaves || (newValue !== null && row !== null)
      const latest = combined && row !== null ? Math.max(timestamp, row.timestamp) : timestamp
      const result = store.put(key, after, latest)
      if (result !== 'refused') forward(key, after, before, latest, headers, result === 'latest')
    }
  })
