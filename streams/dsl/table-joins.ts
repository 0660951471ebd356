import type { RowJoiner } from '../operators/table-join.ts'
import { joinedGetter, tableJoin, tableJoinMerge } from '../operators/table-join.ts'
import { storeGetter } from '../operators/getter.ts'
import type { Demand, Resolved } from '../topology/plan.ts'
import type { JoinKind } from './joins.ts'
import type { MaterializedOptions } from './materialized.ts'
import { speaksOfStore, storeName, storeOptions, storePlan } from './materialized.ts'
import type { Parts } from './parts.ts'

/** Writes a join of two tables by key down and returns the parts of the table behind it. */
export function addTableJoin<K, V, V2, R>(
  kind: JoinKind,
  left: Parts,
  right: Parts,
  joiner: RowJoiner<V, V2, R>,
  options: MaterializedOptions<K, R>,
): Parts {
  const { plan } = left
  const wishes = storeOptions(options.store)
  const stored = speaksOfStore(options) ? storeName(plan, wishes, 'KTABLE-MERGE-') : undefined
  const name = plan.naming.named(options.name, 'KTABLE-MERGE-')
  const sources = plan.copartition(left.sources, right.sources)
  const joinNames = [
    plan.naming.named(options.name, 'KTABLE-JOINTHIS-', '-join-this'),
    plan.naming.named(options.name, 'KTABLE-JOINOTHER-', '-join-other'),
  ] as const
  const key = options.key ?? left.key
  const store =
    stored === undefined
      ? undefined
      : storePlan(stored, wishes, { kind: 'timestampedKeyValue', key, value: options.value })
  const outer = { left: kind !== 'inner', right: kind === 'outer' }
  const demands: Demand[] = [
    ...(outer.left ? [{ table: left.node, wants: 'force' } as const] : []),
    ...(outer.right ? [{ table: right.node, wants: 'force' } as const] : []),
    { table: left.node, wants: 'getter' },
    { table: right.node, wants: 'getter' },
  ]
  const node = plan.add({
    kind: 'tableJoin',
    name,
    parents: left.node === right.node ? [left.node] : [left.node, right.node],
    sides: [left.node, right.node],
    joinNames,
    operators: [
      ({ getters, sendsOldValues, versioned }: Resolved) =>
        tableJoin<K, V, V2, R>(getters[1]!, joiner, {
          outer: outer.left,
          otherOuter: outer.right,
          sendsOldValues,
          versioned: versioned[0] === true,
        }),
      ({ getters, sendsOldValues, versioned }: Resolved) =>
        tableJoin<K, V2, V, R>(getters[0]!, (value, other) => joiner(other, value), {
          outer: outer.right,
          otherOuter: outer.left,
          sendsOldValues,
          versioned: (versioned[1] ?? versioned[0]) === true,
        }),
    ],
    merge: ({ store: own, sendsOldValues }: Resolved) => tableJoinMerge<K, R>({ store: own, sendsOldValues }),
    demands,
    outputVersioned: store?.kind === 'versionedKeyValue',
    table: {
      parents: [left.node, right.node],
      store,
      lazy: false,
      forcesParents: true,
      view: ([lefts, rights]) =>
        store === undefined ? joinedGetter(lefts!, rights!, joiner, outer) : storeGetter(store.name),
    },
  })
  return { plan, node, name, key, value: options.value, sources, rekeyed: false, queryable: stored }
}
