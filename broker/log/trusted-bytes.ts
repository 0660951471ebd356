/** More than readers at different places need. */
const mostRanges = 16

interface Range {
  start: number
  end: number
}

/**
 * Which bytes of a segment's file may go out as they are: those that this process wrote or verified when it opened the log,
 * and those that a read has verified since. Bytes of an earlier life can have changed on the disk without anybody's
 * knowledge, so each of them is looked at once before it is served.
 */
export class TrustedBytes {
  /** Everything from here on is this process's own. */
  #ownFrom: number
  /** Verified by reads: rising, apart from one another. */
  readonly #ranges: Range[] = []

  /** The first `foreignBytes` were written by somebody else. */
  constructor(foreignBytes: number) {
    this.#ownFrom = foreignBytes
  }

  /** All there is is this process's own from now on. */
  own(): void {
    this.#ownFrom = 0
    this.#ranges.length = 0
  }

  /** The file was cut: what is written there next is this process's own. */
  cut(size: number): void {
    this.#ownFrom = Math.min(this.#ownFrom, size)
    while (this.#ranges.length > 0 && this.#ranges.at(-1)!.start >= size) this.#ranges.pop()
    const last = this.#ranges.at(-1)
    if (last) last.end = Math.min(last.end, size)
  }

  /** Where the trusted bytes end that begin at `position`; `position` itself where they are not trusted. */
  endAt(position: number): number {
    if (position >= this.#ownFrom) return Number.POSITIVE_INFINITY
    const range = this.#ranges.find(({ start, end }) => start <= position && position < end)
    if (range === undefined) return position
    return range.end >= this.#ownFrom ? Number.POSITIVE_INFINITY : range.end
  }

  /** `[start, end)` was verified. */
  add(start: number, end: number): void {
    const merged = { start, end }
    for (let i = this.#ranges.length - 1; i >= 0; i--) {
      const range = this.#ranges[i]!
      if (range.end < start || range.start > end) continue
      merged.start = Math.min(merged.start, range.start)
      merged.end = Math.max(merged.end, range.end)
      this.#ranges.splice(i, 1)
    }
    const at = this.#ranges.findIndex((range) => range.start > merged.start)
    this.#ranges.splice(at < 0 ? this.#ranges.length : at, 0, merged)
    if (this.#ranges.length > mostRanges) this.#ranges.splice(this.#smallest(), 1)
  }

  #smallest(): number {
    const sizes = this.#ranges.map(({ start, end }) => end - start)
    return sizes.indexOf(Math.min(...sizes))
  }
}
