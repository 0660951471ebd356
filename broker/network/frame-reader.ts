import type { BufferPool } from './buffer-pool.ts'

/**
 * Cuts a stream of bytes into size-prefixed frames. A frame that lies whole in one chunk is a view on that chunk; one
 * that spans chunks gets a buffer of its own size, filled in place, so every byte is copied at most once.
 */
export class FrameReader {
  /** Checked before anything is allocated for a frame. */
  maxFrameBytes: number
  readonly #buffers: BufferPool
  /** Bytes of the size field seen so far, and their value. */
  #sizeBytes = 0
  #size = 0
  #partial: Buffer | undefined
  #filled = 0
  /** The frame returned last lies in a buffer from the frame memory, to be given back there. */
  lent = false

  constructor(maxFrameBytes: number, buffers: BufferPool) {
    this.maxFrameBytes = maxFrameBytes
    this.#buffers = buffers
  }

  /**
   * Reads on in `chunk` from `cursor.position` and returns the next complete frame (without its size field), or
   * undefined when the chunk is used up, or when a frame larger than what is left of the chunk begins and `admit` says
   * no to its size: then the cursor stays behind the size field and a later call goes on from there. Throws a
   * RangeError when the size field cannot be right.
   */
  next(chunk: Buffer, cursor: Cursor, admit: (size: number) => boolean): Buffer | undefined {
    if (this.#sizeBytes < 4 && !this.#readSize(chunk, cursor)) return undefined
    const size = this.#size
    const left = chunk.length - cursor.position
    if (this.#partial === undefined) {
      if (left >= size) {
        const frame = chunk.subarray(cursor.position, cursor.position + size)
        cursor.position += size
        this.#sizeBytes = 0
        this.lent = false
        return frame
      }
      if (!admit(size)) return undefined
      this.#partial = this.#buffers.take(size)
      this.#filled = 0
    }
    const partial = this.#partial
    const count = Math.min(left, size - this.#filled)
    chunk.copy(partial, this.#filled, cursor.position, cursor.position + count)
    cursor.position += count
    this.#filled += count
    if (this.#filled < size) return undefined
    this.#partial = undefined
    this.#sizeBytes = 0
    this.lent = true
    return partial
  }

  /** Forgets the frame under way: no more will come. */
  drop(): void {
    if (this.#partial !== undefined) this.#buffers.forget(this.#partial)
    this.#partial = undefined
  }

  #readSize(chunk: Buffer, cursor: Cursor): boolean {
    if (this.#sizeBytes === 0 && chunk.length - cursor.position >= 4) {
      this.#size = chunk.readInt32BE(cursor.position)
      cursor.position += 4
      this.#sizeBytes = 4
    } else {
      if (this.#sizeBytes === 0) this.#size = 0
      while (this.#sizeBytes < 4) {
        if (cursor.position === chunk.length) return false
        this.#size = (this.#size << 8) | chunk[cursor.position++]!
        this.#sizeBytes++
      }
    }
    if (this.#size < 0 || this.#size > this.maxFrameBytes) {
      throw new RangeError(`a frame of ${this.#size} bytes, the limit is ${this.maxFrameBytes}`)
    }
    return true
  }
}

/** A place in a chunk that moves as frames are cut from it. */
export interface Cursor {
  position: number
}
