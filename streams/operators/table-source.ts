import { Change } from '../record.ts'
import type { StreamRecord } from '../record.ts'
import type { TableStore } from '../state/table-store.ts'
import { forwarder } from './forwarder.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'

/** A table's way to its rows: the store if it has one, and whether later nodes want old values. */
export interface TableOptions {
  readonly store: string | undefined
  readonly sendsOldValues: boolean
}

/**
 * Reads a stream as a table: each record is the new row of its key, null deletes. Records without key are dropped and
 * counted. A row older than the one that is there still takes its place; only versioned stores know better.
 */
export const tableSource = <K, V>({
  store: name,
  sendsOldValues,
}: TableOptions): NodeOperator<StreamRecord<K, V>, StreamRecord<K, Change<V>>> =>
  operator((emit, context) => {
    const { task } = context
    if (name === undefined) {
      return (record) => {
        if (record.key === null) return task.drop('null-key')
        emit(record.withValue(new Change(record.value, null)))
      }
    }
    const store = context.store<TableStore<K, V>>(name)
    const forward = forwarder(store, emit, sendsOldValues)
    return ({ key, value, timestamp, headers }) => {
      if (key === null) return task.drop('null-key')
      const before = store.get(key)
      const result = store.put(key, value, timestamp)
      if (result !== 'refused') forward(key, value, before?.value ?? null, timestamp, headers, result === 'latest')
    }
  })
