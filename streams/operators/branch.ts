import type { StreamRecord } from '../record.ts'
import type { Predicate } from './filter.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'

/** One way out of a split: the node that stands for it, and its question; the default branch has none. */
export interface Branch<K, V> {
  readonly child: string
  readonly predicate: Predicate<K, V> | undefined
}

/** Sends each record to the first branch whose predicate holds, else to the default branch, else nowhere. */
export const branch = <K, V>(branches: readonly Branch<K, V>[]): NodeOperator<StreamRecord<K, V>, StreamRecord<K, V>> =>
  operator((_, context) => {
    const outs = branches.map(({ child, predicate }) => ({ predicate, emit: context.emitTo(child) }))
    return (record) => {
      for (const { predicate, emit } of outs) {
        if (predicate !== undefined && !predicate(record.value, record.key)) continue
        emit(record)
        return
      }
    }
  })
