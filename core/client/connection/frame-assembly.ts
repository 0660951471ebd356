/**
 * Puts answers together from the chunks that a socket delivers: 4 bytes of size, then that many bytes. An answer inside
 * one chunk is a view on it; one that spans chunks is copied once, into a buffer of its own size.
 */
export class FrameAssembly {
  readonly #maxBytes: number
  readonly #onFrame: (frame: Buffer) => void
  #size = -1
  #head = 0
  #headBytes = 0
  #frame: Buffer | undefined
  #filled = 0

  constructor(maxBytes: number, onFrame: (frame: Buffer) => void) {
    this.#maxBytes = maxBytes
    this.#onFrame = onFrame
  }

  /** Throws a RangeError on a size that no answer can have. */
  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#size < 0) {
        at = this.#readSize(chunk, at)
        if (this.#size < 0) return
      }
      const left = chunk.length - at
      if (this.#frame === undefined && left >= this.#size) {
        const frame = chunk.subarray(at, at + this.#size)
        at += this.#size
        this.#size = -1
        this.#onFrame(frame)
        continue
      }
      this.#frame ??= Buffer.allocUnsafeSlow(this.#size)
      const count = Math.min(left, this.#size - this.#filled)
      chunk.copy(this.#frame, this.#filled, at, at + count)
      at += count
      this.#filled += count
      if (this.#filled === this.#size) this.#complete(this.#frame)
    }
  }

  #complete(frame: Buffer): void {
    this.#frame = undefined
    this.#filled = 0
    this.#size = -1
    this.#onFrame(frame)
  }

  #readSize(chunk: Buffer, at: number): number {
    while (this.#headBytes < 4 && at < chunk.length) {
      this.#head = (this.#head << 8) | chunk[at++]!
      this.#headBytes++
    }
    if (this.#headBytes < 4) return at
    const size = this.#head
    this.#head = 0
    this.#headBytes = 0
    if (size < 4 || size > this.#maxBytes)
      throw new RangeError(`an answer of ${size} bytes, the limit is ${this.#maxBytes}`)
    this.#size = size
    return at
  }
}
