import type { Serde } from '#core/serde/serde.ts'
import type { Predicate } from '../operators/filter.ts'
import { storeGetter } from '../operators/getter.ts'
import type { ForeignKeyMapper } from '../operators/foreign-key-join.ts'
import type { Entry, KeyMapper, ValueMapper } from '../operators/map.ts'
import { regroup } from '../operators/table-aggregate.ts'
import type { RowJoiner } from '../operators/table-join.ts'
import {
  filterTable,
  mappedGetter,
  mapTableValues,
  toStream,
  transformedGetter,
  transformTableValues,
} from '../operators/table-map.ts'
import type { StorePlan } from '../state/store.ts'
import { checkName } from '../topology/naming.ts'
import type { PlanNode } from '../topology/plan.ts'
import type { GroupedOptions } from './aggregation.ts'
import type { ForeignKeyJoinOptions } from './foreign-key-joins.ts'
import { addForeignKeyJoin } from './foreign-key-joins.ts'
import { KGroupedTable } from './grouped-table.ts'
import type { MaterializedOptions, StoreOptions } from './materialized.ts'
import { speaksOfStore, storeOptions, storePlan } from './materialized.ts'
import type { NameOption, Parts } from './parts.ts'
import { parts } from './parts.ts'
import type { KStream } from './stream.ts'
import type { Suppression } from './suppression.ts'
import { addSuppression } from './suppression.ts'
import { addTableJoin } from './table-joins.ts'

/**
 * A table: for each key the latest row, as a description. Its changes flow like a stream; a row without value is a
 * deletion, which functions are not asked about.
 */
export class KTable<K, V> {
  /** @internal */
  readonly [parts]: Parts
  declare protected readonly types: readonly [K, V]

  /** @internal */
  constructor(given: Parts) {
    this[parts] = given
  }

  /** Name of the store that the rows can be read from by that name, if the table was given one. */
  get storeName(): string | undefined {
    return this[parts].queryable
  }

  /** Keeps the rows for which `predicate` is true; others become deletions. */
  filter(predicate: Predicate<K, V>, options: MaterializedOptions<K, V> = {}): KTable<K, V> {
    return this.#filter(predicate, options)
  }

  /** Keeps the rows for which `predicate` is false. */
  filterNot(predicate: Predicate<K, V>, options: MaterializedOptions<K, V> = {}): KTable<K, V> {
    return this.#filter((value, key) => !predicate(value, key), options)
  }

  /** Replaces the value of each row. Without a store the rows are computed anew whenever they are looked up. */
  mapValues<V2>(mapper: ValueMapper<K, V, V2>, options: MaterializedOptions<K, V2> = {}): KTable<K, V2> {
    const { plan, node: before, key } = this[parts]
    const { store, name } = this.#derived('KTABLE-MAPVALUES-', options, options.value)
    const node = plan.add({
      kind: 'processor',
      name,
      parents: [before],
      operator: ({ sendsOldValues, store: own }) => mapTableValues(mapper, { store: own, sendsOldValues }),
      ...(store !== undefined && { store }),
      ...versionedBy(options),
      table: derivedTable(before, store, (value: V, rowKey: K) => mapper(value, rowKey)),
    })
    return this.#next(node, { key: options.key ?? key, value: options.value, queryable: store?.name })
  }

  /** The changes as a stream. With `mapper` their keys are replaced; the next operation by key then repartitions. */
  toStream<K2>(mapper: KeyMapper<K, V, K2>, options?: NameOption & { readonly key?: Serde<K2> }): KStream<K2, V>
  toStream(options?: NameOption): KStream<K, V>
  toStream<K2>(
    first: NameOption | KeyMapper<K, V, K2> = {},
    options: NameOption & { readonly key?: Serde<K2> } = {},
  ): KStream<K, V> | KStream<K2, V> {
    const { plan, node: before } = this[parts]
    const given = typeof first === 'function' ? options : first
    const name = plan.naming.named(given.name, 'KTABLE-TOSTREAM-')
    const node = plan.add({ kind: 'processor', name, parents: [before], operator: () => toStream<K, V>() })
    const stream = plan.make.stream<K, V>({ ...this[parts], node, name, rekeyed: false, queryable: undefined })
    if (typeof first !== 'function') return stream
    return stream.selectKey(first as KeyMapper<K, V, K2>, options.key === undefined ? {} : { key: options.key })
  }

  /** As `mapValues`, but `mapper` is also asked about rows that are deleted. */
  transformValues<V2>(
    mapper: ValueMapper<K, V | null, V2 | null>,
    options: MaterializedOptions<K, V2> = {},
  ): KTable<K, V2> {
    const { plan, node: before, key } = this[parts]
    const wishes = storeOptions(options.store)
    const name = plan.naming.named(options.name, 'KTABLE-TRANSFORMVALUES-')
    const needs = { kind: 'timestampedKeyValue' as const, key: options.key ?? key, value: options.value }
    const store = wishes.name === undefined ? undefined : storePlan(checkName(wishes.name), wishes, needs)
    const node = plan.add({
      kind: 'processor',
      name,
      parents: [before],
      operator: ({ sendsOldValues, store: own }) => transformTableValues(mapper, { store: own, sendsOldValues }),
      ...(store !== undefined && { store }),
      ...versionedBy(options),
      table: {
        parents: [before],
        store,
        lazy: false,
        view: (parents) => (store === undefined ? transformedGetter(parents[0]!, mapper) : storeGetter(store.name)),
      },
    })
    return this.#next(node, { key: options.key ?? key, value: options.value, queryable: store?.name })
  }

  /** Gives each row a new key and value, to be aggregated by that key. A repartition topic comes between. */
  groupBy<K2, V2>(
    mapper: (value: V, key: K) => Entry<K2, V2>,
    options: GroupedOptions<K2, V2> = {},
  ): KGroupedTable<K2, V2> {
    const { plan, node: before } = this[parts]
    const name = plan.naming.named(options.name, 'KTABLE-SELECT-')
    const node = plan.add({
      kind: 'processor',
      name,
      parents: [before],
      operator: ({ versioned }) => regroup(mapper, { versioned: versioned[0] === true }),
      demands: [{ table: before, wants: 'force' }],
    })
    return new KGroupedTable({ ...this[parts], node, name, key: options.key, value: options.value }, options.name)
  }

  /** Joins with the rows of another table that have the same key. */
  join<V2, R>(
    other: KTable<K, V2>,
    joiner: (value: V, other: V2) => R | null,
    options: MaterializedOptions<K, R> = {},
  ): KTable<K, R> {
    return new KTable(addTableJoin('inner', this[parts], other[parts], joiner as RowJoiner<V, V2, R>, options))
  }

  /** As `join`; rows of this table without a match come out as well, with null for the other. */
  leftJoin<V2, R>(
    other: KTable<K, V2>,
    joiner: (value: V, other: V2 | null) => R | null,
    options: MaterializedOptions<K, R> = {},
  ): KTable<K, R> {
    return new KTable(addTableJoin('left', this[parts], other[parts], joiner as RowJoiner<V, V2, R>, options))
  }

  /** As `join`; rows of both tables without a match come out as well, with null for the other. */
  outerJoin<V2, R>(
    other: KTable<K, V2>,
    joiner: RowJoiner<V, V2, R>,
    options: MaterializedOptions<K, R> = {},
  ): KTable<K, R> {
    return new KTable(addTableJoin('outer', this[parts], other[parts], joiner, options))
  }

  /**
   * Joins with the rows of another table whose key each row of this one names. A change on either side changes all results
   * that it has a part in. With `left`, rows whose other side is missing come out as well, with null for it.
   */
  foreignKeyJoin<FK, V2, R>(
    other: KTable<FK, V2>,
    foreignKey: ForeignKeyMapper<K, V, FK>,
    joiner: (value: V, other: V2) => R | null,
    options?: ForeignKeyJoinOptions<K, R> & { readonly left?: false },
  ): KTable<K, R>
  foreignKeyJoin<FK, V2, R>(
    other: KTable<FK, V2>,
    foreignKey: ForeignKeyMapper<K, V, FK>,
    joiner: (value: V, other: V2 | null) => R | null,
    options: ForeignKeyJoinOptions<K, R> & { readonly left: true },
  ): KTable<K, R>
  foreignKeyJoin<FK, V2, R>(
    other: KTable<FK, V2>,
    foreignKey: ForeignKeyMapper<K, V, FK>,
    joiner: (value: V, other: never) => R | null,
    options: ForeignKeyJoinOptions<K, R> = {},
  ): KTable<K, R> {
    return new KTable(addForeignKeyJoin(this[parts], other[parts], foreignKey, joiner as never, options))
  }

  /** Holds changes back until their window has closed, or for a time. */
  suppress(options: Suppression): KTable<K, V> {
    return new KTable(addSuppression(this[parts], options))
  }

  #filter(predicate: Predicate<K, V>, options: MaterializedOptions<K, V>): KTable<K, V> {
    const { plan, node: before, key, value: inherited } = this[parts]
    const value = options.value ?? (inherited as Serde<V> | undefined)
    const { store, name } = this.#derived('KTABLE-FILTER-', options, value)
    const node = plan.add({
      kind: 'processor',
      name,
      parents: [before],
      operator: ({ sendsOldValues, store: own, versioned }) =>
        filterTable(predicate, { store: own, sendsOldValues, versioned: versioned[0] === true }),
      ...(store !== undefined && { store }),
      ...versionedBy(options),
      // Where rows are at hand anyway, old values keep deletions of rows that never were from going on.
      demands: [{ table: before, wants: 'ask' }],
      table: derivedTable(before, store, (row: V, rowKey: K) => (predicate(row, rowKey) ? row : null)),
    })
    return this.#next(node, { key: options.key ?? key, value, queryable: store?.name })
  }

  /** Name and, if one was asked for by name, store of a computed table. Unnamed stores only use up a name. */
  #derived(prefix: string, options: MaterializedOptions<unknown, unknown>, value: Serde<unknown> | undefined) {
    const { plan, key } = this[parts]
    const wishes = storeOptions(options.store)
    if (speaksOfStore(options) && wishes.name === undefined) plan.naming.store(prefix)
    const name = plan.naming.named(options.name, prefix)
    if (wishes.name === undefined) return { name, store: undefined }
    const needs = { kind: 'timestampedKeyValue' as const, key: options.key ?? key, value }
    return { name, store: storePlan(checkName(wishes.name), wishes, needs) }
  }

  #next<V2>(node: PlanNode, changes: Pick<Parts, 'key' | 'value' | 'queryable'>): KTable<K, V2> {
    return new KTable<K, V2>({ ...this[parts], node, name: node.name, ...changes })
  }
}

function derivedTable<K, V, V2>(
  before: PlanNode,
  store: StorePlan | undefined,
  mapper: (value: V, key: K) => V2 | null,
) {
  return {
    parents: [before],
    store,
    lazy: false,
    view: (parents: readonly Parameters<typeof mappedGetter>[0][]) =>
      store === undefined ? mappedGetter(parents[0]!, mapper) : storeGetter(store.name),
  }
}

/** Rows of a store of their own are versions if that store is; others are what the rows before them are. */
function versionedBy(options: MaterializedOptions<unknown, unknown>): { readonly outputVersioned?: boolean } {
  const wishes: StoreOptions = storeOptions(options.store)
  return speaksOfStore(options) ? { outputVersioned: wishes.versioned !== undefined } : {}
}
