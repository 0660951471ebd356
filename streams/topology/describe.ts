import type { GlobalStore, TopologyNode } from './node.ts'

interface Drawn {
  readonly node: TopologyNode
  readonly before: Drawn[]
  readonly after: Drawn[]
  /** One and the sizes of all that follows, counted once per path. */
  size: number
}

const byPlace = (a: Drawn, b: Drawn): number => b.size - a.size || (a.node.name < b.node.name ? -1 : 1)

const names = (drawn: readonly Drawn[]): string =>
  drawn.length === 0
    ? 'none'
    : [...drawn]
        .sort(byPlace)
        .map(({ node }) => node.name)
        .join(', ')

/**
 * The text of Kafka's `Topology.describe()`. Nodes stand by size, largest first, then by name. Where Kafka prints lists
 * in hash order (topics, stores) ours are in the order of the program.
 */
export function describe(
  subtopologies: readonly { readonly id: number; readonly nodes: readonly TopologyNode[] }[],
  globals: ReadonlyMap<number, GlobalStore>,
): string {
  const parts = [
    ...subtopologies.map(({ id, nodes }) => ({ id, text: describeNodes(id, nodes) })),
    ...[...globals].map(([id, global]) => ({ id, text: describeGlobal(id, global) })),
  ]
  parts.sort((a, b) => a.id - b.id)
  return `Topologies:\n ${parts.map(({ text }) => `  ${text}`).join('')}`
}

const describeGlobal = (id: number, { source, processor, store }: GlobalStore): string =>
  `Sub-topology: ${id} for global store (will not generate tasks)\n` +
  `    Source: ${source.name} (topics: ${topicsText(source.topics)})\n      --> ${processor.name}\n` +
  `    Processor: ${processor.name} (stores: [${store}])\n      --> none\n      <-- ${source.name}\n`

function describeNodes(id: number, nodes: readonly TopologyNode[]): string {
  const drawn = new Map<string, Drawn>(nodes.map((node) => [node.name, { node, before: [], after: [], size: 1 }]))
  for (const each of drawn.values()) {
    if (each.node.kind === 'source') continue
    for (const parent of each.node.parents) {
      const before = drawn.get(parent)!
      if (before.after.includes(each)) continue
      each.before.push(before)
      before.after.push(each)
    }
  }
  // Nodes stand behind their parents, so sizes can be summed from the end.
  for (const each of [...drawn.values()].reverse()) for (const after of each.after) each.size += after.size
  const lines = [...drawn.values()].sort(byPlace).map((each) => `    ${nodeText(each)}\n`)
  return `Sub-topology: ${id}\n${lines.join('')}\n`
}

function nodeText({ node, before, after }: Drawn): string {
  const next = `\n      --> ${names(after)}`
  const previous = `\n      <-- ${names(before)}`
  switch (node.kind) {
    case 'source':
      return `Source: ${node.name} (topics: ${topicsText(node.topics)})${next}`
    case 'processor':
      return `Processor: ${node.name} (stores: [${node.stores.join(', ')}])${next}${previous}`
    case 'sink': {
      const target =
        typeof node.topic === 'string' ? `topic: ${node.topic}` : `extractor class: ${node.topic.name || 'function'}`
      return `Sink: ${node.name} (${target})${previous}`
    }
  }
}

const topicsText = (topics: readonly string[] | RegExp): string =>
  topics instanceof RegExp ? topics.source : `[${topics.join(', ')}]`
