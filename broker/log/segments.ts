import type { Segment } from './segment.ts'

/** The segments of a log by base offset. There is always at least one; the last takes the appends. */
export class Segments {
  readonly #list: Segment[]

  constructor(list: readonly Segment[]) {
    this.#list = [...list]
  }

  get active(): Segment {
    return this.#list.at(-1)!
  }

  get first(): Segment {
    return this.#list[0]!
  }

  all(): readonly Segment[] {
    return this.#list
  }

  get sizeInBytes(): number {
    return this.#list.reduce((sum, segment) => sum + segment.sizeInBytes, 0)
  }

  /** Place of the segment that holds `offset`, or the first one. */
  indexOf(offset: number): number {
    let low = 0
    let high = this.#list.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#list[middle]!.baseOffset <= offset) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  /** The segments from the one that holds `offset` on. */
  from(offset: number): readonly Segment[] {
    return this.#list.slice(this.indexOf(offset))
  }

  /** Where the offsets of a segment end: the next one's base, or the end of the log. */
  endOf(segment: Segment, logEndOffset: number): number {
    return this.#list[this.#list.indexOf(segment) + 1]?.baseOffset ?? logEndOffset
  }

  push(segment: Segment): void {
    this.#list.push(segment)
  }

  /** Puts one segment in the place of several that follow one another. */
  replace(old: readonly Segment[], next: Segment): void {
    this.#list.splice(this.#list.indexOf(old[0]!), old.length, next)
  }

  /** Takes out the `count` oldest. */
  removeFirst(count: number): Segment[] {
    return this.#list.splice(0, count)
  }

  /** Takes out those that begin after `offset`. */
  removeAbove(offset: number): Segment[] {
    const kept = this.#list.filter((segment) => segment.baseOffset <= offset).length
    return this.#list.splice(kept)
  }
}
