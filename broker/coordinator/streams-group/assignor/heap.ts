/**
 * A binary heap whose least item comes out first. Items whose order changes while they are in it keep their place, so
 * whoever changes one takes it out before. Equal items come out in the order that sifting leaves them in, which is the
 * order of Java's PriorityQueue.
 */
export class Heap<T> {
  readonly #items: T[] = []
  readonly #orderOf: (item: T) => number

  constructor(orderOf: (item: T) => number, items: Iterable<T> = []) {
    this.#orderOf = orderOf
    for (const item of items) this.push(item)
  }

  get size(): number {
    return this.#items.length
  }

  push(item: T): void {
    const items = this.#items
    const order = this.#orderOf(item)
    let at = items.push(item) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if (order >= this.#orderOf(items[above]!)) break
      items[at] = items[above]!
      at = above
    }
    items[at] = item
  }

  /** Takes the least item out; undefined when there is none. */
  pop(): T | undefined {
    const items = this.#items
    const least = items[0]
    const last = items.pop()
    if (items.length === 0) return least
    this.#siftDown(last!)
    return least
  }

  /** Puts an item where the top was. */
  #siftDown(item: T): void {
    const items = this.#items
    const order = this.#orderOf(item)
    const firstLeaf = items.length >> 1
    let at = 0
    while (at < firstLeaf) {
      let below = 2 * at + 1
      const right = below + 1
      if (right < items.length && this.#orderOf(items[below]!) > this.#orderOf(items[right]!)) below = right
      if (order <= this.#orderOf(items[below]!)) break
      items[at] = items[below]!
      at = below
    }
    items[at] = item
  }
}
