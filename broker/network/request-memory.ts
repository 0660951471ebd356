/**
 * The bytes that large requests of all connections may hold together (`queued.max.request.bytes`). A frame reserves its
 * whole size before its buffer is allocated and gives it back when it has been handled, so frames that were admitted
 * can always be finished; a connection that is refused pauses and is called in turn.
 */
export class RequestMemory {
  readonly #limitBytes: number
  #reservedBytes = 0
  readonly #waiting: { readonly size: number; readonly granted: () => void }[] = []

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get reservedBytes(): number {
    return this.#reservedBytes
  }

  /** Takes `size` bytes if they are free and nobody waits. A single request larger than the limit passes when all is free. */
  reserve(size: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(size)) return false
    this.#reservedBytes += size
    return true
  }

  /** Asks to be called once `size` bytes have been reserved for the caller; returns a function that withdraws. */
  wait(size: number, granted: () => void): () => void {
    const entry = { size, granted }
    this.#waiting.push(entry)
    return () => {
      const index = this.#waiting.indexOf(entry)
      if (index >= 0) this.#waiting.splice(index, 1)
      this.#grant()
    }
  }

  release(size: number): void {
    this.#reservedBytes -= size
    this.#grant()
  }

  #fits(size: number): boolean {
    return this.#reservedBytes === 0 || this.#reservedBytes + size <= this.#limitBytes
  }

  #grant(): void {
    while (this.#waiting.length > 0 && this.#fits(this.#waiting[0]!.size)) {
      const { size, granted } = this.#waiting.shift()!
      this.#reservedBytes += size
      granted()
    }
  }
}
