import { assert } from '#core/errors/assert.ts'
import { storeGetter } from '../operators/getter.ts'
import type { Getter } from '../operators/getter.ts'
import type { PlanNode, Resolved } from './plan.ts'

/**
 * Settles what later nodes ask of tables: which stores must come to be, and which tables send old values with their
 * changes. Demands are met in the order of the DSL's calls, because a table that has no store yet answers `ask` with no.
 */
export class TableDemands {
  readonly #materialised = new Set<PlanNode>()
  readonly #sendsOld = new Set<PlanNode>()
  readonly #getters = new Map<PlanNode, Getter[]>()

  constructor(nodes: readonly PlanNode[]) {
    for (const node of nodes) {
      if (node.table?.store !== undefined && !node.table.lazy) this.#materialised.add(node)
    }
    for (const node of nodes) {
      for (const { table, wants } of node.demands ?? []) {
        if (wants === 'getter') this.#add(node, this.#getter(table))
        else {
          const granted = this.#sendOldValues(table, wants === 'force')
          if (granted && wants === 'ask') this.#sendsOld.add(node)
        }
      }
    }
  }

  /** True when the node's own store exists. */
  materialised(node: PlanNode): boolean {
    return this.#materialised.has(node)
  }

  resolve(node: PlanNode, versioned: readonly boolean[]): Resolved {
    return {
      sendsOldValues: this.#sendsOld.has(node),
      store: this.#materialised.has(node) ? node.table?.store?.name : undefined,
      getters: this.#getters.get(node) ?? [],
      versioned,
    }
  }

  #add(node: PlanNode, getter: Getter): void {
    const getters = this.#getters.get(node)
    if (getters === undefined) this.#getters.set(node, [getter])
    else getters.push(getter)
  }

  #sendOldValues(node: PlanNode, force: boolean): boolean {
    if (this.#sendsOld.has(node)) return true
    const table = node.table
    assert(table, `${node.name} is asked for old values and is no table`)
    if (table.forcesParents === true) {
      for (const parent of table.parents) this.#sendOldValues(parent, true)
      this.#sendsOld.add(node)
      return true
    }
    const own =
      table.store !== undefined && table.opaque !== true && (table.parents.length === 0 || this.#materialised.has(node))
    if (own) {
      if (!this.#materialised.has(node)) {
        if (!force) return false
        this.#materialised.add(node)
      }
    } else if (!table.parents.every((parent) => this.#sendOldValues(parent, force))) return false
    this.#sendsOld.add(node)
    return true
  }

  #getter(node: PlanNode): Getter {
    const table = node.table
    assert(table, `${node.name} is asked for rows and is no table`)
    if (
      table.store !== undefined &&
      table.opaque !== true &&
      (table.parents.length === 0 || this.#materialised.has(node))
    ) {
      this.#materialised.add(node)
      return table.view?.([]) ?? storeGetter(table.store.name)
    }
    assert(table.view, `${node.name} has neither a store nor a view`)
    return table.view(table.parents.map((parent) => this.#getter(parent)))
  }
}
