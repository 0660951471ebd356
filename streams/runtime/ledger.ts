/** A record that was taken from its partition. It is done when nobody holds it any more. */
export interface Held {
  readonly offset: number
  holds: number
}

/**
 * Which offsets of one partition are done. Records enter in offset order and may finish in any order; everything before
 * the first unfinished one is committable. Costs O(1) per record, amortised.
 */
export class OffsetLedger {
  #open: Held[] = []
  #first = 0
  #committable: number | undefined

  /** Offset to commit: the one after the last that is done with all before it. Undefined while nothing is. */
  get committable(): number | undefined {
    return this.#committable
  }

  /** Records not yet done. */
  get size(): number {
    return this.#open.length - this.#first
  }

  /** Enters a record with one hold. Offsets must rise. */
  open(held: Held): void {
    held.holds++
    this.#open.push(held)
  }

  /** Gives one hold back. */
  release(held: Held): void {
    if (--held.holds > 0) return
    const open = this.#open
    if (open.length === 1) {
      // The usual case by far: records are done one by one.
      this.#committable = held.offset + 1
      open.pop()
      this.#first = 0
      return
    }
    while (this.#first < open.length && open[this.#first]!.holds <= 0) {
      this.#committable = open[this.#first]!.offset + 1
      this.#first++
    }
    if (this.#first === open.length) {
      open.length = 0
      this.#first = 0
    } else if (this.#first > 1024 && this.#first * 2 > open.length) {
      this.#open = open.slice(this.#first)
      this.#first = 0
    }
  }
}
