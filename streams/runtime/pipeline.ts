import type { OperatorFunction } from 'rxjs'
import { Subject, Subscriber } from 'rxjs'
import { assert } from '#core/errors/assert.ts'
import type { Emit, NodeContext } from '../operators/operator.ts'
import type { StreamRecord } from '../record.ts'
import type { ProcessorNode, TopologyNode } from '../topology/node.ts'

type AnyRecord = StreamRecord<unknown, unknown>

/** Makes what stands at the ends of the pipeline; the task knows how. */
export interface PipelineParts {
  context(node: ProcessorNode, emitTo: (child: string) => Emit<AnyRecord>): NodeContext
  sink(node: Extract<TopologyNode, { kind: 'sink' }>): (record: AnyRecord) => void
}

/** Receives the end of a segment. Errors go straight up to whoever sent the record: nothing here ends a stream. */
class Outlet extends Subscriber<AnyRecord> {
  readonly #send: Emit<AnyRecord>

  constructor(send: Emit<AnyRecord>) {
    super()
    this.#send = send
  }

  protected override _next(record: AnyRecord): void {
    this.#send(record)
  }
}

/**
 * The nodes of a task, wired: runs of nodes with one way in and one way out are one RxJS pipe behind a Subject, and
 * where ways part or meet, records are handed from Subject to Subject in the order of the graph. So a record goes depth
 * first, and a source's `next` returns when all of it is done.
 */
export class Pipeline {
  readonly #nodes = new Map<string, TopologyNode>()
  readonly #children = new Map<string, TopologyNode[]>()
  readonly #entries = new Map<string, Emit<AnyRecord>>()
  readonly #parts: PipelineParts
  readonly #open: Subject<AnyRecord>[] = []

  constructor(nodes: readonly TopologyNode[], parts: PipelineParts) {
    this.#parts = parts
    for (const node of nodes) {
      this.#nodes.set(node.name, node)
      this.#children.set(node.name, [])
      if (node.kind !== 'source') for (const parent of node.parents) this.#children.get(parent)!.push(node)
    }
    for (const node of nodes) if (node.kind === 'source') this.#entries.set(node.name, this.#fanOut(node.name))
  }

  /** The way in at a source or processor. */
  entry(node: string): Emit<AnyRecord> {
    const entry = this.#entries.get(node)
    assert(entry, `node "${node}" is part of the pipeline`)
    return entry
  }

  close(): void {
    for (const subject of this.#open) subject.complete()
  }

  /** Hands a record to all children of a node, in order. */
  #fanOut(name: string): Emit<AnyRecord> {
    const targets = this.#children.get(name)!.map((child) => this.#into(child))
    const [first, second] = targets
    if (first === undefined) return () => {}
    if (second === undefined) return first
    return (record) => {
      for (const target of targets) target(record)
    }
  }

  #into(node: TopologyNode): Emit<AnyRecord> {
    const known = this.#entries.get(node.name)
    if (known !== undefined) return known
    assert(node.kind !== 'source', 'nothing leads into a source')
    const entry = node.kind === 'sink' ? this.#parts.sink(node) : this.#segment(node)
    this.#entries.set(node.name, entry)
    return entry
  }

  #segment(head: ProcessorNode): Emit<AnyRecord> {
    const run: ProcessorNode[] = [head]
    for (let next = this.#onlyChild(head); next !== undefined; next = this.#onlyChild(next)) run.push(next)
    const end = this.#fanOut(run.at(-1)!.name)
    const input = new Subject<AnyRecord>()
    this.#open.push(input)
    const operators = run.map((node) => {
      const context = this.#parts.context(node, (child) => this.#into(this.#nodes.get(child)!))
      return (node.operator as (context: NodeContext) => OperatorFunction<AnyRecord, AnyRecord>)(context)
    })
    operators.reduce((from, operator) => operator(from), input.asObservable()).subscribe(new Outlet(end))
    return (record) => input.next(record)
  }

  /** The next node of a run: a processor that is the only child and has no other parent. */
  #onlyChild(node: ProcessorNode): ProcessorNode | undefined {
    const [child, other] = this.#children.get(node.name)!
    if (other !== undefined || child?.kind !== 'processor' || child.parents.length > 1) return undefined
    return node.routes === true ? undefined : child
  }
}
