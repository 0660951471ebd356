import type { StoreSpec } from '../state/store.ts'
import { describe } from './describe.ts'
import { partitionCounts } from './partition-counts.ts'
import { invalid } from '../errors.ts'
import type { GlobalStore, SourceNode, TopologyNode } from './node.ts'
import { whole } from './node.ts'

/** An internal topic as it must exist before the application runs. */
export interface InternalTopic {
  readonly name: string
  readonly kind: 'repartition' | 'changelog'
  /** Set when the count was asked for; else it follows from the topics around it. */
  readonly partitions: number | undefined
  readonly config: Readonly<Record<string, string>>
}

/** The part of a topology that runs in tasks of its own: nodes joined by edges and by stores. */
export interface Subtopology {
  readonly id: number
  readonly nodes: readonly TopologyNode[]
  /** Stores in the order in which their users stand. */
  readonly stores: readonly StoreSpec[]
}

export interface TopologyParts {
  readonly nodes: readonly TopologyNode[]
  readonly stores: ReadonlyMap<string, StoreSpec>
  readonly globals: readonly GlobalStore[]
  readonly internalTopics: ReadonlyMap<string, number | undefined>
  readonly sourceChangelogs: ReadonlyMap<string, string>
  readonly copartitions: readonly ReadonlySet<string>[]
  readonly groupOf: (node: string) => string
}

const dayMs = 86_400_000

/** What a program does with its topics, as data: nodes, stores, subtopologies and internal topics. */
export class Topology {
  readonly nodes: readonly TopologyNode[]
  readonly stores: ReadonlyMap<string, StoreSpec>
  readonly globals: readonly GlobalStore[]
  readonly subtopologies: readonly Subtopology[]
  /** Ids of the groups that hold nothing but a global table. */
  readonly globalIds: ReadonlyMap<number, GlobalStore>
  readonly #internal: ReadonlyMap<string, number | undefined>
  readonly #sourceChangelogs: ReadonlyMap<string, string>
  readonly #copartitions: readonly ReadonlySet<string>[]

  constructor(parts: TopologyParts) {
    this.nodes = Object.freeze(parts.nodes.map((node) => Object.freeze(node)))
    this.stores = parts.stores
    this.globals = parts.globals
    this.#internal = parts.internalTopics
    this.#sourceChangelogs = parts.sourceChangelogs
    this.#copartitions = parts.copartitions
    const groups = new Map<string, TopologyNode[]>()
    for (const node of this.nodes) {
      const root = parts.groupOf(node.name)
      const group = groups.get(root)
      if (group === undefined) groups.set(root, [node])
      else group.push(node)
    }
    const subtopologies: Subtopology[] = []
    const globalIds = new Map<number, GlobalStore>()
    for (const [id, nodes] of [...groups.values()].entries()) {
      const global = this.globals.find((each) => nodes.some((node) => node.name === each.source.name))
      if (global !== undefined) globalIds.set(id, global)
      else subtopologies.push(Object.freeze({ id, nodes: Object.freeze(nodes), stores: this.#storesOf(nodes) }))
    }
    this.subtopologies = Object.freeze(subtopologies)
    this.globalIds = globalIds
    this.#checkCopartitions()
  }

  /** The text that Kafka's `Topology.describe()` prints for the same program. */
  describe(): string {
    return describe(this.subtopologies, this.globalIds)
  }

  /** The name under which a topic of the topology exists: internal ones begin with the application id. */
  topicName(topic: string, applicationId: string): string {
    return this.#internal.has(topic) ? `${applicationId}-${topic}` : topic
  }

  /** True for topics that the application makes for itself. */
  isInternal(topic: string): boolean {
    return this.#internal.has(topic)
  }

  /** The changelog topic of a store, or undefined if it has none. */
  changelogTopic(store: StoreSpec, applicationId: string): string | undefined {
    const source = this.#sourceChangelogs.get(store.name)
    if (source !== undefined) return this.topicName(source, applicationId)
    return store.logged ? `${applicationId}-${store.name}-changelog` : undefined
  }

  /** True when the changelog is the topic that the table is read from. */
  readsOwnChangelog(store: string): boolean {
    return this.#sourceChangelogs.has(store)
  }

  /** Every topic that must be created, with its settings, by name. */
  internalTopics(applicationId: string): InternalTopic[] {
    const topics: InternalTopic[] = [...this.#internal].map(([topic, partitions]) => ({
      name: `${applicationId}-${topic}`,
      kind: 'repartition',
      partitions,
      config: {
        'cleanup.policy': 'delete',
        'message.timestamp.type': 'CreateTime',
        'retention.ms': '-1',
        'segment.bytes': '52428800',
      },
    }))
    for (const { stores } of this.subtopologies) {
      for (const store of stores) {
        const name = this.changelogTopic(store, applicationId)
        if (name === undefined || this.readsOwnChangelog(store.name)) continue
        topics.push({ name, kind: 'changelog', partitions: undefined, config: changelogConfig(store) })
      }
    }
    return topics.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Names of the topics that a subtopology (or all of them) reads; patterns are matched against `known`. */
  sourceTopics(applicationId: string, subtopology?: number, known: readonly string[] = []): string[] {
    const topics: string[] = []
    for (const part of this.subtopologies) {
      if (subtopology !== undefined && part.id !== subtopology) continue
      for (const node of part.nodes) {
        if (node.kind !== 'source') continue
        if (node.topics instanceof RegExp) {
          const pattern = whole(node.topics)
          topics.push(...known.filter((topic) => pattern.test(topic)))
        } else topics.push(...node.topics.map((topic) => this.topicName(topic, applicationId)))
      }
    }
    return topics
  }

  /** Names of the topics that one subtopology reads; patterns are left out. */
  inputTopics(subtopology: number, applicationId: string): string[] {
    return this.sourceTopics(applicationId, subtopology)
  }

  /** Names of the user topics that are written and known by name. */
  sinkTopics(): string[] {
    const names = this.nodes.flatMap((node) =>
      node.kind === 'sink' && typeof node.topic === 'string' ? [node.topic] : [],
    )
    return [...new Set(names.filter((topic) => !this.isInternal(topic)))]
  }

  /**
   * Partition counts of everything the application reads or makes, from the counts of the topics that exist: a
   * subtopology has as many as its largest input, its changelogs as well; a repartition topic without a fixed count as
   * many as the largest subtopology that writes it, or as the topics it is joined with.
   */
  partitionCounts(applicationId: string, existing: ReadonlyMap<string, number>): Map<string, number> {
    return partitionCounts(this, applicationId, existing)
  }

  /** Groups of topics that must have equal partition counts. */
  copartitionGroups(applicationId: string): string[][] {
    return this.#copartitions
      .map((names) => this.#topicsOf(names).map((topic) => this.topicName(topic, applicationId)))
      .filter((topics) => topics.length > 0)
  }

  source(name: string): SourceNode | undefined {
    return this.nodes.find((node): node is SourceNode => node.kind === 'source' && node.name === name)
  }

  #topicsOf(sources: ReadonlySet<string>): string[] {
    return [...sources].flatMap((name) => {
      const topics = this.source(name)?.topics
      return topics === undefined || topics instanceof RegExp ? [] : [...topics]
    })
  }

  #storesOf(nodes: readonly TopologyNode[]): readonly StoreSpec[] {
    const names = new Set(nodes.flatMap((node) => (node.kind === 'processor' ? node.stores : [])))
    return Object.freeze([...names].map((name) => this.stores.get(name)!))
  }

  #checkCopartitions(): void {
    for (const names of this.#copartitions) {
      const topics = this.#topicsOf(names)
      const counts = new Set(topics.map((topic) => this.#internal.get(topic)))
      if (counts.size > 1 && !counts.has(undefined)) {
        throw invalid(`topics that are joined must have the same number of partitions: ${topics.join(', ')}`)
      }
    }
  }
}

function changelogConfig(store: StoreSpec): Record<string, string> {
  const windowed = store.kind === 'window' || store.kind === 'timestampedWindow' || store.kind === 'session'
  const retention = (store.retentionMs ?? 0) + dayMs
  return {
    // Where duplicates are kept every record has a key of its own: compaction would find nothing to do.
    'cleanup.policy': store.retainDuplicates === true ? 'delete' : windowed ? 'compact,delete' : 'compact',
    'message.timestamp.type': 'CreateTime',
    ...(windowed && { 'retention.ms': retention === Infinity ? '9223372036854775807' : String(retention) }),
    ...(store.kind === 'versionedKeyValue' && { 'min.compaction.lag.ms': String((store.retentionMs ?? 0) + dayMs) }),
    ...store.logConfig,
  }
}
