import { invalid, streamsErrors } from '../errors.ts'
import type { PlanNode, RepartitionPlan } from './plan.ts'

/** The optimisations that Kafka knows, by its names. */
export const optimizations = [
  'reuse.ktable.source.topics',
  'merge.repartition.topics',
  'single.store.self.join',
] as const

export type Optimization = (typeof optimizations)[number]

/** Reads the value of `topology.optimization`: `none`, `all`, or some of the names, separated by commas. */
export function parseOptimizations(text: string): ReadonlySet<Optimization> {
  if (text === 'none' || text === '') return new Set()
  if (text === 'all') return new Set(optimizations)
  return new Set(
    text.split(',').map((name) => {
      const known = optimizations.find((each) => each === name.trim())
      if (known !== undefined) return known
      throw streamsErrors.OPTION_INVALID({
        what: 'topology.optimization',
        problem: `"${name.trim()}" is not one of none, all, ${optimizations.join(', ')}`,
      })
    }),
  )
}

/** A plan node with edges that can be moved. */
export class Vertex {
  readonly plan: PlanNode | undefined
  priority: number
  readonly parents = new Set<Vertex>()
  readonly children = new Set<Vertex>()
  /** A stream-stream join of a stream with itself, to be written with one store. */
  selfJoin = false

  constructor(plan: PlanNode | undefined, priority: number) {
    this.plan = plan
    this.priority = priority
  }

  get name(): string {
    return this.plan?.name ?? 'root'
  }

  add(child: Vertex): void {
    this.children.add(child)
    child.parents.add(this)
  }

  remove(child: Vertex): void {
    this.children.delete(child)
    child.parents.delete(this)
  }
}

/** The plan as a graph under one root. */
export interface Graph {
  readonly root: Vertex
  readonly vertices: readonly Vertex[]
  /** Sources that took the place of others, by the name that is gone. */
  readonly renamed: Map<string, string>
}

export function graphOf(nodes: readonly PlanNode[]): Graph {
  const root = new Vertex(undefined, -1)
  const vertices = new Map<PlanNode, Vertex>()
  for (const [index, node] of nodes.entries()) {
    const vertex = new Vertex(node, index)
    vertices.set(node, vertex)
    if (node.parents.length === 0) root.add(vertex)
    for (const parent of node.parents) vertices.get(parent)!.add(vertex)
  }
  return { root, vertices: [...vertices.values()], renamed: new Map() }
}

/** Streams of the same topics share one source: a topic is never read twice. */
export function mergeSources({ root }: Graph): void {
  const byTopic = new Map<string, Vertex>()
  for (const vertex of Array.from(root.children)) {
    const plan = vertex.plan
    if (plan?.kind !== 'source') continue
    const keys = plan.topics instanceof RegExp ? [`/${plan.topics.source}/${plan.topics.flags}`] : plan.topics
    for (const key of keys) {
      const first = byTopic.get(key)
      if (first === undefined) byTopic.set(key, vertex)
      else if (first !== vertex) {
        mergeSource(root, first, vertex)
        break
      }
    }
  }
}

function mergeSource(root: Vertex, first: Vertex, second: Vertex): void {
  const a = first.plan
  const b = second.plan
  if (a?.kind !== 'source' || b?.kind !== 'source') return
  if (!(a.topics instanceof RegExp) && !(b.topics instanceof RegExp)) {
    const topics = new Set(a.topics)
    if (a.topics.length !== b.topics.length || !b.topics.every((topic) => topics.has(topic))) {
      throw invalid(`sources "${a.name}" and "${b.name}" read some topics in common and others not`)
    }
  }
  if (a.reset !== b.reset) throw invalid(`sources "${a.name}" and "${b.name}" of one topic differ in where they begin`)
  for (const child of Array.from(second.children)) {
    first.add(child)
    second.remove(child)
  }
  root.remove(second)
}

/** First ancestor (or the vertex itself) of which `test` holds, searched as Kafka does: the last parent's line wins. */
function findUp(vertex: Vertex, test: (vertex: Vertex) => boolean): Vertex | undefined {
  if (test(vertex)) return vertex
  let found: Vertex | undefined
  for (const parent of vertex.parents) {
    if (test(parent)) return parent
    found = findUp(parent, test)
  }
  return found
}

const isMergeable = (vertex: Vertex): boolean => vertex.plan?.kind === 'repartition' && vertex.plan.mergeable
const changesKey = (vertex: Vertex): boolean => vertex.plan?.keyChanging === true

/** Several repartition topics behind one key change become one, named like the first, right behind the key change. */
export function mergeRepartitions(
  graph: Graph,
  makeNode: (first: RepartitionPlan, all: readonly RepartitionPlan[]) => RepartitionPlan,
): void {
  for (const [changer, repartitions] of repartitionsByKeyChange(graph.vertices)) {
    if (repartitions.length === 0) continue
    const plans = repartitions.map((vertex) => vertex.plan as RepartitionPlan)
    const merged = new Vertex(makeNode(plans[0]!, plans), changer.priority)
    for (const replaced of repartitions) {
      const child = findUp(replaced, (vertex) => vertex.parents.has(changer))
      if (child === undefined)
        throw invalid(`no way leads from "${changer.name}" to repartition topic of "${replaced.name}"`)
      merged.add(child)
      changer.remove(child)
      for (const after of Array.from(replaced.children)) {
        for (const before of replaced.parents) before.add(after)
        replaced.remove(after)
      }
      for (const before of Array.from(replaced.parents)) before.remove(replaced)
      graph.renamed.set(replaced.name, merged.name)
    }
    changer.add(merged)
  }
}

function repartitionsByKeyChange(vertices: readonly Vertex[]): Map<Vertex, Vertex[]> {
  const groups = new Map<Vertex, Vertex[]>()
  for (const vertex of vertices) {
    if (changesKey(vertex)) groups.set(vertex, [])
    else if (isMergeable(vertex)) {
      const nearest = findUp(vertex, (each) => changesKey(each) || each.plan?.valueChanging === true)
      const changer = findUp(vertex, changesKey)
      // A value change in between needs its own topic: its serde is another.
      if (changer !== undefined && nearest === changer) groups.get(changer)?.push(vertex)
    }
  }
  for (const merge of vertices.filter((vertex) => vertex.plan?.merging === true)) moveToMerge(merge, groups)
  return groups
}

/** Key changes that meet in a merge are repartitioned behind it. */
function moveToMerge(merge: Vertex, groups: Map<Vertex, Vertex[]>): void {
  const below = (vertex: Vertex): boolean => findUp(vertex, (each) => each.parents.has(merge)) !== undefined
  const changers = [...groups].filter(
    ([changer, repartitions]) =>
      repartitions.every(below) && findUp(merge, (each) => each.parents.has(changer)) !== undefined,
  )
  groups.set(merge, [...new Set(changers.flatMap(([, repartitions]) => repartitions))])
  for (const [changer] of changers) groups.delete(changer)
}

/** Joins of a stream with itself keep one store: the second windowed side goes. */
export function mergeSelfJoins({ root }: Graph): void {
  const visited = new Set<Vertex>()
  const visit = (vertex: Vertex): void => {
    visited.add(vertex)
    if (vertex.plan?.kind === 'streamJoin' && vertex.parents.size === 1) {
      const right = vertex.plan.windowedNames[1]
      for (const parent of vertex.parents) {
        for (const sibling of Array.from(parent.children)) if (sibling.name === right) parent.remove(sibling)
      }
      vertex.selfJoin = true
    }
    for (const child of Array.from(vertex.children)) if (!visited.has(child)) visit(child)
  }
  visit(root)
}

/** Repartition nodes that must let null keys through: a left or outer join is somewhere behind them. */
export function keepsNullKeys(vertex: Vertex): boolean {
  const seen = new Set<Vertex>()
  const leads = (from: Vertex): boolean => {
    if (seen.has(from)) return false
    seen.add(from)
    return [...from.children].some((child) => child.plan?.relaxedNullKey === true || leads(child))
  }
  return leads(vertex)
}
