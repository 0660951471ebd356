import { Change, StreamRecord } from '../record.ts'
import type { TableStore } from '../state/table-store.ts'
import { forwarder } from './forwarder.ts'
import type { Getter, ValueGetter } from './getter.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'
import type { TableOptions } from './table-source.ts'

/** Makes one value of the values of two rows. */
export type RowJoiner<V, V2, R> = (value: V | null, other: V2 | null) => R | null

/** One side of a join of two tables. */
export interface TableSide {
  /** Rows of this side come out without a row on the other. */
  readonly outer: boolean
  /** Rows of the other side come out without a row on this one. */
  readonly otherOuter: boolean
  readonly sendsOldValues: boolean
  /** This side's rows are versions: those that are not the latest do not count. */
  readonly versioned: boolean
}

/**
 * Joins each change of one table with the row of the other. The result is as new as the newer of both. Deleting a row
 * deletes the result, unless the other side's rows come out by themselves.
 */
export const tableJoin = <K, V, V2, R>(
  others: Getter,
  joiner: RowJoiner<V, V2, R>,
  { outer, otherOuter, sendsOldValues, versioned }: TableSide,
): NodeOperator<StreamRecord<K, Change<V>>, StreamRecord<K, Change<R>>> =>
  operator((emit, context) => {
    const rows = others.open(context) as unknown as ValueGetter<K, V2>
    return ({ key, value, timestamp, headers }) => {
      const { newValue, oldValue, isLatest } = value
      if (key === null) return context.task.drop('null-key')
      if (versioned && !isLatest) return context.task.drop('late')
      const other = rows.get(key)
      if (other === null && (!outer || (newValue === null && oldValue === null))) return
      const join = (mine: V | null): R | null =>
        mine === null && (other === null || !otherOuter) ? null : joiner(mine, other === null ? null : other.value)
      const latest = other === null ? timestamp : Math.max(timestamp, other.timestamp)
      const change = new Change(join(newValue), sendsOldValues ? join(oldValue) : null, isLatest)
      emit(new StreamRecord(key, change, latest, headers))
    }
  })

/** Where both sides of a table join meet, with the store of the result if it has one. */
export const tableJoinMerge = <K, R>({
  store: name,
  sendsOldValues,
}: TableOptions): NodeOperator<StreamRecord<K, Change<R>>, StreamRecord<K, Change<R>>> =>
  operator((emit, context) => {
    if (name === undefined) {
      return (record) => {
        const { newValue, oldValue, isLatest } = record.value
        emit(sendsOldValues || oldValue === null ? record : record.withValue(new Change(newValue, null, isLatest)))
      }
    }
    const store = context.store<TableStore<K, R>>(name)
    const forward = forwarder(store, emit, sendsOldValues)
    return ({ key, value, timestamp, headers }) => {
      const result = store.put(key, value.newValue, timestamp)
      if (result !== 'refused') forward(key, value.newValue, value.oldValue, timestamp, headers, result === 'latest')
    }
  })

/** Joined rows on the fly, for results without a store. */
export const joinedGetter = <K, V, V2, R>(
  left: Getter,
  right: Getter,
  joiner: RowJoiner<V, V2, R>,
  outer: { readonly left: boolean; readonly right: boolean },
): Getter => ({
  stores: [...new Set([...left.stores, ...right.stores])],
  open: (context) => {
    const lefts = left.open(context) as unknown as ValueGetter<K, V>
    const rights = right.open(context) as unknown as ValueGetter<K, V2>
    const get = (key: K) => {
      const mine = lefts.get(key)
      const other = rights.get(key)
      if ((mine === null && (!outer.right || other === null)) || (other === null && !outer.left)) return null
      const value = joiner(mine === null ? null : mine.value, other === null ? null : other.value)
      return value === null ? null : { value, timestamp: Math.max(mine?.timestamp ?? -1, other?.timestamp ?? -1) }
    }
    return { get, getAsOf: get, versioned: false }
  },
})
