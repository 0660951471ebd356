import { StreamRecord } from '../record.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'

/** Makes one value of another; the key is for reading. */
export type ValueMapper<K, V, V2> = (value: V, key: K) => V2

/** Makes a key of a record. */
export type KeyMapper<K, V, K2> = (value: V, key: K) => K2

/** A key with its value, as `Map` has them. */
export type Entry<K, V> = readonly [key: K, value: V]

/** Replaces the value. Null values reach `mapper`. */
export const mapValues = <K, V, V2>(
  mapper: ValueMapper<K, V, V2>,
): NodeOperator<StreamRecord<K, V>, StreamRecord<K, V2>> =>
  operator((emit) => (record) => emit(record.withValue(mapper(record.value, record.key))))

/** Replaces key and value. */
export const map = <K, V, K2, V2>(
  mapper: (value: V, key: K) => Entry<K2, V2>,
): NodeOperator<StreamRecord<K, V>, StreamRecord<K2, V2>> =>
  operator((emit) => (record) => {
    const [key, value] = mapper(record.value, record.key)
    emit(new StreamRecord(key, value, record.timestamp, record.headers))
  })

/** Replaces the key. */
export const selectKey = <K, V, K2>(
  mapper: KeyMapper<K, V, K2>,
): NodeOperator<StreamRecord<K, V>, StreamRecord<K2, V>> =>
  operator((emit) => (record) => emit(record.withKey(mapper(record.value, record.key))))
