import type { Serde } from '#core/serde/serde.ts'
import { tableSource } from '../operators/table-source.ts'
import type { StorePlan } from '../state/store.ts'
import type { TimestampExtractor } from '../topology/node.ts'
import type { Resolved } from '../topology/plan.ts'
import type { MaterializedOptions, StoreOptions } from './materialized.ts'
import { storeName, storeOptions, storePlan } from './materialized.ts'
import type { Parts } from './parts.ts'
import type { PlanBuilder } from './plan-builder.ts'
import type { SourceOptions, Topic } from './topic.ts'

const readTable = ({ store, sendsOldValues }: Resolved) => tableSource({ store, sendsOldValues })

/** A table's own traits: its store comes to be when it was named, or when a later node needs it. */
const sourceTraits = (store: StorePlan, named: boolean) => ({
  outputVersioned: store.kind === 'versionedKeyValue',
  table: { parents: [], store, lazy: !named },
})

/** Writes down a topic read as a table and returns the parts of the table. */
export function addTable<K, V>(
  plan: PlanBuilder,
  topic: Topic<K, V>,
  options: SourceOptions & { readonly store?: string | StoreOptions },
): Parts {
  const key = topic.key as Serde<unknown>
  const value = topic.value as Serde<unknown>
  const wishes = storeOptions(options.store)
  const store = storePlan(storeName(plan, wishes, `${topic.name}-`), wishes, {
    kind: 'timestampedKeyValue',
    key,
    value,
  })
  const sourceName = plan.naming.named(options.name, 'KSTREAM-SOURCE-', '-source')
  const name = plan.naming.named(options.name, 'KTABLE-SOURCE-')
  const node = plan.add({
    kind: 'tableSource',
    name,
    parents: [],
    sourceName,
    topic: topic.name,
    key,
    value,
    timestamp: topic.timestamp as TimestampExtractor | undefined,
    reset: options.reset,
    operator: readTable,
    ...sourceTraits(store, wishes.name !== undefined),
  })
  return { plan, node, name, key, value, sources: new Set([sourceName]), rekeyed: false, queryable: wishes.name }
}

/** Writes down a stream read as a table, repartitioned before if its key has changed. */
export function addToTable<K, V>(source: Parts, options: MaterializedOptions<K, V>): Parts {
  const { plan } = source
  const wishes = storeOptions(options.store)
  const name = plan.naming.named(options.name, 'KSTREAM-TOTABLE-')
  const storeNamed = storeName(plan, wishes, 'KSTREAM-TOTABLE-')
  const key = (options.key as Serde<unknown> | undefined) ?? source.key
  const value = (options.value as Serde<unknown> | undefined) ?? source.value
  const store = storePlan(storeNamed, wishes, { kind: 'timestampedKeyValue', key, value })
  const parent = source.rekeyed
    ? plan.add(plan.repartition({ prefix: name, parents: [source.node], key, value, mergeable: true }))
    : source.node
  const node = plan.add({
    kind: 'processor',
    name,
    parents: [parent],
    operator: readTable,
    ...sourceTraits(store, wishes.name !== undefined),
  })
  const sources = source.rekeyed ? new Set([parent.name]) : source.sources
  return { plan, node, name, key, value, sources, rekeyed: false, queryable: wishes.name }
}
