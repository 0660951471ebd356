import type { Serde } from '#core/serde/serde.ts'
import { invalid } from '../errors.ts'
import type { StorePlan } from '../state/store.ts'
import { compile } from '../topology/compile.ts'
import type { TimestampExtractor } from '../topology/node.ts'
import { parseOptimizations } from '../topology/optimise.ts'
import type { DefaultSerdes } from '../topology/plan.ts'
import type { Topology } from '../topology/topology.ts'
import type { GlobalKTable } from './global-table.ts'
import { addGlobalTable } from './global-table.ts'
import type { StoreOptions } from './materialized.ts'
import type { NameOption } from './parts.ts'
import { PlanBuilder } from './plan-builder.ts'
import { KStream } from './stream.ts'
import { KTable } from './table.ts'
import { addTable } from './to-table.ts'
import type { SourceOptions, Topic, TopicPattern } from './topic.ts'

/** Settings of a builder. */
export interface BuilderOptions {
  /** Serdes where operators have forgotten them: Kafka's `default.key.serde` and `default.value.serde`. */
  readonly defaults?: DefaultSerdes
}

/** Settings of one build. */
export interface BuildOptions {
  /** Kafka's `topology.optimization`: `none` (default), `all`, or names separated by commas. */
  readonly optimization?: string
}

/**
 * Where a topology begins. Calls only write down what is to happen; `build()` checks it all and gives the topology as
 * data, which the runtime or a test driver then runs.
 */
export class StreamsBuilder {
  readonly #plan: PlanBuilder

  constructor(options: BuilderOptions = {}) {
    this.#plan = new PlanBuilder(options.defaults ?? {}, {
      stream: (given) => new KStream(given),
      table: (given) => new KTable(given),
    })
  }

  /** The records of a topic, of several topics with the same content, or of all topics that match a pattern. */
  stream<K, V>(
    source: Topic<K, V> | readonly Topic<K, V>[] | TopicPattern<K, V>,
    options: SourceOptions = {},
  ): KStream<K, V> {
    const all = (Array.isArray(source) ? source : [source]) as readonly (Topic<K, V> | TopicPattern<K, V>)[]
    const first = all[0]
    if (first === undefined) throw invalid('stream() needs at least one topic')
    for (const other of all) {
      if (other.key !== first.key || other.value !== first.value || other.timestamp !== first.timestamp) {
        throw invalid('topics that are read as one stream must share their serdes and their timestamp function')
      }
    }
    const key = first.key as Serde<unknown>
    const value = first.value as Serde<unknown>
    const name = this.#plan.naming.named(options.name, 'KSTREAM-SOURCE-')
    const node = this.#plan.add({
      kind: 'source',
      name,
      parents: [],
      topics: 'pattern' in first ? first.pattern : all.map((each) => (each as Topic<K, V>).name),
      key,
      value,
      timestamp: first.timestamp as TimestampExtractor | undefined,
      reset: options.reset,
    })
    return new KStream({ plan: this.#plan, node, name, key, value, sources: new Set([name]), rekeyed: false })
  }

  /** A topic as a table: the latest row of each key. Its rows are stored only if something needs to look them up. */
  table<K, V>(
    source: Topic<K, V>,
    options: SourceOptions & { readonly store?: string | StoreOptions } = {},
  ): KTable<K, V> {
    return new KTable(addTable(this.#plan, source, options))
  }

  /** A topic that every instance reads whole: streams can look its rows up by any key, without being partitioned by it. */
  globalTable<K, V>(
    source: Topic<K, V>,
    options: NameOption & { readonly store?: string | StoreOptions } = {},
  ): GlobalKTable<K, V> {
    return addGlobalTable(this.#plan, source, options)
  }

  /** A store for processors that name it in their `stores` option; made by one of `stores`. */
  addStore(store: StorePlan): this {
    this.#plan.add({ kind: 'store', name: store.name, parents: [], store })
    return this
  }

  /** Checks what was described and makes the topology. Throws TOPOLOGY_INVALID or SERDE_MISSING. */
  build(options: BuildOptions = {}): Topology {
    return compile(this.#plan.plan(), {
      optimizations: parseOptimizations(options.optimization ?? 'none'),
      mergedRepartition: (first, all) => this.#plan.mergedRepartition(first, all),
    })
  }
}
