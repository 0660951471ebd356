import type { OperatorFunction } from 'rxjs'
import type { Serde } from '#core/serde/serde.ts'
import type { Predicate } from '../operators/filter.ts'
import { filter, filterNot } from '../operators/filter.ts'
import { flatMap, flatMapValues } from '../operators/flat-map.ts'
import type { ValueJoiner } from '../operators/lookup.ts'
import type { Entry, KeyMapper, ValueMapper } from '../operators/map.ts'
import { map, mapValues, selectKey } from '../operators/map.ts'
import type { NodeOperator } from '../operators/operator.ts'
import type { Action } from '../operators/peek.ts'
import { foreach, passThrough, peek } from '../operators/peek.ts'
import type { ProcessorFactory } from '../operators/process.ts'
import { process } from '../operators/process.ts'
import { rxStage } from '../operators/rx-stage.ts'
import type { StreamRecord } from '../record.ts'
import { checkName } from '../topology/naming.ts'
import type { SinkRoute } from '../topology/node.ts'
import type { PlanNode, ProcessorPlan, RepartitionPlan } from '../topology/plan.ts'
import { BranchedStream } from './branches.ts'
import type { GroupedOptions } from './aggregation.ts'
import { KGroupedStream } from './grouped-stream.ts'
import type { GlobalKTable } from './global-table.ts'
import type { JoinKind, LookupOptions, StreamJoinOptions } from './joins.ts'
import { addGlobalLookup, addLookup, addStreamJoin } from './joins.ts'
import type { MaterializedOptions } from './materialized.ts'
import type { KeyValueOption, NameOption, Parts, ValueOption } from './parts.ts'
import { parts } from './parts.ts'
import type { RepartitionOptions, RouteOptions, SinkOptions, StoresOption } from './stream-options.ts'
import type { KTable } from './table.ts'
import { addToTable } from './to-table.ts'
import type { SinkTopic } from './topic.ts'

type ProcessorTraits = Partial<Pick<ProcessorPlan, 'keyChanging' | 'valueChanging' | 'merging'>>

/**
 * A stream of records, as a description: each call adds a node to the plan and returns the stream behind it. Functions
 * take the value first, then the key; both may be null where a record has none.
 */
export class KStream<K, V> {
  /** @internal */
  readonly [parts]: Parts
  #joinTopic: RepartitionPlan | undefined

  /** @internal */
  constructor(given: Parts) {
    this[parts] = given
  }

  /** Keeps the records for which `predicate` is true. */
  filter<V2 extends V>(predicate: (value: V, key: K) => value is V2, options?: NameOption): KStream<K, V2>
  filter(predicate: Predicate<K, V>, options?: NameOption): KStream<K, V>
  filter(predicate: Predicate<K, V>, options: NameOption = {}): KStream<K, V> {
    return this.#same('KSTREAM-FILTER-', filter(predicate), options)
  }

  /** Keeps the records for which `predicate` is false. */
  filterNot(predicate: Predicate<K, V>, options: NameOption = {}): KStream<K, V> {
    return this.#same('KSTREAM-FILTER-', filterNot(predicate), options)
  }

  /** Replaces values; the key stays, so nothing is repartitioned later on because of this. */
  mapValues<V2>(mapper: ValueMapper<K, V, V2>, options: ValueOption<V2> = {}): KStream<K, V2> {
    return this.#values('KSTREAM-MAPVALUES-', mapValues(mapper), options)
  }

  /** Replaces each value by any number of values. */
  flatMapValues<V2>(mapper: ValueMapper<K, V, Iterable<V2>>, options: ValueOption<V2> = {}): KStream<K, V2> {
    return this.#values('KSTREAM-FLATMAPVALUES-', flatMapValues(mapper), options)
  }

  /** Replaces key and value. The next operation by key repartitions. */
  map<K2, V2>(mapper: (value: V, key: K) => Entry<K2, V2>, options: KeyValueOption<K2, V2> = {}): KStream<K2, V2> {
    return this.#rekeyed('KSTREAM-MAP-', map(mapper), options.value, options)
  }

  /** Replaces each record by any number of records. The next operation by key repartitions. */
  flatMap<K2, V2>(
    mapper: (value: V, key: K) => Iterable<Entry<K2, V2>>,
    options: KeyValueOption<K2, V2> = {},
  ): KStream<K2, V2> {
    return this.#rekeyed('KSTREAM-FLATMAP-', flatMap(mapper), options.value, options)
  }

  /** Replaces the key. The next operation by key repartitions. */
  selectKey<K2>(mapper: KeyMapper<K, V, K2>, options: NameOption & { readonly key?: Serde<K2> } = {}): KStream<K2, V> {
    return this.#rekeyed('KSTREAM-KEY-SELECT-', selectKey(mapper), this[parts].value as Serde<V> | undefined, options)
  }

  /** Looks at each record on its way. */
  peek(action: Action<K, V>, options: NameOption = {}): KStream<K, V> {
    return this.#same('KSTREAM-PEEK-', peek(action), options)
  }

  /** Does something with each record; the stream ends here. */
  foreach(action: Action<K, V>, options: NameOption = {}): void {
    this.#same('KSTREAM-FOREACH-', foreach(action), options)
  }

  /**
   * Runs RxJS operators as a node of the topology. They see `StreamRecord`s and may emit any, now or later. What they
   * hold in memory (`scan`, `bufferCount`, `delay`) is per task and gone after a restart; an error thrown in them goes
   * to the processing error handler and starts the stage anew. The next operation by key repartitions, unless
   * `keepsKey` says that keys stay as they are.
   */
  pipe<K2, V2>(
    operator: OperatorFunction<StreamRecord<K, V>, StreamRecord<K2, V2>>,
    options?: KeyValueOption<K2, V2> & { readonly keepsKey?: boolean },
  ): KStream<K2, V2>
  pipe<A, K2, V2>(
    first: OperatorFunction<StreamRecord<K, V>, A>,
    second: OperatorFunction<A, StreamRecord<K2, V2>>,
    options?: KeyValueOption<K2, V2> & { readonly keepsKey?: boolean },
  ): KStream<K2, V2>
  pipe<A, B, K2, V2>(
    first: OperatorFunction<StreamRecord<K, V>, A>,
    second: OperatorFunction<A, B>,
    third: OperatorFunction<B, StreamRecord<K2, V2>>,
    options?: KeyValueOption<K2, V2> & { readonly keepsKey?: boolean },
  ): KStream<K2, V2>
  pipe<A, B, C, K2, V2>(
    first: OperatorFunction<StreamRecord<K, V>, A>,
    second: OperatorFunction<A, B>,
    third: OperatorFunction<B, C>,
    fourth: OperatorFunction<C, StreamRecord<K2, V2>>,
    options?: KeyValueOption<K2, V2> & { readonly keepsKey?: boolean },
  ): KStream<K2, V2>
  pipe<K2, V2>(...args: readonly unknown[]): KStream<K2, V2> {
    const stages = args.filter((each) => typeof each === 'function') as OperatorFunction<unknown, unknown>[]
    const options = (args.find((each) => typeof each === 'object') ?? {}) as KeyValueOption<K2, V2> & {
      readonly keepsKey?: boolean
    }
    const keepsKey = options.keepsKey === true
    const key = options.key ?? (keepsKey ? this[parts].key : undefined)
    const operator = rxStage(stages)
    return this.#next('KSTREAM-PROCESSOR-', operator, options, keepsKey ? {} : { keyChanging: true }, {
      key,
      value: options.value,
      rekeyed: this[parts].rekeyed || !keepsKey,
    })
  }

  /** Runs a processor of your own. It may send any records, now or from a schedule. The next operation by key repartitions. */
  process<K2, V2>(
    factory: ProcessorFactory<K, V, K2, V2>,
    options: KeyValueOption<K2, V2> & StoresOption = {},
  ): KStream<K2, V2> {
    const { key, value } = options
    return this.#process('KSTREAM-PROCESSOR-', factory, options, { key, value, rekeyed: true })
  }

  /** Runs a processor of your own that leaves keys as they are. */
  processValues<V2>(
    factory: ProcessorFactory<K, V, K, V2>,
    options: ValueOption<V2> & StoresOption = {},
  ): KStream<K, V2> {
    return this.#process('KSTREAM-PROCESSVALUES-', factory, options, { value: options.value })
  }

  /**
   * Looks up the row of a global table under the key that `mapper` finds in each record. `left`: records without a row
   * come out as well, with null for it.
   */
  lookup<K2, V2, R>(
    table: GlobalKTable<K2, V2>,
    mapper: KeyMapper<K, V, K2 | null>,
    joiner: ValueJoiner<K, V, V2, R>,
    options?: NameOption & { readonly left?: false },
  ): KStream<K, R>
  lookup<K2, V2, R>(
    table: GlobalKTable<K2, V2>,
    mapper: KeyMapper<K, V, K2 | null>,
    joiner: ValueJoiner<K, V, V2 | null, R>,
    options: NameOption & { readonly left: true },
  ): KStream<K, R>
  lookup<K2, V2, R>(
    table: GlobalKTable<K2, V2>,
    mapper: KeyMapper<K, V, K2 | null>,
    joiner: ValueJoiner<K, V, never, R>,
    options: NameOption & { readonly left?: boolean } = {},
  ): KStream<K, R> {
    return new KStream(
      addGlobalLookup(options.left === true, this[parts], table.storeName, mapper, joiner as never, options),
    )
  }

  /**
   * Parts the stream: each record goes to the first branch whose predicate holds, else to the default branch if one is
   * opened, else nowhere.
   */
  split(options: NameOption = {}): BranchedStream<K, V> {
    return new BranchedStream<K, V>(this[parts], options)
  }

  /** Records of both streams, in no certain order between them. */
  merge(other: KStream<K, V>, options: NameOption = {}): KStream<K, V> {
    const mine = this[parts]
    const theirs = other[parts]
    const name = mine.plan.naming.named(options.name, 'KSTREAM-MERGE-')
    const node = mine.plan.add({
      kind: 'processor',
      name,
      parents: mine.node === theirs.node ? [mine.node] : [mine.node, theirs.node],
      merging: true,
      operator: () => passThrough(),
    })
    const sources = new Set([...mine.sources, ...theirs.sources])
    // Where both sides speak the same serde it is kept: Kafka forgets it and falls back on the default.
    const key = mine.key === theirs.key ? mine.key : undefined
    const value = mine.value === theirs.value ? mine.value : undefined
    return new KStream({ ...mine, node, name, key, value, sources, rekeyed: mine.rekeyed || theirs.rekeyed })
  }

  /** Groups by the key. A repartition topic comes before the aggregation if the key may have changed. */
  groupByKey(options: GroupedOptions<K, V> = {}): KGroupedStream<K, V> {
    return this.#grouped(this[parts], options)
  }

  /** Groups by a new key. A repartition topic, named after `name` or the store, comes before the aggregation. */
  groupBy<K2>(mapper: KeyMapper<K, V, K2>, options: GroupedOptions<K2, V> = {}): KGroupedStream<K2, V> {
    const selected = this.#rekeyed<K2, V>(
      'KSTREAM-KEY-SELECT-',
      selectKey(mapper),
      this[parts].value as Serde<V> | undefined,
      {
        ...(options.name !== undefined && { name: options.name }),
      },
    )
    return this.#grouped(selected[parts], options)
  }

  /** Reads the stream as a table: each record is the new row of its key, a null value deletes it. */
  toTable(options: MaterializedOptions<K, V> = {}): KTable<K, V> {
    return this[parts].plan.make.table(addToTable(this[parts], options))
  }

  /** Joins with records of another stream that are near in time and have the same key, or with the row of a table. */
  join<V2, R>(
    other: KStream<K, V2>,
    joiner: ValueJoiner<K, V, V2, R>,
    options: StreamJoinOptions<K, V, V2>,
  ): KStream<K, R>
  join<V2, R>(table: KTable<K, V2>, joiner: ValueJoiner<K, V, V2, R>, options?: LookupOptions<K, V>): KStream<K, R>
  join<V2, R>(other: KStream<K, V2> | KTable<K, V2>, joiner: ValueJoiner<K, V, V2, R>, options = {}): KStream<K, R> {
    return this.#join('inner', other, joiner as never, options)
  }

  /** As `join`; records of this stream without a match come out as well, with null for the other side. */
  leftJoin<V2, R>(
    other: KStream<K, V2>,
    joiner: ValueJoiner<K, V, V2 | null, R>,
    options: StreamJoinOptions<K, V, V2>,
  ): KStream<K, R>
  leftJoin<V2, R>(
    table: KTable<K, V2>,
    joiner: ValueJoiner<K, V, V2 | null, R>,
    options?: LookupOptions<K, V>,
  ): KStream<K, R>
  leftJoin<V2, R>(
    other: KStream<K, V2> | KTable<K, V2>,
    joiner: ValueJoiner<K, V, V2 | null, R>,
    options = {},
  ): KStream<K, R> {
    return this.#join('left', other, joiner as never, options)
  }

  /** As `join`; records of both streams without a match come out as well, with null for the other side. */
  outerJoin<V2, R>(
    other: KStream<K, V2>,
    joiner: ValueJoiner<K, V | null, V2 | null, R>,
    options: StreamJoinOptions<K, V, V2>,
  ): KStream<K, R> {
    return this.#join('outer', other, joiner, options)
  }

  /** Writes to an internal topic and reads it back: the records are then partitioned by their key. */
  repartition(options: RepartitionOptions<K, V> = {}): KStream<K, V> {
    const mine = this[parts]
    const prefix =
      options.name === undefined ? mine.plan.naming.processor('KSTREAM-REPARTITION-') : checkName(options.name)
    const key = options.key ?? mine.key
    const value = options.value ?? mine.value
    const { partitions, partitioner } = options
    const node = mine.plan.add(
      mine.plan.repartition({ prefix, parents: [mine.node], key, value, partitions, partitioner, mergeable: false }),
    )
    return new KStream(hopped(mine, node, key, value))
  }

  /** Writes every record to a topic, or to the topic that a function names. The topic must exist. */
  to(topic: SinkTopic<K, V>, options?: SinkOptions<K, V>): void
  to(route: SinkRoute<K, V>, options?: RouteOptions<K, V>): void
  to(target: SinkTopic<K, V> | SinkRoute<K, V>, options: RouteOptions<K, V> = {}): void {
    const { plan, node, key, value } = this[parts]
    const routed = typeof target === 'function'
    plan.add({
      kind: 'sink',
      name: plan.naming.named(options.name, 'KSTREAM-SINK-'),
      parents: [node],
      topic: routed ? target : target.name,
      key: routed ? (options.key ?? key) : (target.key as Serde<unknown>),
      value: routed ? (options.value ?? value) : (target.value as Serde<unknown>),
      partitioner: options.partitioner,
    })
  }

  #join<V2, R>(
    kind: JoinKind,
    other: KStream<K, V2> | KTable<K, V2>,
    joiner: ValueJoiner<K, V | null, V2 | null, R>,
    options: object,
  ): KStream<K, R> {
    const { name, key, value } = options as LookupOptions<K, V>
    if (!(other instanceof KStream)) {
      const left = this.#partitioned(name === undefined ? this[parts].name : checkName(name), key, value)
      return new KStream(addLookup(kind === 'left', left, other[parts], joiner, options as LookupOptions<K, V>))
    }
    const { otherValue } = options as StreamJoinOptions<K, V, V2>
    const left = this.#partitioned(name === undefined ? this[parts].name : checkName(`${name}-left`), key, value)
    const right = other.#partitioned(
      name === undefined ? other[parts].name : checkName(`${name}-right`),
      key,
      otherValue,
    )
    return new KStream(addStreamJoin(kind, left, right, joiner, options as StreamJoinOptions<K, V, V2>))
  }

  /** The stream partitioned by its key. Joins that name no topic share one. */
  #partitioned(prefix: string, keySerde: Serde<unknown> | undefined, valueSerde: Serde<unknown> | undefined): Parts {
    const mine = this[parts]
    if (!mine.rekeyed) return mine
    const key = keySerde ?? mine.key
    const value = valueSerde ?? mine.value
    const request = mine.plan.repartition({ prefix, parents: [mine.node], key, value, mergeable: true })
    if (this.#joinTopic === undefined || prefix !== mine.name) this.#joinTopic = mine.plan.add(request)
    return hopped(mine, this.#joinTopic, key, value)
  }

  #grouped<K2>(source: Parts, options: GroupedOptions<K2, V>): KGroupedStream<K2, V> {
    const name = options.name === undefined ? undefined : checkName(options.name)
    return new KGroupedStream({ ...source, key: options.key ?? source.key, value: options.value ?? source.value }, name)
  }

  #process<K2, V2>(
    prefix: string,
    factory: ProcessorFactory<K, V, K2, V2>,
    options: NameOption & StoresOption,
    changes: Partial<Parts>,
  ): KStream<K2, V2> {
    const mine = this[parts]
    // Unlike other calls these use no name up when they are named.
    const name = options.name === undefined ? mine.plan.naming.processor(prefix) : checkName(options.name)
    const node = mine.plan.add({
      kind: 'processor',
      name,
      parents: [mine.node],
      operator: () => process(factory),
      routes: true,
      stores: options.stores ?? [],
    })
    return new KStream<K2, V2>({ ...mine, node, name, ...changes })
  }

  #same(prefix: string, operator: NodeOperator, options: NameOption): KStream<K, V> {
    return this.#next(prefix, operator, options, {}, {})
  }

  #values<V2>(prefix: string, operator: NodeOperator, options: ValueOption<V2>): KStream<K, V2> {
    return this.#next(prefix, operator, options, { valueChanging: true }, { value: options.value })
  }

  #rekeyed<K2, V2>(
    prefix: string,
    operator: NodeOperator,
    value: Serde<V2> | undefined,
    options: NameOption & { readonly key?: Serde<K2> },
  ): KStream<K2, V2> {
    return this.#next(prefix, operator, options, { keyChanging: true }, { key: options.key, value, rekeyed: true })
  }

  #next<K2, V2>(
    prefix: string,
    operator: NodeOperator,
    options: NameOption,
    traits: ProcessorTraits,
    changes: Partial<Parts>,
  ): KStream<K2, V2> {
    const mine = this[parts]
    const name = mine.plan.naming.named(options.name, prefix)
    const node = mine.plan.add({ kind: 'processor', name, parents: [mine.node], ...traits, operator: () => operator })
    return new KStream<K2, V2>({ ...mine, node, name, ...changes })
  }
}

/** What comes out of a repartition topic. */
const hopped = (
  { plan }: Parts,
  node: PlanNode,
  key: Serde<unknown> | undefined,
  value: Serde<unknown> | undefined,
): Parts => ({ plan, node, name: node.name, key, value, sources: new Set([node.name]), rekeyed: false })
