/** How many buffers are kept while nothing waits. */
const keptWhenIdle = 32

/**
 * Memory of batches that are through, for batches to come. Buffers of this size live outside the engine's heap, and the
 * collector works hard for each one that is dropped: a quarter of a busy producer's time, measured.
 */
export class BatchMemory {
  readonly #leastBytes: number
  readonly #mostBytes: number
  readonly #mostBuffers: number
  readonly #spare: Buffer[] = []

  /** For batches of up to `batchSize` bytes, `bufferMemory` in all; buffers much smaller or larger are not kept. */
  constructor(batchSize: number, bufferMemory: number) {
    this.#leastBytes = batchSize / 2
    this.#mostBytes = batchSize * 2
    this.#mostBuffers = Math.ceil(bufferMemory / batchSize)
  }

  take(): Buffer | undefined {
    return this.#spare.pop()
  }

  /** Nobody may look at the buffer any more. */
  give(buffer: Buffer): void {
    if (buffer.length < this.#leastBytes || buffer.length > this.#mostBytes) return
    if (this.#spare.length < this.#mostBuffers) this.#spare.push(buffer)
  }

  /** Lets go of what only a busy time needed. */
  trim(): void {
    if (this.#spare.length > keptWhenIdle) this.#spare.length = keptWhenIdle
  }
}
