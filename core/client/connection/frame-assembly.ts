/** Bytes of the size field. */
const sizeBytes = 4
/** What one read may bring while no large answer is under way. */
const scratchBytes = 65_536
/** Answers from this size on get memory of their own into which the socket reads directly. */
const largeBytes = 32_768

/**
 * Puts answers together from a stream: 4 bytes of size, then that many bytes. The stream is read into `target`: a
 * scratch buffer that is used again and again, from which answers are copied out, or, while the rest of a large answer is
 * awaited, that answer's own memory.
 */
export class FrameAssembly {
  readonly #maxBytes: number
  readonly #onFrame: (frame: Buffer) => void
  readonly #scratch = Buffer.allocUnsafeSlow(scratchBytes)
  /** Bytes of the scratch buffer that are carried over: the beginning of an answer. */
  #kept = 0
  #large: Buffer | undefined
  #filled = 0

  constructor(maxBytes: number, onFrame: (frame: Buffer) => void) {
    this.#maxBytes = maxBytes
    this.#onFrame = onFrame
  }

  /** Where the next bytes of the stream belong. */
  target(): Buffer {
    return this.#large === undefined ? this.#scratch.subarray(this.#kept) : this.#large.subarray(this.#filled)
  }

  /** Takes in what was read into the target. Throws a RangeError on a size that no answer can have. */
  received(count: number): void {
    if (this.#large === undefined) return this.#cut(this.#kept + count)
    this.#filled += count
    if (this.#filled < this.#large.length) return
    const frame = this.#large
    this.#large = undefined
    this.#onFrame(frame)
  }

  #cut(end: number): void {
    const scratch = this.#scratch
    let at = 0
    while (end - at >= sizeBytes) {
      const size = scratch.readInt32BE(at)
      if (size < sizeBytes || size > this.#maxBytes) {
        throw new RangeError(`an answer of ${size} bytes, the limit is ${this.#maxBytes}`)
      }
      const start = at + sizeBytes
      if (end - start >= size) {
        at = start + size
        this.#onFrame(Buffer.from(scratch.subarray(start, at)))
      } else if (size >= largeBytes) {
        this.#large = Buffer.allocUnsafeSlow(size)
        this.#filled = scratch.copy(this.#large, 0, start, end)
        at = end
      } else break
    }
    scratch.copyWithin(0, at, end)
    this.#kept = end - at
  }
}
