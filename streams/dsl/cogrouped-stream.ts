import { storeGetter } from '../operators/getter.ts'
import { passThrough } from '../operators/peek.ts'
import type { SessionWindows, SlidingWindows, TimeWindows } from '../operators/windows.ts'
import type { Windowed } from '../state/windowed.ts'
import type { PlanNode } from '../topology/plan.ts'
import type { Grouping, Shape } from './aggregation.ts'
import { keep, unwindowed, windowed } from './aggregation.ts'
import { grouping } from './grouping.ts'
import type { MaterializedOptions } from './materialized.ts'
import type { Parts } from './parts.ts'
import type { KTable } from './table.ts'

/** A stream's share in a common aggregate. */
interface Member {
  readonly grouping: Grouping
  readonly add: (aggregate: never, value: never, key: never) => unknown
}

/** A grouped stream, as far as a cogroup needs it. */
interface Groupable<K, V> {
  readonly [grouping]: Grouping
  /** Never there: ties the types. */
  readonly types?: readonly [K, V]
}

/** How a common aggregate begins and is kept. */
export interface CogroupOptions<K, A> extends MaterializedOptions<K, A> {
  readonly init: () => A
}

/** The same over sessions, two of which may become one. */
export interface SessionCogroupOptions<K, A> extends CogroupOptions<K, A> {
  readonly merge: (aggregate: A, other: A, key: K) => A | null
}

/** Grouped streams that add to one aggregate, each in its own way. */
export class CogroupedKStream<K, A> {
  readonly #members: readonly Member[]

  /** @internal */
  constructor(members: readonly Member[]) {
    this.#members = members
  }

  /** One more stream, with how its values are added. */
  cogroup<V>(stream: Groupable<K, V>, add: (aggregate: A, value: V, key: K) => A | null): CogroupedKStream<K, A> {
    const member = { grouping: stream[grouping], add }
    const known = this.#members.findIndex((each) => each.grouping === member.grouping)
    return new CogroupedKStream(known < 0 ? [...this.#members, member] : this.#members.with(known, member))
  }

  /** The aggregate as a table. */
  aggregate(options: CogroupOptions<K, A>): KTable<K, A> {
    const table = addCogroup(this.#members, unwindowed, { init: options.init }, options)
    return table.plan.make.table(table)
  }

  /** Aggregates by windows as well. */
  windowedBy(windows: TimeWindows | SlidingWindows): WindowedCogroupedKStream<K, A, CogroupOptions<K, A>>
  windowedBy(windows: SessionWindows): WindowedCogroupedKStream<K, A, SessionCogroupOptions<K, A>>
  windowedBy(
    windows: TimeWindows | SlidingWindows | SessionWindows,
  ): WindowedCogroupedKStream<K, A, SessionCogroupOptions<K, A>> {
    return new WindowedCogroupedKStream(this.#members, windowed(windows, 'update'))
  }
}

/** The same, by windows. */
export class WindowedCogroupedKStream<K, A, Options extends CogroupOptions<K, A>> {
  readonly #members: readonly Member[]
  readonly #shape: Shape

  /** @internal */
  constructor(members: readonly Member[], shape: Shape) {
    this.#members = members
    this.#shape = shape
  }

  /** The aggregate as a table. */
  aggregate(options: Options): KTable<Windowed<K>, A> {
    const { init, merge } = options as Partial<SessionCogroupOptions<K, A>>
    const table = addCogroup(this.#members, this.#shape, { init, merge }, options)
    return table.plan.make.table(table)
  }
}

/** Writes one aggregation per stream down, all with one store, and the node where they meet. */
function addCogroup(
  members: readonly Member[],
  shape: Shape,
  fold: object,
  options: MaterializedOptions<unknown, unknown>,
): Parts {
  const source = members[0]!.grouping.source
  const { plan } = source
  const { store, key, queryable } = keep(source, 'COGROUPKSTREAM-AGGREGATE-', shape, source.key, options)
  const parents = members.map((member) => member.grouping.partitioned(store.name))
  const sources = plan.copartition(
    ...members.map(({ grouping: { source: each } }, i) =>
      parents[i] === each.node ? each.sources : new Set([parents[i]!.name]),
    ),
  )
  const nodes = members.map(({ add }, i): PlanNode =>
    plan.add({
      kind: 'processor',
      name: plan.naming.named(options.name, 'COGROUPKSTREAM-AGGREGATE-', `-cogroup-agg-${i}`),
      parents: [parents[i]!],
      operator: ({ sendsOldValues }) =>
        shape.operator({ ...fold, add } as never, { store: store.name, sendOldValues: sendsOldValues }),
      store,
      outputVersioned: store.kind === 'versionedKeyValue',
      table: { parents: [], store, lazy: false },
      ...(shape.graceMs !== undefined && { graceMs: shape.graceMs }),
    }),
  )
  const name = plan.naming.named(options.name, 'COGROUPKSTREAM-MERGE-', '-cogroup-merge')
  const node = plan.add({
    kind: 'processor',
    name,
    parents: nodes,
    operator: () => passThrough(),
    table: { parents: nodes, store: undefined, lazy: false, view: () => storeGetter(store.name) },
  })
  return { plan, node, name, key, value: store.value, sources, rekeyed: false, queryable }
}
