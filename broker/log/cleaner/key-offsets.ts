import { hash } from 'node:crypto'

const hashWords = 4
/** Memory per key: its hash and its offset. */
const bytesPerKey = hashWords * 4 + 8
/** How full the table may become; beyond it the chains of a linear search grow long. */
const fill = 0.9

/**
 * The last offset of each key, in memory that is bounded beforehand. Keys are known by their MD5: 128 bits, so that two of
 * them never meet in practice.
 */
export class KeyOffsets {
  readonly #slots: number
  readonly #hashes: Int32Array
  /** Offset plus one; 0 is an empty slot. Zeroed memory that nobody touches costs nothing. */
  readonly #offsets: Float64Array
  #size = 0
  /** The last offset up to which the log was read into the table; -1 before. */
  latestOffset = -1

  /** Takes memory for at most `keys` keys and not more than `maxBytes`. */
  constructor(keys: number, maxBytes: number) {
    this.#slots = Math.max(16, Math.min(Math.ceil(keys / fill) + 1, Math.floor(maxBytes / bytesPerKey)))
    this.#hashes = new Int32Array(this.#slots * hashWords)
    this.#offsets = new Float64Array(this.#slots)
  }

  get size(): number {
    return this.#size
  }

  /** No further key may be put. */
  get isFull(): boolean {
    return this.#size >= Math.floor(this.#slots * fill)
  }

  put(key: Buffer, offset: number): void {
    const slot = this.#slotOf(key)
    if (this.#offsets[slot] === 0) this.#size++
    this.#offsets[slot] = offset + 1
    this.latestOffset = offset
  }

  /** The last offset put for a key, -1 for one that was never put. */
  get(key: Buffer): number {
    return this.#offsets[this.#slotOf(key)]! - 1
  }

  /** The slot of a key, or the empty one where it would go; its hash is in place then. */
  #slotOf(key: Buffer): number {
    const digest = hash('md5', key, 'buffer')
    const a = digest.readInt32LE(0)
    const b = digest.readInt32LE(4)
    const c = digest.readInt32LE(8)
    const d = digest.readInt32LE(12)
    const hashes = this.#hashes
    for (let slot = (a >>> 0) % this.#slots; ; slot = slot + 1 === this.#slots ? 0 : slot + 1) {
      const at = slot * hashWords
      if (this.#offsets[slot] === 0) {
        hashes[at] = a
        hashes[at + 1] = b
        hashes[at + 2] = c
        hashes[at + 3] = d
        return slot
      }
      if (hashes[at] === a && hashes[at + 1] === b && hashes[at + 2] === c && hashes[at + 3] === d) return slot
    }
  }
}
