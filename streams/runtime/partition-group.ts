/** An input of a task: what the group needs to know to choose among several. */
export interface Input {
  /** Timestamp of the record at its head, or undefined when it has none. */
  readonly headTimestamp: number | undefined
}

interface Waiting<I> {
  readonly input: I
  timestamp: number
  /** Rises with every entry: among equal timestamps the one that waits longest goes first. */
  turn: number
}

/**
 * The inputs of a task in the order in which they are to be read: smallest head timestamp first. A binary heap over the
 * inputs that have a record; those that have none are outside.
 */
export class PartitionGroup<I extends Input> {
  readonly #heap: Waiting<I>[] = []
  readonly #waiting = new Map<I, Waiting<I>>()
  #turn = 0

  /** Inputs that have a record. */
  get size(): number {
    return this.#heap.length
  }

  /** Call after records were added to an input; nothing happens if it was waiting already. */
  offer(input: I): void {
    if (input.headTimestamp === undefined || this.#waiting.has(input)) return
    const entry = { input, timestamp: input.headTimestamp, turn: this.#turn++ }
    this.#waiting.set(input, entry)
    this.#heap.push(entry)
    this.#up(this.#heap.length - 1)
  }

  /** The input to read next. */
  get first(): I | undefined {
    return this.#heap[0]?.input
  }

  /** Call after the head of `first` was taken: it queues up anew, or leaves when it has no more. */
  advance(): void {
    const entry = this.#heap[0]
    if (entry === undefined) return
    const timestamp = entry.input.headTimestamp
    if (timestamp === undefined) {
      this.#waiting.delete(entry.input)
      const last = this.#heap.pop()!
      if (this.#heap.length === 0) return
      this.#heap[0] = last
    } else {
      entry.timestamp = timestamp
      entry.turn = this.#turn++
    }
    this.#down(0)
  }

  #up(at: number): void {
    const heap = this.#heap
    for (let i = at; i > 0;) {
      const parent = (i - 1) >> 1
      if (!before(heap[i]!, heap[parent]!)) return
      this.#swap(i, parent)
      i = parent
    }
  }

  #down(at: number): void {
    const heap = this.#heap
    for (let i = at; ;) {
      const left = 2 * i + 1
      const right = left + 1
      let least = i
      if (left < heap.length && before(heap[left]!, heap[least]!)) least = left
      if (right < heap.length && before(heap[right]!, heap[least]!)) least = right
      if (least === i) return
      this.#swap(i, least)
      i = least
    }
  }

  #swap(i: number, j: number): void {
    const heap = this.#heap
    const entry = heap[i]!
    heap[i] = heap[j]!
    heap[j] = entry
  }
}

const before = (a: Waiting<unknown>, b: Waiting<unknown>): boolean =>
  a.timestamp < b.timestamp || (a.timestamp === b.timestamp && a.turn < b.turn)
