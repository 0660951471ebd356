import type { StateStore, ValueAndTimestamp } from '../state/store.ts'
import type { NodeContext } from './operator.ts'

/** Looks up rows of a table, whether it has a store of its own or is computed from another's. */
export interface ValueGetter<K, V> {
  get(key: K): ValueAndTimestamp<V> | null
  /** The row as it was at that time; versioned tables only. */
  getAsOf(key: K, timestamp: number): ValueAndTimestamp<V> | null
  readonly versioned: boolean
}

/** A getter before there is a task: the stores it needs, and how to open it. */
export interface Getter<K = never, V = unknown> {
  readonly stores: readonly string[]
  open(context: NodeContext): ValueGetter<K, V>
}

/** Rows straight from a table's store. */
export const storeGetter = (name: string): Getter => ({
  stores: [name],
  open: (context) => context.store<StateStore & ValueGetter<never, unknown>>(name),
})
