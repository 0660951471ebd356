/** A value as text: strings as they are, objects as JSON with exact integers. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return `${(value ?? null) as number | bigint | boolean | null}`
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'bigint') return Number.isSafeInteger(Number(each)) ? Number(each) : each.toString()
    return each instanceof Map ? Object.fromEntries(each) : each
  })
}

const lineFeed = 10
const firstSize = 256 * 1024

/** Lines gathered as bytes, in one buffer that is used again and again. */
export class LineBuffer {
  #bytes = Buffer.allocUnsafeSlow(firstSize)
  #length = 0

  /** Bytes held. */
  get length(): number {
    return this.#length
  }

  /** Adds a line and returns its length in bytes, the line feed counted. */
  add(value: unknown): number {
    const start = this.#length
    if (value instanceof Uint8Array) {
      this.#reserve(value.length + 1)
      this.#bytes.set(value, start)
      this.#length += value.length
    } else {
      const text = textOf(value)
      // No character of UTF-16 takes more than three bytes of UTF-8.
      this.#reserve(text.length * 3 + 1)
      this.#length += this.#bytes.write(text, start)
    }
    this.#bytes[this.#length++] = lineFeed
    return this.#length - start
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + more))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }

  /** Takes out all but the last `keep` bytes. They are valid until the next call. */
  take(keep: number): Uint8Array {
    const end = this.#length - keep
    if (keep === 0) {
      this.#length = 0
      return this.#bytes.subarray(0, end)
    }
    const taken = Buffer.from(this.#bytes.subarray(0, end))
    this.#bytes.copyWithin(0, end, this.#length)
    this.#length = keep
    return taken
  }
}
