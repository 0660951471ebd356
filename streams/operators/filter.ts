import type { StreamRecord } from '../record.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'

/** A question about a record; value first, as in array callbacks. */
export type Predicate<K, V> = (value: V, key: K) => boolean

/** Lets through the records for which `predicate` is true; null values reach it. */
export const filter = <K, V>(predicate: Predicate<K, V>): NodeOperator<StreamRecord<K, V>, StreamRecord<K, V>> =>
  operator((emit) => (record) => {
    if (predicate(record.value, record.key)) emit(record)
  })

/** Lets through the records for which `predicate` is false. */
export const filterNot = <K, V>(predicate: Predicate<K, V>): NodeOperator<StreamRecord<K, V>, StreamRecord<K, V>> =>
  operator((emit) => (record) => {
    if (!predicate(record.value, record.key)) emit(record)
  })

/** Drops records without a key silently: nothing can be partitioned by a key that is not there. */
export const filterNullKeys = <K, V>(): NodeOperator<StreamRecord<K, V>, StreamRecord<K, V>> =>
  operator((emit) => (record) => {
    if (record.key !== null) emit(record)
  })
