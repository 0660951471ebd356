import type { Origin, StreamRecord } from '../record.ts'
import type { LookupBuffer } from '../state/lookup-buffer.ts'
import type { Getter, ValueGetter } from './getter.ts'
import type { KeyMapper } from './map.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'

/** Makes one value of two; of a left join's missing side it gets null. */
export type ValueJoiner<K, V, V2, R> = (value: V, other: V2, key: K) => R

/** A join of a stream with a table. */
export interface LookupOptions<K, V, K2> {
  /** Records without a row go on as well, with null for it. */
  readonly left: boolean
  /** The key to look up; default the record's own. */
  readonly mapper?: KeyMapper<K, V, K2>
  /** Store in which records wait for the table to come as far as they are. */
  readonly buffer?: string | undefined
}

/**
 * Looks the row of a table up for each record of a stream, as it is at that moment; versioned tables answer as of the
 * record's time. Records without value are dropped and counted; records without key as well, unless the join is a left one.
 */
export const lookup = <K, V, V2, R, K2 = K>(
  rows: Getter,
  joiner: ValueJoiner<K, V, V2 | null, R>,
  { left, mapper, buffer }: LookupOptions<K, V, K2>,
): NodeOperator<StreamRecord<K, V>, StreamRecord<K, R>> =>
  operator((emit, context) => {
    const table = rows.open(context) as unknown as ValueGetter<unknown, V2>
    const join = (record: StreamRecord<K, V>): void => {
      const { key, value, timestamp } = record
      const wanted: unknown = mapper === undefined ? key : mapper(value, key)
      const row = wanted === null ? null : table.versioned ? table.getAsOf(wanted, timestamp) : table.get(wanted)
      if (row !== null || left) emit(record.withValue(joiner(value, row === null ? null : row.value, key)))
    }
    const { task } = context
    const waiting = buffer === undefined ? undefined : context.store<LookupBuffer<K, V>>(buffer)
    const joinLater = (record: StreamRecord<K, V>, from: Origin | undefined): void => {
      const { origin, record: current } = task
      task.origin = from
      task.record = record
      try {
        join(record)
      } finally {
        task.origin = origin
        task.record = current
      }
    }
    return (record) => {
      const { key, value } = record
      const missing = mapper === undefined ? key === null : mapper(value, key) === null
      if (value === null || (missing && !left)) return task.drop('null-key-or-value')
      if (waiting === undefined || missing) return join(record)
      if (!waiting.put(record)) join(record)
      waiting.release(joinLater)
    }
  })
