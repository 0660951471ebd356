import type { StoreSpec } from '../state/store.ts'
import type { TopologyNode } from './node.ts'

/** The parts of a topology that partition counts follow from. */
export interface Countable {
  readonly subtopologies: readonly {
    readonly id: number
    readonly nodes: readonly TopologyNode[]
    readonly stores: readonly StoreSpec[]
  }[]
  inputTopics(subtopology: number, applicationId: string): string[]
  internalTopics(
    applicationId: string,
  ): { readonly name: string; readonly kind: string; readonly partitions: number | undefined }[]
  copartitionGroups(applicationId: string): string[][]
  changelogTopic(store: StoreSpec, applicationId: string): string | undefined
  topicName(topic: string, applicationId: string): string
}

/** See `Topology.partitionCounts`. Topics of which nothing is known are left out. */
export function partitionCounts(
  topology: Countable,
  applicationId: string,
  existing: ReadonlyMap<string, number>,
): Map<string, number> {
  const internal = topology.internalTopics(applicationId)
  const names = new Set(internal.map(({ name }) => name))
  const counts = new Map([...existing].filter(([name]) => !names.has(name)))
  for (const { name, partitions } of internal) if (partitions !== undefined) counts.set(name, partitions)
  const open = new Set(
    internal.filter(({ name, kind }) => kind === 'repartition' && !counts.has(name)).map(({ name }) => name),
  )
  // Each round settles at least the repartition topics whose writers are settled; loops of topics end the search.
  for (let before = -1; open.size > 0 && open.size !== before;) {
    before = open.size
    for (const topic of open) {
      const writers = topology.subtopologies.filter(({ nodes }) => nodes.some((node) => writes(node, topic)))
      const inputs = writers.flatMap(({ id }) => topology.inputTopics(id, applicationId))
      if (inputs.some((input) => open.has(input))) continue
      const known = inputs.flatMap((input) => counts.get(input) ?? [])
      counts.set(topic, Math.max(1, ...known))
      open.delete(topic)
    }
  }
  for (const group of topology.copartitionGroups(applicationId)) {
    const fixed = group.filter(
      (topic) => !names.has(topic) || internal.some((each) => each.name === topic && each.partitions !== undefined),
    )
    const leading = fixed.length > 0 ? fixed : group
    const count = Math.max(1, ...leading.flatMap((topic) => counts.get(topic) ?? []))
    for (const topic of group) if (!fixed.includes(topic)) counts.set(topic, count)
  }
  for (const { id, stores } of topology.subtopologies) {
    const inputs = topology.inputTopics(id, applicationId).flatMap((topic) => counts.get(topic) ?? [])
    for (const store of stores) {
      const topic = topology.changelogTopic(store, applicationId)
      if (topic !== undefined && names.has(topic)) counts.set(topic, Math.max(1, ...inputs))
    }
  }
  return counts

  function writes(node: TopologyNode, topic: string): boolean {
    return (
      node.kind === 'sink' && typeof node.topic === 'string' && topology.topicName(node.topic, applicationId) === topic
    )
  }
}
