import { StreamRecord } from '../record.ts'
import type { Entry, ValueMapper } from './map.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'

/** Makes any number of records of one; each is done with before the next is taken from the iterable. */
export const flatMap = <K, V, K2, V2>(
  mapper: (value: V, key: K) => Iterable<Entry<K2, V2>>,
): NodeOperator<StreamRecord<K, V>, StreamRecord<K2, V2>> =>
  operator((emit) => (record) => {
    for (const [key, value] of mapper(record.value, record.key)) {
      emit(new StreamRecord(key, value, record.timestamp, record.headers))
    }
  })

/** Makes any number of values of one, under the same key. */
export const flatMapValues = <K, V, V2>(
  mapper: ValueMapper<K, V, Iterable<V2>>,
): NodeOperator<StreamRecord<K, V>, StreamRecord<K, V2>> =>
  operator((emit) => (record) => {
    for (const value of mapper(record.value, record.key)) emit(record.withValue(value))
  })
