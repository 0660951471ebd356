import { BTree } from './btree.ts'
import type { Row } from './cache.ts'

/**
 * Rows by key, in memory. Keys are bytes as latin1 text, whose order is the order of the unsigned bytes. Single rows are
 * found by hash; an ordered index comes to be with the first range read and is kept from then on.
 */
export class MemoryRows<T = Row> {
  readonly #rows = new Map<string, T>()
  #order: BTree<string, undefined> | undefined

  get size(): number {
    return this.#rows.size
  }

  get(key: string): T | undefined {
    return this.#rows.get(key)
  }

  set(key: string, row: T): void {
    if (this.#order !== undefined && !this.#rows.has(key)) this.#order.set(key, undefined)
    this.#rows.set(key, row)
  }

  delete(key: string): void {
    if (this.#rows.delete(key)) this.#order?.delete(key)
  }

  /** Keys from `from` to `to`, both included, undefined for open ends; a copy, so rows may change while it is used. */
  keys(from?: string, to?: string): string[] {
    if (this.#order === undefined) {
      this.#order = new BTree<string, undefined>(undefined, compare)
      for (const key of this.#rows.keys()) this.#order.set(key, undefined)
    }
    if (from === undefined && to === undefined) return this.#order.keysArray()
    const low = from ?? this.#order.minKey()
    const high = to ?? this.#order.maxKey()
    if (low === undefined || high === undefined || low > high) return []
    return this.#order.getRange(low, high, true).map(([key]) => key)
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
