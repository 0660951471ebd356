import type { Serde } from '#core/serde/serde.ts'
import { invalid, streamsErrors } from '../errors.ts'
import type { StorePlan, StoreSpec } from '../state/store.ts'
import type { DefaultSerdes } from './plan.ts'
import type { GlobalStore, ProcessorNode, SinkNode, SourceNode, TopologyNode } from './node.ts'
import { whole } from './node.ts'
import { Topology } from './topology.ts'

type Unresolved<Node> = Omit<Node, 'key' | 'value'> & {
  readonly key: Serde<unknown> | undefined
  readonly value: Serde<unknown> | undefined
}

/** Takes nodes in the order in which they are to stand, checks them against one another and joins them to groups. */
export class TopologyWriter {
  readonly #defaults: DefaultSerdes
  readonly #nodes = new Map<string, TopologyNode & { stores?: string[] }>()
  readonly #stores = new Map<string, StoreSpec>()
  readonly #plans = new Map<string, StorePlan>()
  readonly #users = new Map<string, string[]>()
  readonly #globals: GlobalStore[] = []
  readonly #internalTopics = new Map<string, number | undefined>()
  readonly #sourceChangelogs = new Map<string, string>()
  readonly #group = new Map<string, string>()

  constructor(defaults: DefaultSerdes) {
    this.#defaults = defaults
  }

  source(node: Unresolved<SourceNode>): void {
    this.#checkTopics(node)
    this.#add({ ...node, ...this.#serdes(`source "${node.name}"`, node) })
  }

  processor(node: Omit<ProcessorNode, 'stores'>): void {
    this.#add({ ...node, stores: [] })
    this.#unite(node.name, node.parents)
  }

  sink(node: Unresolved<SinkNode>): void {
    this.#add({ ...node, ...this.#serdes(`sink "${node.name}"`, node) })
    this.#unite(node.name, node.parents)
  }

  /** Registers a store, unless this very one is there, and connects it. */
  store(plan: StorePlan, users: readonly string[]): void {
    const known = this.#plans.get(plan.name)
    if (known !== undefined && known !== plan) throw invalid(`another store has the name "${plan.name}" already`)
    if (this.#globals.some((each) => each.store === plan.name)) {
      throw invalid(`a global store has the name "${plan.name}" already`)
    }
    this.#plans.set(plan.name, plan)
    this.#stores.set(plan.name, { ...plan, ...this.#serdes(`store "${plan.name}"`, plan) })
    for (const user of users) this.connect(user, [plan.name])
  }

  connect(processor: string, stores: readonly string[]): void {
    for (const store of stores) {
      if (this.#globals.some((each) => each.store === store)) continue
      if (!this.#stores.has(store)) throw invalid(`store "${store}", which processor "${processor}" uses, is not there`)
      const node = this.#nodes.get(processor)
      if (node?.kind !== 'processor') throw invalid(`store "${store}" cannot be connected to "${processor}"`)
      if (!node.stores.includes(store)) node.stores.push(store)
      const users = this.#users.get(store)
      if (users === undefined) this.#users.set(store, [processor])
      else {
        users.push(processor)
        this.#unite(processor, [users[0]!])
      }
    }
  }

  globalTable(source: Unresolved<SourceNode>, processor: Omit<ProcessorNode, 'stores'>, plan: StorePlan): void {
    if (this.#plans.has(plan.name)) throw invalid(`another store has the name "${plan.name}" already`)
    this.source(source)
    this.#add({ ...processor, stores: [plan.name] })
    this.#unite(processor.name, processor.parents)
    this.#plans.set(plan.name, plan)
    this.#stores.set(plan.name, { ...plan, ...this.#serdes(`store "${plan.name}"`, plan) })
    this.#globals.push({
      source: this.#nodes.get(source.name) as SourceNode,
      processor: this.#nodes.get(processor.name) as ProcessorNode,
      store: plan.name,
    })
  }

  internalTopic(topic: string, partitions: number | undefined): void {
    this.#internalTopics.set(topic, partitions)
  }

  /** The topic a table is read from serves as the changelog of its store. */
  sourceAsChangelog(store: string, topic: string): void {
    this.#sourceChangelogs.set(store, topic)
  }

  isVersioned(store: string): boolean {
    return this.#stores.get(store)?.kind === 'versionedKeyValue'
  }

  retentionMs(store: string): number | undefined {
    return this.#stores.get(store)?.retentionMs
  }

  build(copartitions: readonly ReadonlySet<string>[]): Topology {
    return new Topology({
      nodes: [...this.#nodes.values()],
      stores: this.#stores,
      globals: this.#globals,
      internalTopics: this.#internalTopics,
      sourceChangelogs: this.#sourceChangelogs,
      copartitions,
      groupOf: (name) => this.#root(name),
    })
  }

  #serdes(
    what: string,
    node: { readonly key: Serde<unknown> | undefined; readonly value: Serde<unknown> | undefined },
  ) {
    const key = node.key ?? this.#defaults.key
    const value = node.value ?? this.#defaults.value
    if (key === undefined) throw streamsErrors.SERDE_MISSING({ node: what, part: 'key' })
    if (value === undefined) throw streamsErrors.SERDE_MISSING({ node: what, part: 'value' })
    return { key, value }
  }

  #add(node: TopologyNode & { stores?: string[] }): void {
    if (this.#nodes.has(node.name)) throw invalid(`two processors have the name "${node.name}"`)
    if (node.kind !== 'source') {
      for (const parent of node.parents) {
        const found = this.#nodes.get(parent)
        if (found === undefined) throw invalid(`"${parent}", which is before "${node.name}", is not there`)
        if (found.kind === 'sink') throw invalid(`nothing can follow the sink "${parent}"`)
      }
    }
    this.#nodes.set(node.name, node)
    this.#group.set(node.name, node.name)
  }

  #checkTopics(node: Unresolved<SourceNode>): void {
    const clash = (topic: string): never => {
      throw invalid(`topic "${topic}" is read by more than one source`)
    }
    for (const other of this.#nodes.values()) {
      if (other.kind !== 'source') continue
      if (node.topics instanceof RegExp) {
        if (other.topics instanceof RegExp) continue
        const pattern = whole(node.topics)
        for (const topic of other.topics) if (pattern.test(topic)) clash(topic)
      } else {
        for (const topic of node.topics) {
          if (other.topics instanceof RegExp ? whole(other.topics).test(topic) : other.topics.includes(topic))
            clash(topic)
        }
      }
    }
  }

  #root(name: string): string {
    let root = name
    while (this.#group.get(root) !== root) root = this.#group.get(root)!
    this.#group.set(name, root)
    return root
  }

  #unite(name: string, others: readonly string[]): void {
    for (const other of others) this.#group.set(this.#root(other), this.#root(name))
  }
}
