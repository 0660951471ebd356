/** Sizes of buffers that are kept for reuse: powers of two between these. */
const smallestBits = 13
const largestBits = 20
/** Buffers kept of each size: an answer to a reader of many partitions takes one for each of them. */
const keptPerSize = 32

/**
 * Buffers that are used again. A busy connection would else leave a trail of garbage outside of the heap: the collector
 * is slow to see it, and marks the whole heap again and again because of it.
 */
export class BufferPool {
  readonly #free: Buffer[][] = Array.from({ length: largestBits - smallestBits + 1 }, () => [])

  /** Bytes taken and neither given back nor forgotten. */
  lentBytes = 0

  /** A buffer of exactly `size` bytes; what is in it is whatever was there before. */
  take(size: number): Buffer {
    this.lentBytes += size
    if (size > 2 ** largestBits) return Buffer.allocUnsafeSlow(size)
    const bits = Math.max(smallestBits, 32 - Math.clz32(size - 1))
    const whole = this.#free[bits - smallestBits]!.pop() ?? Buffer.allocUnsafeSlow(2 ** bits)
    return whole.subarray(0, size)
  }

  /** Gives a buffer from `take` back; nobody may look at it any more. */
  give(buffer: Buffer): void {
    this.forget(buffer)
    const whole = Buffer.from(buffer.buffer)
    if (whole.length > 2 ** largestBits) return
    const kept = this.#free[31 - Math.clz32(whole.length) - smallestBits]!
    if (kept.length < keptPerSize) kept.push(whole)
  }

  /** A buffer from `take` will not come back: somebody may still look at it. */
  forget(buffer: Buffer): void {
    this.lentBytes -= buffer.length
  }
}
