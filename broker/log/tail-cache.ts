import { RecordBatch } from '#core/records/batch.ts'

const smallestChunkBytes = 16 * 1024
/** Measured: larger pieces come from the system anew each time, and then page faults cost more than the copy. */
const largestChunkBytes = 128 * 1024
const chunksAtLeast = 8
/** Unused chunks kept for reuse. */
const spareChunks = 4
const markEveryBytes = 4096

/** Memory with the batches of one log, one after another. Filled from the front and never rewritten, so views stay good. */
class Chunk {
  readonly bytes: Buffer
  readonly baseOffset: number
  /** Bytes that are in the log. */
  used = 0
  endOffset: number
  /** Somebody was given views on the memory, so it may not be used again. */
  shared = false
  /** Base offset and position of a batch about every 4 KiB, rising: where a walk may begin. */
  readonly #markOffsets: number[] = []
  readonly #markPositions: number[] = []

  constructor(bytes: Buffer, baseOffset: number) {
    this.bytes = bytes
    this.baseOffset = baseOffset
    this.endOffset = baseOffset
  }

  commit(size: number, baseOffset: number, endOffset: number): void {
    const last = this.#markPositions.at(-1)
    if (last === undefined || this.used - last >= markEveryBytes) {
      this.#markOffsets.push(baseOffset)
      this.#markPositions.push(this.used)
    }
    this.used += size
    this.endOffset = endOffset
  }

  /** Where the batch begins that holds `offset`, which must lie in the chunk. */
  positionOf(offset: number): number {
    let at = this.#markBefore(this.#markOffsets, offset)
    for (;;) {
      const batch = RecordBatch.at(this.bytes, at)
      if (batch.lastOffset >= offset) return at
      at += batch.sizeInBytes
    }
  }

  /** End of the last whole batch that ends by `limit` bytes and lies below the offset `upTo`; at least `start`. */
  endOf(start: number, limit: number, upTo: number): number {
    if (upTo >= this.endOffset && limit >= this.used) return this.used
    let at = Math.max(start, this.#markBefore(this.#markPositions, limit))
    // The mark by bytes may lie above `upTo`; then the one by offset is the nearer.
    if (at > start && RecordBatch.at(this.bytes, at).baseOffset >= upTo)
      at = Math.max(start, this.#markBefore(this.#markOffsets, upTo - 1))
    while (at < this.used) {
      const batch = RecordBatch.at(this.bytes, at)
      const end = at + batch.sizeInBytes
      if (end > limit || batch.lastOffset >= upTo) break
      at = end
    }
    return at
  }

  #markBefore(keys: readonly number[], target: number): number {
    let low = 0
    let high = keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (keys[middle]! <= target) low = middle + 1
      else high = middle
    }
    return this.#markPositions[Math.max(0, low - 1)]!
  }
}

/** The memory that the tails of all logs of a directory share: what was appended first goes first. */
export class TailCache {
  readonly #maxBytes: number
  #bytes = 0
  /** Oldest first. */
  readonly #chunks = new Map<Chunk, LogTail>()
  readonly #spare: Buffer[] = []

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The tail of one more log. */
  tail(): LogTail {
    return new LogTail(this)
  }

  /** A chunk's size: as wished, but so that several logs can have one. */
  chunkBytes(wished: number): number {
    return Math.max(smallestChunkBytes, Math.min(wished, largestChunkBytes, this.#maxBytes / chunksAtLeast))
  }

  /** A new chunk for a log, for which the oldest ones of all logs make room. */
  add(tail: LogTail, capacity: number, baseOffset: number): Chunk {
    for (const [oldest, owner] of this.#chunks) {
      if (this.#bytes + capacity <= this.#maxBytes) break
      owner.drop(oldest)
    }
    const spare = capacity === largestChunkBytes ? this.#spare.pop() : undefined
    // Off the shared pool: chunks live long and would pin slabs that others use.
    const chunk = new Chunk(spare ?? Buffer.allocUnsafeSlow(capacity), baseOffset)
    this.#chunks.set(chunk, tail)
    this.#bytes += capacity
    return chunk
  }

  /** A log lets go of a chunk. */
  remove(chunk: Chunk): void {
    if (!this.#chunks.delete(chunk)) return
    this.#bytes -= chunk.bytes.length
    const reusable = !chunk.shared && chunk.bytes.length === largestChunkBytes
    if (reusable && this.#spare.length < spareChunks) this.#spare.push(chunk.bytes)
  }
}

/** Bytes of whole batches. */
export interface CachedRead {
  readonly chunks: Buffer[]
  readonly sizeInBytes: number
}

/**
 * The newest batches of one log in memory. An append is staged here first: the log stamps and writes the copy, which is why
 * the caller's buffer is free at once, and why a reader at the end gets its bytes without a file.
 */
export class LogTail {
  readonly #cache: TailCache
  #chunks: Chunk[] = []
  #nextCapacity = smallestChunkBytes

  constructor(cache: TailCache) {
    this.#cache = cache
  }

  /** First offset that can be read here; `logEndOffset` when nothing can. */
  startOffset(logEndOffset: number): number {
    return this.#chunks[0]?.baseOffset ?? logEndOffset
  }

  /** Copies batches behind the last ones; they count only once `commit` is called. Returns the copy. */
  stage(batches: Buffer, baseOffset: number): Buffer {
    let chunk = this.#chunks.at(-1)
    if (chunk === undefined || chunk.used + batches.length > chunk.bytes.length) {
      const capacity = this.#cache.chunkBytes(this.#nextCapacity)
      this.#nextCapacity = capacity * 2
      chunk = this.#cache.add(this, Math.max(capacity, batches.length), baseOffset)
      this.#chunks.push(chunk)
    }
    const staged = chunk.bytes.subarray(chunk.used, chunk.used + batches.length)
    staged.set(batches)
    return staged
  }

  /** The staged batches are in the log. */
  commit(size: number, baseOffset: number, endOffset: number): void {
    this.#chunks.at(-1)!.commit(size, baseOffset, endOffset)
  }

  /**
   * Whole batches from the one that holds `offset`, up to `maxBytes` and below `upTo`; undefined when not in memory. Who
   * does not `keep` them has to be done with them before the next append.
   */
  read(offset: number, maxBytes: number, upTo: number, atLeastOneBatch: boolean, keep = true): CachedRead | undefined {
    let at = this.#chunks.findLastIndex((chunk) => chunk.baseOffset <= offset)
    if (at < 0 || offset >= this.#chunks[at]!.endOffset) return undefined
    const chunks: Buffer[] = []
    let sizeInBytes = 0
    let start = this.#chunks[at]!.positionOf(offset)
    for (; at < this.#chunks.length; at++, start = 0) {
      const chunk = this.#chunks[at]!
      let end = chunk.endOf(start, start + maxBytes - sizeInBytes, upTo)
      if (end === start && sizeInBytes === 0 && atLeastOneBatch)
        end = chunk.endOf(start, start + RecordBatch.at(chunk.bytes, start).sizeInBytes, upTo)
      if (end === start) break
      if (keep) chunk.shared = true
      chunks.push(chunk.bytes.subarray(start, end))
      sizeInBytes += end - start
      if (end < chunk.used) break
    }
    return { chunks, sizeInBytes }
  }

  /** Forgets a chunk that the cache has no room for. */
  drop(chunk: Chunk): void {
    const at = this.#chunks.indexOf(chunk)
    if (at < 0) return
    // Dropped before it was full: this log is slower than the others and should take less memory at a time.
    if (at === this.#chunks.length - 1) this.#nextCapacity = chunk.used * 2
    // Chunks before it are older still: a hole in the middle would make reads wrong.
    for (const gone of this.#chunks.splice(0, at + 1)) this.#cache.remove(gone)
  }

  clear(): void {
    for (const chunk of this.#chunks) this.#cache.remove(chunk)
    this.#chunks = []
  }
}
