import type { Files } from '#core/ports/files.ts'

import { syncFile } from './checkpoint-file.ts'

/**
 * A sorted file of entries of one size. The index of the segment being written lives in memory and is written out when
 * the segment is sealed or closed: after a crash it is rebuilt from the log anyway. A sealed index stays on the disk and is
 * searched there by small reads, so old segments take no memory.
 */
export class IndexFile {
  readonly #files: Files
  readonly entryBytes: number
  path: string
  #count = 0
  /** The entries, while they are being added to. */
  #memory: Buffer | undefined
  readonly #scratch: Buffer

  constructor(files: Files, path: string, entryBytes: number) {
    this.#files = files
    this.path = path
    this.entryBytes = entryBytes
    this.#scratch = Buffer.alloc(entryBytes)
  }

  get count(): number {
    return this.#count
  }

  /** True when the entries are read from the file. */
  get isSealed(): boolean {
    return this.#memory === undefined
  }

  /** Starts empty and in memory. */
  reset(): void {
    this.#memory = Buffer.alloc(0)
    this.#count = 0
  }

  /** Takes what the file holds as sealed. False when there is no such file or its size is no multiple of an entry. */
  openSealed(): boolean {
    if (!this.#files.exists(this.path)) return false
    const { size } = this.#files.stat(this.path)
    if (size % this.entryBytes !== 0) return false
    this.#memory = undefined
    this.#count = size / this.entryBytes
    this.#count = this.#withoutZeros()
    return true
  }

  /** Reads the entries into memory so that more can follow. Must be open as sealed. */
  load(): void {
    if (this.#memory !== undefined) return
    const size = this.#count * this.entryBytes
    this.#memory = Buffer.alloc(size)
    this.#read(this.#memory, 0, size)
  }

  /** Room for one more entry; the caller fills it in. Only in memory. */
  push(): { readonly bytes: Buffer; readonly at: number } {
    const at = this.#count * this.entryBytes
    const memory = this.#memory!
    if (at === memory.length) {
      this.#memory = Buffer.alloc(Math.max(64 * this.entryBytes, memory.length * 2))
      memory.copy(this.#memory)
    }
    this.#count++
    return { bytes: this.#memory!, at }
  }

  truncate(count: number): void {
    this.load()
    if (count < this.#count) this.#count = count
  }

  /** Writes the entries to the file, not synced. */
  write(): void {
    if (this.#memory === undefined) return
    const file = this.#files.open(this.path, { create: true })
    try {
      file.truncate(0)
      if (this.#count > 0) file.write([this.#memory.subarray(0, this.#count * this.entryBytes)], 0)
    } finally {
      file.close()
    }
  }

  /** Frees the memory of entries that were written: from now on they are read from the file. */
  seal(): void {
    this.#memory = undefined
  }

  /** Forces the file to the disk. */
  sync(): Promise<void> {
    return syncFile(this.#files, this.path)
  }

  /** The bytes of one entry, valid until the next call. */
  entry(slot: number): { readonly bytes: Buffer; readonly at: number } {
    const at = slot * this.entryBytes
    if (this.#memory !== undefined) return { bytes: this.#memory, at }
    this.#read(this.#scratch, at, this.entryBytes)
    return { bytes: this.#scratch, at: 0 }
  }

  /** A copy of the bytes of `count` entries from a slot on, which must be there. */
  slots(slot: number, count: number): Buffer {
    const bytes = Buffer.alloc(count * this.entryBytes)
    if (this.#memory === undefined) this.#read(bytes, slot * this.entryBytes, bytes.length)
    else this.#memory.copy(bytes, 0, slot * this.entryBytes, slot * this.entryBytes + bytes.length)
    return bytes
  }

  /** The last slot whose key is not above `target`, -1 when all are; `keyAt` reads a slot's key. Keys never fall. */
  floor(target: number, keyAt: (bytes: Buffer, at: number) => number): number {
    if (this.#memory !== undefined) return this.#search(target, (slot) => keyAt(this.#memory!, slot * this.entryBytes))
    if (this.#count === 0) return -1
    const file = this.#files.open(this.path, { readonly: true })
    try {
      return this.#search(target, (slot) => {
        file.read(this.#scratch, 0, this.entryBytes, slot * this.entryBytes)
        return keyAt(this.#scratch, 0)
      })
    } finally {
      file.close()
    }
  }

  #search(target: number, keyOf: (slot: number) => number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (keyOf(middle) <= target) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  #read(target: Buffer, position: number, length: number): void {
    const file = this.#files.open(this.path, { readonly: true })
    try {
      file.read(target, 0, length, position)
    } finally {
      file.close()
    }
  }

  /** The number of entries before the zeros with which Kafka sizes an index in advance. An all-zero first entry counts as none. */
  #withoutZeros(): number {
    const isZero = (slot: number): boolean => {
      const { bytes, at } = this.entry(slot)
      return bytes.subarray(at, at + this.entryBytes).every((byte) => byte === 0)
    }
    if (this.#count === 0 || !isZero(this.#count - 1)) return this.#count
    let low = 0
    let high = this.#count - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isZero(middle)) high = middle
      else low = middle + 1
    }
    return low
  }
}
