import type { Serde } from '#core/serde/serde.ts'
import { invalid } from '../errors.ts'
import { isAutomaticStreamName, Naming } from '../topology/naming.ts'
import type { StreamPartitioner } from '../topology/node.ts'
import type { DefaultSerdes, Plan, PlanNode, RepartitionPlan } from '../topology/plan.ts'
import type { Parts } from './parts.ts'
import type { KStream } from './stream.ts'
import type { KTable } from './table.ts'

/** Makes the fluent classes: streams and tables lead to one another, their modules do not. */
export interface Makers {
  stream<K, V>(parts: Parts): KStream<K, V>
  table<K, V>(parts: Parts): KTable<K, V>
}

/** What a repartition is told; `prefix` becomes the topic's name. */
export interface RepartitionRequest {
  readonly prefix: string
  readonly parents: readonly PlanNode[]
  readonly key: Serde<unknown> | undefined
  readonly value: Serde<unknown> | undefined
  readonly partitions?: number | undefined
  readonly partitioner?: StreamPartitioner | undefined
  readonly mergeable: boolean
}

/** The growing plan that the fluent classes of one builder share. */
export class PlanBuilder {
  readonly naming = new Naming()
  readonly defaults: DefaultSerdes
  readonly make: Makers
  readonly #nodes: PlanNode[] = []
  readonly #copartitions: Set<string>[] = []

  constructor(defaults: DefaultSerdes, make: Makers) {
    this.defaults = defaults
    this.make = make
  }

  add<Node extends PlanNode>(node: Node): Node {
    for (const parent of node.parents) {
      if (!this.#nodes.includes(parent)) throw invalid(`"${node.name}" uses "${parent.name}" of another StreamsBuilder`)
    }
    Object.freeze(node)
    this.#nodes.push(node)
    return node
  }

  /** The sources of all these streams must have topics with equal partition counts. Returns the union. */
  copartition(...sources: readonly ReadonlySet<string>[]): ReadonlySet<string> {
    const all = new Set(sources.flatMap((names) => [...names]))
    this.#copartitions.push(all)
    return all
  }

  /** A repartition node, not yet added: names are used up even if the caller has one already. */
  repartition(request: RepartitionRequest): RepartitionPlan {
    const { prefix, parents, key, value, partitions, partitioner, mergeable } = request
    const topic = prefix.endsWith('-repartition') ? prefix : `${prefix}-repartition`
    const sink = this.naming.processor('KSTREAM-SINK-')
    const filter = this.naming.processor('KSTREAM-FILTER-')
    const source = this.naming.processor('KSTREAM-SOURCE-')
    const automatic = isAutomaticStreamName(prefix)
    return {
      kind: 'repartition',
      name: automatic ? source : `${topic}-source`,
      parents,
      topic,
      sinkName: automatic ? sink : `${topic}-sink`,
      filterName: automatic ? filter : `${topic}-filter`,
      key,
      value,
      partitions,
      partitioner,
      mergeable,
    }
  }

  /** The topic that takes the place of several mergeable ones. */
  mergedRepartition(first: RepartitionPlan, all: readonly RepartitionPlan[]): RepartitionPlan {
    const key = all.find((each) => each.key !== undefined)?.key
    const value = all.find((each) => each.value !== undefined)?.value
    return this.repartition({ prefix: first.topic, parents: [], key, value, mergeable: true })
  }

  plan(): Plan {
    return { nodes: [...this.#nodes], copartitions: this.#copartitions, defaults: this.defaults }
  }
}
