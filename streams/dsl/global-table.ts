import type { Serde } from '#core/serde/serde.ts'
import { tableSource } from '../operators/table-source.ts'
import type { TimestampExtractor } from '../topology/node.ts'
import type { StoreOptions } from './materialized.ts'
import { storeName, storeOptions, storePlan } from './materialized.ts'
import type { NameOption } from './parts.ts'
import type { PlanBuilder } from './plan-builder.ts'
import type { Topic } from './topic.ts'

/** A topic that every instance reads whole, to look rows up by any key. */
export class GlobalKTable<K, V> {
  /** Name of the store with the rows. */
  readonly storeName: string
  /** Never there: ties the types. */
  declare readonly types?: readonly [K, V]

  /** @internal */
  constructor(store: string) {
    this.storeName = store
  }
}

/** Writes a global table down. */
export function addGlobalTable<K, V>(
  plan: PlanBuilder,
  topic: Topic<K, V>,
  options: NameOption & { readonly store?: string | StoreOptions },
): GlobalKTable<K, V> {
  const key = topic.key as Serde<unknown>
  const value = topic.value as Serde<unknown>
  const wishes = { ...storeOptions(options.store), log: false, cache: false }
  const name = storeName(plan, wishes, `${topic.name}-`)
  const store = storePlan(name, wishes, { kind: 'timestampedKeyValue', key, value })
  plan.add({
    kind: 'globalTable',
    parents: [],
    sourceName: plan.naming.named(options.name, 'KSTREAM-SOURCE-', '-source'),
    name: plan.naming.named(options.name, 'KTABLE-SOURCE-'),
    topic: topic.name,
    key,
    value,
    timestamp: topic.timestamp as TimestampExtractor | undefined,
    store,
    operator: tableSource({ store: name, sendsOldValues: false }),
  })
  return new GlobalKTable(name)
}
