import { assert } from '#core/errors/assert.ts'
import { filterNullKeys } from '../operators/filter.ts'
import { passThrough } from '../operators/peek.ts'
import { invalid } from '../errors.ts'
import type { Graph, Optimization, Vertex } from './optimise.ts'
import { graphOf, keepsNullKeys, mergeRepartitions, mergeSelfJoins, mergeSources } from './optimise.ts'
import type {
  Plan,
  PlanNode,
  RepartitionPlan,
  Resolved,
  StreamJoinPlan,
  TableJoinPlan,
  TableSourcePlan,
} from './plan.ts'
import { TableDemands } from './tables.ts'
import type { Topology } from './topology.ts'
import { TopologyWriter } from './writer.ts'

/** What compilation is told beside the plan. `mergedRepartition` names the topic that takes the place of several. */
export interface CompileOptions {
  readonly optimizations: ReadonlySet<Optimization>
  readonly mergedRepartition: (first: RepartitionPlan, all: readonly RepartitionPlan[]) => RepartitionPlan
}

/** Turns what the DSL wrote down into a topology. Throws TOPOLOGY_INVALID or SERDE_MISSING. */
export function compile(plan: Plan, options: CompileOptions): Topology {
  const graph = graphOf(plan.nodes)
  mergeSources(graph)
  if (options.optimizations.has('merge.repartition.topics')) mergeRepartitions(graph, options.mergedRepartition)
  if (options.optimizations.has('single.store.self.join')) mergeSelfJoins(graph)
  const compilation = new Compilation(plan, options.optimizations.has('reuse.ktable.source.topics'))
  for (const vertex of inWritingOrder(graph)) compilation.write(vertex)
  return compilation.finish(graph)
}

/** Nodes by the order of their calls, each behind all of its parents. */
function inWritingOrder({ root }: Graph): Vertex[] {
  const queue: Vertex[] = [root]
  const written = new Set<Vertex>()
  while (queue.length > 0) {
    let first = 0
    for (let i = 1; i < queue.length; i++) if (queue[i]!.priority < queue[first]!.priority) first = i
    const [vertex] = queue.splice(first, 1)
    assert(vertex, 'the queue is not empty')
    if (written.has(vertex) || ![...vertex.parents].every((parent) => written.has(parent))) continue
    written.add(vertex)
    queue.push(...vertex.children)
  }
  written.delete(root)
  return [...written]
}

class Compilation {
  readonly #plan: Plan
  readonly #writer: TopologyWriter
  readonly #tables: TableDemands
  readonly #reuseSourceTopics: boolean

  constructor(plan: Plan, reuseSourceTopics: boolean) {
    this.#plan = plan
    this.#writer = new TopologyWriter(plan.defaults)
    this.#tables = new TableDemands(plan.nodes)
    this.#reuseSourceTopics = reuseSourceTopics
  }

  finish(graph: Graph): Topology {
    return this.#writer.build(
      this.#plan.copartitions.map((names) => new Set([...names].map((name) => graph.renamed.get(name) ?? name))),
    )
  }

  write(vertex: Vertex): void {
    const node = vertex.plan
    assert(node, 'the root is not written')
    const writer = this.#writer
    const parents = [...vertex.parents].map((parent) => parent.name)
    switch (node.kind) {
      case 'source':
        return writer.source({ ...node, kind: 'source' })
      case 'tableSource':
        return this.#tableSource(node)
      case 'globalTable':
        return writer.globalTable(
          {
            kind: 'source',
            name: node.sourceName,
            topics: [node.topic],
            key: node.key,
            value: node.value,
            timestamp: node.timestamp,
            reset: undefined,
          },
          { kind: 'processor', name: node.name, parents: [node.sourceName], operator: node.operator },
          node.store,
        )
      case 'store':
        return writer.store(node.store, [])
      case 'processor': {
        const resolved = this.#resolve(node)
        const { name, routes = false } = node
        writer.processor({ kind: 'processor', name, parents, operator: node.operator(resolved), routes })
        writer.connect(node.name, [...(node.stores ?? []), ...resolved.getters.flatMap((getter) => getter.stores)])
        if (node.historyMs !== undefined) this.#checkHistory(name, node.historyMs, resolved)
        if (node.store !== undefined) writer.store(node.store, [node.name])
        else if (node.table?.store !== undefined && this.#tables.materialised(node))
          writer.store(node.table.store, [node.name])
        return
      }
      case 'repartition':
        return this.#repartition(node, parents, keepsNullKeys(vertex))
      case 'sink':
        if (node.internal === true && typeof node.topic === 'string') writer.internalTopic(node.topic, undefined)
        return writer.sink({ ...node, kind: 'sink', parents })
      case 'streamJoin':
        return this.#streamJoin(node, vertex.selfJoin)
      case 'tableJoin':
        return this.#tableJoin(node)
    }
  }

  #tableSource(node: TableSourcePlan): void {
    const { name, sourceName, topic, key, value, timestamp, reset } = node
    this.#writer.source({ kind: 'source', name: sourceName, topics: [topic], key, value, timestamp, reset })
    this.#writer.processor({
      kind: 'processor',
      name,
      parents: [sourceName],
      operator: node.operator(this.#resolve(node)),
    })
    const store = node.table?.store
    if (store === undefined || !this.#tables.materialised(node)) return
    this.#writer.store(this.#reuseSourceTopics ? { ...store, logged: false } : store, [name])
    if (this.#reuseSourceTopics) this.#writer.sourceAsChangelog(store.name, topic)
  }

  #repartition(node: RepartitionPlan, parents: readonly string[], nullKeys: boolean): void {
    const { topic, sinkName, filterName, key, value, partitioner } = node
    this.#writer.internalTopic(topic, node.partitions)
    if (filterName !== undefined) {
      const operator = nullKeys ? passThrough() : filterNullKeys()
      this.#writer.processor({ kind: 'processor', name: filterName, parents, operator })
    }
    const before = filterName === undefined ? parents : [filterName]
    this.#writer.sink({ kind: 'sink', name: sinkName, parents: before, topic, key, value, partitioner })
    this.#writer.source({
      kind: 'source',
      name: node.name,
      topics: [topic],
      key,
      value,
      timestamp: undefined,
      reset: undefined,
    })
  }

  #streamJoin(node: StreamJoinPlan, selfJoin: boolean): void {
    const [leftWindowed, rightWindowed] = node.windowedNames
    const [left, right] = node.joinNames
    const [leftStore, rightStore] = node.stores
    if (selfJoin) {
      this.#writer.processor({ kind: 'processor', name: node.name, parents: [leftWindowed], operator: node.selfJoin })
      this.#writer.store(leftStore, [leftWindowed, node.name])
      return
    }
    this.#writer.processor({ kind: 'processor', name: left, parents: [leftWindowed], operator: node.operators[0] })
    this.#writer.processor({ kind: 'processor', name: right, parents: [rightWindowed], operator: node.operators[1] })
    this.#writer.processor({ kind: 'processor', name: node.name, parents: [left, right], operator: passThrough() })
    this.#writer.store(leftStore, [leftWindowed, right])
    this.#writer.store(rightStore, [rightWindowed, left])
    if (node.outerStore !== undefined) this.#writer.store(node.outerStore, [left, right])
  }

  #tableJoin(node: TableJoinPlan): void {
    const resolved = this.#resolve(node)
    const [left, right] = node.joinNames
    const [leftTable, rightTable] = node.sides
    this.#writer.processor({
      kind: 'processor',
      name: left,
      parents: [leftTable.name],
      operator: node.operators[0](resolved),
    })
    this.#writer.processor({
      kind: 'processor',
      name: right,
      parents: [rightTable.name],
      operator: node.operators[1](resolved),
    })
    this.#writer.processor({
      kind: 'processor',
      name: node.name,
      parents: [left, right],
      operator: node.merge(resolved),
    })
    const [leftRows, rightRows] = resolved.getters
    this.#writer.connect(left, rightRows?.stores ?? [])
    this.#writer.connect(right, leftRows?.stores ?? [])
    const store = node.table?.store
    if (store !== undefined && this.#tables.materialised(node)) this.#writer.store(store, [node.name])
  }

  #checkHistory(name: string, historyMs: number, { getters }: Resolved): void {
    for (const store of getters.flatMap((getter) => getter.stores)) {
      if (!this.#writer.isVersioned(store))
        throw invalid(`"${name}" has a grace period, so store "${store}" must be versioned`)
      if ((this.#writer.retentionMs(store) ?? 0) < historyMs)
        throw invalid(`store "${store}" remembers less than the grace period of "${name}"`)
    }
  }

  #resolve(node: PlanNode) {
    if (node.table?.opaque === true && isVersioned(node.parents[0])) {
      throw invalid(`"${node.name}" cannot hold back the rows of a versioned table`)
    }
    return this.#tables.resolve(node, node.parents.map(isVersioned))
  }
}

/** Whether the rows of a node are versions: said by the node, or inherited when all of its parents' are. */
function isVersioned(node: PlanNode | undefined): boolean {
  if (node === undefined) return false
  if (node.outputVersioned !== undefined) return node.outputVersioned
  return node.parents.length > 0 && node.parents.every(isVersioned)
}
