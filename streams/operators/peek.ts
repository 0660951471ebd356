import type { StreamRecord } from '../record.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'

/** Looks at a record. */
export type Action<K, V> = (value: V, key: K) => void

/** Runs `action` before the records after it are worked on, and hands the record on. */
export const peek = <K, V>(action: Action<K, V>): NodeOperator<StreamRecord<K, V>, StreamRecord<K, V>> =>
  operator((emit) => (record) => {
    action(record.value, record.key)
    emit(record)
  })

/** Runs `action`; nothing comes out. */
export const foreach = <K, V>(action: Action<K, V>): NodeOperator<StreamRecord<K, V>, StreamRecord<K, V>> =>
  operator(() => (record) => action(record.value, record.key))

/** Hands every record on: where streams meet (merge) or part (branches). */
export const passThrough = <K, V>(): NodeOperator<StreamRecord<K, V>, StreamRecord<K, V>> => operator((emit) => emit)
