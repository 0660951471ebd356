import { Change } from '../record.ts'
import type { StreamRecord } from '../record.ts'
import type { ValueAndTimestamp } from '../state/store.ts'
import type { TableStore } from '../state/table-store.ts'
import type { Predicate } from './filter.ts'
import { forwarder } from './forwarder.ts'
import type { Getter, ValueGetter } from './getter.ts'
import type { ValueMapper } from './map.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'
import type { TableOptions } from './table-source.ts'

/** What a row of one table is in a table computed from it; null for no row. Not asked about rows that are not there. */
type RowMapper<K, V, V2> = (value: V, key: K) => V2 | null

interface MapOptions extends TableOptions {
  /** The mapper is asked about deletions as well. */
  readonly asksOfNothing?: boolean
  /** Deletions of rows that never were are not worth a record (filters over tables that send old values). */
  readonly swallowNothing: boolean
}

/** A table computed row by row from another. With a store the old value is what the store has. */
const mapRows = <K, V, V2>(
  mapper: RowMapper<K, V, V2>,
  { store: name, sendsOldValues, swallowNothing, asksOfNothing = false }: MapOptions,
): NodeOperator<StreamRecord<K, Change<V>>, StreamRecord<K, Change<V2>>> =>
  operator((emit, context) => {
    const store = name === undefined ? undefined : context.store<TableStore<K, V2>>(name)
    const forward = store === undefined ? undefined : forwarder(store, emit, sendsOldValues)
    const map = (value: V | null, key: K): V2 | null =>
      value === null && !asksOfNothing ? null : mapper(value as V, key)
    return (record) => {
      const { key, value: change, timestamp, headers } = record
      const after = map(change.newValue, key)
      let before: V2 | null = null
      if (sendsOldValues) before = store === undefined ? map(change.oldValue, key) : (store.get(key)?.value ?? null)
      if (swallowNothing && sendsOldValues && after === null && before === null) return
      if (store === undefined) {
        emit(record.withValue(new Change(after, before, change.isLatest)))
        return
      }
      const result = store.put(key, after, timestamp)
      if (result !== 'refused') forward!(key, after, before, timestamp, headers, result === 'latest')
    }
  })

/** Keeps the rows for which `predicate` is true; others become deletions. */
export const filterTable = <K, V>(
  predicate: Predicate<K, V>,
  options: TableOptions & { readonly versioned: boolean },
): NodeOperator<StreamRecord<K, Change<V>>, StreamRecord<K, Change<V>>> =>
  mapRows((value, key) => (predicate(value, key) ? value : null), { ...options, swallowNothing: !options.versioned })

/** Replaces the value of each row. */
export const mapTableValues = <K, V, V2>(
  mapper: ValueMapper<K, V, V2>,
  options: TableOptions,
): NodeOperator<StreamRecord<K, Change<V>>, StreamRecord<K, Change<V2>>> =>
  mapRows(mapper, { ...options, swallowNothing: false })

/** Replaces the value of each row; `mapper` is asked about deletions as well, with null. */
export const transformTableValues = <K, V, V2>(
  mapper: ValueMapper<K, V | null, V2 | null>,
  options: TableOptions,
): NodeOperator<StreamRecord<K, Change<V>>, StreamRecord<K, Change<V2>>> =>
  mapRows<K, V, V2>(mapper, { ...options, swallowNothing: false, asksOfNothing: true })

/** The rows of a transformed table without a store. */
export const transformedGetter = <K, V, V2>(parent: Getter, mapper: ValueMapper<K, V | null, V2 | null>): Getter => ({
  stores: parent.stores,
  open: (context) => {
    const rows = parent.open(context) as unknown as ValueGetter<K, V>
    const get = (key: K) => {
      const row = rows.get(key)
      const value = mapper(row === null ? null : row.value, key)
      return value === null ? null : { value, timestamp: row?.timestamp ?? -1 }
    }
    return { get, getAsOf: get, versioned: false }
  },
})

/** Looks rows up in the table before and maps them on the fly: for tables without a store. */
export const mappedGetter = <K, V, V2>(parent: Getter, mapper: RowMapper<K, V, V2>): Getter => ({
  stores: parent.stores,
  open: (context) => {
    const rows = parent.open(context) as unknown as ValueGetter<K, V>
    const map = (row: ValueAndTimestamp<V> | null, key: K): ValueAndTimestamp<V2> | null => {
      const value = row === null ? null : mapper(row.value, key)
      return row === null || value === null ? null : { value, timestamp: row.timestamp }
    }
    return {
      get: (key: K) => map(rows.get(key), key),
      getAsOf: (key: K, timestamp: number) => map(rows.getAsOf(key, timestamp), key),
      versioned: rows.versioned,
    }
  },
})

/** A table's changes as a stream of rows; deletions are null values. */
export const toStream = <K, V>(): NodeOperator<StreamRecord<K, Change<V>>, StreamRecord<K, V | null>> =>
  operator((emit) => (record) => emit(record.withValue(record.value.newValue)))
