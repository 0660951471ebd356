import type { Serde } from '#core/serde/serde.ts'
import type { AutoOffsetReset } from '#core/client/client.ts'
import type { Getter } from '../operators/getter.ts'
import type { NodeOperator } from '../operators/operator.ts'
import type { StorePlan } from '../state/store.ts'
import type { SinkRoute, StreamPartitioner, TimestampExtractor } from './node.ts'

/**
 * What the DSL writes down: frozen nodes in the order of the calls, each knowing its parents. Nothing here runs.
 * `compile.ts` turns a plan into a topology; until then an optimisation may still move nodes.
 */
export type PlanNode =
  | SourcePlan
  | TableSourcePlan
  | GlobalTablePlan
  | StoreNodePlan
  | ProcessorPlan
  | RepartitionPlan
  | SinkPlan
  | StreamJoinPlan
  | TableJoinPlan

interface PlanBase {
  /** The processor that later nodes attach to. */
  readonly name: string
  /** Nothing here: the node reads a topic or is a store. */
  readonly parents: readonly PlanNode[]
  /** A key-based operation behind this node must repartition. */
  readonly keyChanging?: boolean
  readonly valueChanging?: boolean
  readonly merging?: boolean
  /** A left or outer join: null keys must be able to reach it. */
  readonly relaxedNullKey?: boolean
  /** Whether the rows that come out are versions of a versioned store; undefined: as the parents' rows. */
  readonly outputVersioned?: boolean
  /** Aggregations over windows: how long after a window's end rows may still change, ms. */
  readonly graceMs?: number
  /** Asks that this node makes of tables, settled in the order of the calls. */
  readonly demands?: readonly Demand[]
  /** For nodes whose output is a table. */
  readonly table?: TablePlan
}

/** Something a node wants of a table before it. */
export interface Demand {
  readonly table: PlanNode
  /** `getter`: to look rows up. `ask`: old values if that costs no store. `force`: old values in any case. */
  readonly wants: 'getter' | 'ask' | 'force'
}

/** How a table can answer demands. */
export interface TablePlan {
  /** Tables that this one is computed from; empty: it comes from its own store. */
  readonly parents: readonly PlanNode[]
  readonly store: StorePlan | undefined
  /** The store comes to be only when a demand needs it. */
  readonly lazy: boolean
  /** Makes a getter of the parents' getters, or of the store. Missing: the store's rows are the table's rows. */
  readonly view?: (parents: readonly Getter[]) => Getter
  /** Old values of the result need those of both parents, whatever that costs (joins). */
  readonly forcesParents?: boolean
  /** The store is not a view on the table (a suppression buffer): demands go to the parents. */
  readonly opaque?: boolean
}

/** What compile knows of a node when it makes its operator. */
export interface Resolved {
  /** Later nodes want the old value with each change. */
  readonly sendsOldValues: boolean
  /** Name of the table's store if it has come to be. */
  readonly store: string | undefined
  /** Getters for the demands with `wants: 'getter'`, in their order. */
  readonly getters: readonly Getter[]
  /** For each parent: whether its rows are versions. */
  readonly versioned: readonly boolean[]
}

/** A node that reads topics. */
export interface SourcePlan extends PlanBase {
  readonly kind: 'source'
  readonly topics: readonly string[] | RegExp
  readonly key: Serde<unknown> | undefined
  readonly value: Serde<unknown> | undefined
  readonly timestamp: TimestampExtractor | undefined
  readonly reset: AutoOffsetReset | undefined
}

/** A topic read as a table: a source and the processor that keeps the rows. */
export interface TableSourcePlan extends PlanBase {
  readonly kind: 'tableSource'
  readonly sourceName: string
  readonly topic: string
  readonly key: Serde<unknown> | undefined
  readonly value: Serde<unknown> | undefined
  readonly timestamp: TimestampExtractor | undefined
  readonly reset: AutoOffsetReset | undefined
  readonly operator: (resolved: Resolved) => NodeOperator
}

/** A topic that every instance reads whole. */
export interface GlobalTablePlan extends PlanBase {
  readonly kind: 'globalTable'
  readonly sourceName: string
  readonly topic: string
  readonly key: Serde<unknown> | undefined
  readonly value: Serde<unknown> | undefined
  readonly timestamp: TimestampExtractor | undefined
  readonly store: StorePlan
  readonly operator: NodeOperator
}

/** A store that the user adds for his processors. */
export interface StoreNodePlan extends PlanBase {
  readonly kind: 'store'
  readonly store: StorePlan
}

/** Any operator between sources and sinks. */
export interface ProcessorPlan extends PlanBase {
  readonly kind: 'processor'
  readonly operator: (resolved: Resolved) => NodeOperator
  /** It sends records to single children by name. */
  readonly routes?: boolean
  /** Stores that exist already and are used here. */
  readonly stores?: readonly string[]
  /** The tables looked up must be versioned and remember this much, ms. */
  readonly historyMs?: number
  /** A store that comes with the node. */
  readonly store?: StorePlan
}

/** A sink to an internal topic and the source that reads it back. `name` is the source. */
export interface RepartitionPlan extends PlanBase {
  readonly kind: 'repartition'
  /** Without the application id. */
  readonly topic: string
  readonly sinkName: string
  /** The processor before the sink that drops null keys; undefined for regrouped tables, which have none. */
  readonly filterName: string | undefined
  readonly key: Serde<unknown> | undefined
  readonly value: Serde<unknown> | undefined
  readonly partitions: number | undefined
  readonly partitioner: StreamPartitioner | undefined
  /** Several of these behind one key change may be merged into one topic. */
  readonly mergeable: boolean
}

/** A way out to a topic. */
export interface SinkPlan extends PlanBase {
  readonly kind: 'sink'
  readonly topic: string | SinkRoute
  /** The topic is the application's own. */
  readonly internal?: boolean
  readonly key: Serde<unknown> | undefined
  readonly value: Serde<unknown> | undefined
  readonly partitioner: StreamPartitioner | undefined
}

/** The joining half of a stream-stream join; the windowed halves are processors of their own. `name` is the merge. */
export interface StreamJoinPlan extends PlanBase {
  readonly kind: 'streamJoin'
  readonly windowedNames: readonly [left: string, right: string]
  readonly joinNames: readonly [left: string, right: string]
  readonly stores: readonly [left: StorePlan, right: StorePlan]
  /** Rows without a match so far; left and outer joins only. */
  readonly outerStore: StorePlan | undefined
  readonly operators: readonly [left: NodeOperator, right: NodeOperator]
  /** Takes the place of all of it when both sides are the same stream and the optimisation is on. */
  readonly selfJoin: NodeOperator
}

/** A join of two tables by key. `name` is the merge. */
export interface TableJoinPlan extends PlanBase {
  readonly kind: 'tableJoin'
  readonly sides: readonly [left: PlanNode, right: PlanNode]
  readonly joinNames: readonly [left: string, right: string]
  readonly operators: readonly [left: (resolved: Resolved) => NodeOperator, right: (resolved: Resolved) => NodeOperator]
  readonly merge: (resolved: Resolved) => NodeOperator
}

/** A whole plan. */
export interface Plan {
  readonly nodes: readonly PlanNode[]
  /** Names of sources whose topics must have equal partition counts. */
  readonly copartitions: readonly ReadonlySet<string>[]
  readonly defaults: DefaultSerdes
}

/** Serdes for places where none is known. */
export interface DefaultSerdes {
  readonly key?: Serde<unknown> | undefined
  readonly value?: Serde<unknown> | undefined
}
