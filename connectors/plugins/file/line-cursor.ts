const lineFeed = 10
const carriageReturn = 13

/**
 * Walks over the lines of a buffer without making anything: after `next()` a line is from `start` to `end`, and the one
 * after it begins at `after`. Lines end with \n, \r\n or \r. An unfinished line at the end counts only when `final`, and
 * one longer than `mostBytes` is cut.
 */
export class LineCursor {
  start: number
  end: number
  after: number
  readonly #bytes: Buffer
  readonly #final: boolean
  readonly #mostBytes: number
  // Where the next of each is; -1 not looked for yet, the length when there is none.
  #feed = -1
  #return = -1

  constructor(bytes: Buffer, from: number, final: boolean, mostBytes: number) {
    this.#bytes = bytes
    this.#final = final
    this.#mostBytes = mostBytes
    this.start = from
    this.end = from
    this.after = from
  }

  next(): boolean {
    const { length } = this.#bytes
    const from = this.after
    if (from >= length) return false
    if (this.#feed < from) this.#feed = this.#find(lineFeed, from)
    if (this.#return < from) this.#return = this.#find(carriageReturn, from)
    const end = Math.min(this.#feed, this.#return)
    if (end - from > this.#mostBytes) return this.#line(from, from + this.#mostBytes, from + this.#mostBytes)
    if (end === length) return this.#final ? this.#line(from, length, length) : false
    if (this.#feed < this.#return) return this.#line(from, end, end + 1)
    if (end + 1 < length) return this.#line(from, end, this.#bytes[end + 1] === lineFeed ? end + 2 : end + 1)
    // A \r that ends the buffer may be half of a \r\n.
    return this.#final ? this.#line(from, end, length) : false
  }

  #find(byte: number, from: number): number {
    const at = this.#bytes.indexOf(byte, from)
    return at < 0 ? this.#bytes.length : at
  }

  #line(start: number, end: number, after: number): boolean {
    this.start = start
    this.end = end
    this.after = after
    return true
  }
}
