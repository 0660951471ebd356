import { zeroUuid } from '#core/bytes/uuid.ts'

/** How many array elements one message may have in all, unless a caller says otherwise. */
const defaultElements = 4_000_000

/**
 * Reads Kafka's primitive types from a buffer, big-endian, from `position` on. Every read is checked against `end`, and
 * every length against the bytes that are left, before anything is allocated: a hostile frame costs at most its own
 * size. All problems are RangeErrors; the codec turns them into errors that name message and field.
 *
 * `bytes` and `records` are views on the buffer, not copies: a holder that outlives the frame must copy.
 */
export class Reader {
  readonly buffer: Buffer
  position: number
  readonly end: number
  #elementsLeft: number

  /** `elements` bounds the array elements of the whole message: a byte of frame can cost a hundred bytes of objects. */
  constructor(buffer: Buffer, position = 0, end = buffer.length, elements = defaultElements) {
    this.buffer = buffer
    this.position = position
    this.end = end
    this.#elementsLeft = elements
  }

  get remaining(): number {
    return this.end - this.position
  }

  #short(bytes: number): never {
    throw new RangeError(`${bytes} bytes wanted at ${this.position}, but only ${this.remaining} are left`)
  }

  bool(): boolean {
    if (this.position >= this.end) this.#short(1)
    return this.buffer[this.position++] !== 0
  }

  int8(): number {
    if (this.position >= this.end) this.#short(1)
    return (this.buffer[this.position++]! << 24) >> 24
  }

  int16(): number {
    const b = this.buffer
    const p = this.position
    if (p + 2 > this.end) this.#short(2)
    this.position = p + 2
    return ((b[p]! << 24) | (b[p + 1]! << 16)) >> 16
  }

  uint16(): number {
    return this.int16() & 0xffff
  }

  int32(): number {
    const b = this.buffer
    const p = this.position
    if (p + 4 > this.end) this.#short(4)
    this.position = p + 4
    return (b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  /** A 64-bit number that a double holds exactly; anything beyond is refused. */
  int64(): number {
    const value = this.#inexactInt64()
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) {
      throw new RangeError(`int64 near ${value} is outside the range of exact numbers`)
    }
    return value
  }

  /** As int64, but beyond the exact range its end: for limits and points in time, where "far" is enough. */
  saturatedInt64(): number {
    return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, this.#inexactInt64()))
  }

  #inexactInt64(): number {
    const b = this.buffer
    const p = this.position
    if (p + 8 > this.end) this.#short(8)
    this.position = p + 8
    const high = (b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!
    const low = (b[p + 4]! << 24) | (b[p + 5]! << 16) | (b[p + 6]! << 8) | b[p + 7]!
    return high * 4294967296 + (low >>> 0)
  }

  /** A 64-bit number in its full range. */
  wideInt64(): bigint {
    const p = this.position
    if (p + 8 > this.end) this.#short(8)
    this.position = p + 8
    return this.buffer.readBigInt64BE(p)
  }

  float64(): number {
    const p = this.position
    if (p + 8 > this.end) this.#short(8)
    this.position = p + 8
    return this.buffer.readDoubleBE(p)
  }

  /** An unsigned varint of up to 32 bits. */
  uvarint(): number {
    const p = this.position
    if (p < this.end) {
      const byte = this.buffer[p]!
      if (byte < 0x80) {
        this.position = p + 1
        return byte
      }
    }
    return this.#longUvarint()
  }

  // Apart, so that the short case, which is nearly every case, is small enough to be inlined.
  #longUvarint(): number {
    let p = this.position
    let value = 0
    for (let shift = 0; ; shift += 7) {
      if (shift > 28) throw new RangeError(`the varint at ${this.position} is longer than 5 bytes`)
      if (p >= this.end) this.#short(p - this.position + 1)
      const byte = this.buffer[p++]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    this.position = p
    return value >>> 0
  }

  /** True when the next byte is the zero of an empty tail of tagged fields, which is then passed. */
  passEmptyTail(): boolean {
    if (this.position >= this.end || this.buffer[this.position] !== 0) return false
    this.position++
    return true
  }

  /** A signed varint: zigzag over 32 bits. */
  varint(): number {
    const value = this.uvarint()
    return (value >>> 1) ^ -(value & 1)
  }

  /** A uuid in its text form. */
  uuid(): string {
    const b = this.buffer
    const p = this.position
    if (p + 16 > this.end) this.#short(16)
    this.position = p + 16
    if (b[p] === 0 && b[p + 15] === 0 && b.readInt32BE(p) === 0) {
      const text = b.toString('base64url', p, p + 16)
      return text === zeroUuid ? zeroUuid : text
    }
    return b.toString('base64url', p, p + 16)
  }

  /** A view of the next `length` bytes. */
  view(length: number): Buffer {
    const p = this.position
    if (length < 0 || length > this.end - p) this.#short(length)
    this.position = p + length
    return this.buffer.subarray(p, p + length)
  }

  /** The next `length` bytes as UTF-8 text; malformed sequences become U+FFFD, as in Java. */
  utf8(length: number): string {
    const b = this.buffer
    const p = this.position
    if (length < 0 || length > this.end - p) this.#short(length)
    const end = p + length
    this.position = end
    // Short names are nearly always ASCII, and a call into the runtime costs more than twenty characters.
    if (length > 24) return b.toString('utf8', p, end)
    let text = ''
    for (let i = p; i < end; i++) {
      const byte = b[i]!
      if (byte > 127) return b.toString('utf8', p, end)
      text += String.fromCharCode(byte)
    }
    return text
  }

  #present(length: number): number {
    if (length < 0) throw new RangeError('null where a value is required')
    return length
  }

  string(): string {
    return this.utf8(this.#present(this.int16()))
  }

  nullableString(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.utf8(length)
  }

  compactString(): string {
    return this.utf8(this.#present(this.uvarint() - 1))
  }

  compactNullableString(): string | null {
    const length = this.uvarint() - 1
    return length < 0 ? null : this.utf8(length)
  }

  bytes(): Buffer {
    return this.view(this.#present(this.int32()))
  }

  nullableBytes(): Buffer | null {
    const length = this.int32()
    return length < 0 ? null : this.view(length)
  }

  compactBytes(): Buffer {
    return this.view(this.#present(this.uvarint() - 1))
  }

  compactNullableBytes(): Buffer | null {
    const length = this.uvarint() - 1
    return length < 0 ? null : this.view(length)
  }

  /** The length of an array whose elements take at least `leastBytes` each. */
  arrayLength(leastBytes: number): number {
    return this.#checkedLength(this.int32(), leastBytes)
  }

  /** As arrayLength; null is -1. */
  nullableArrayLength(leastBytes: number): number {
    const length = this.int32()
    return length < 0 ? -1 : this.#checkedLength(length, leastBytes)
  }

  compactArrayLength(leastBytes: number): number {
    return this.#checkedLength(this.uvarint() - 1, leastBytes)
  }

  compactNullableArrayLength(leastBytes: number): number {
    const length = this.uvarint() - 1
    return length < 0 ? -1 : this.#checkedLength(length, leastBytes)
  }

  #checkedLength(length: number, leastBytes: number): number {
    this.#elementsLeft -= length
    if (length < 0 || length * leastBytes > this.end - this.position || this.#elementsLeft < 0) this.#badLength(length)
    return length
  }

  #badLength(length: number): never {
    if (length < 0) throw new RangeError('null where a value is required')
    if (this.#elementsLeft < 0) throw new RangeError('too many array elements in one message')
    throw new RangeError(`an array of ${length} elements cannot be in the ${this.remaining} bytes that are left`)
  }

  /** `length` numbers of four bytes each; the length comes from `arrayLength(4)`, which has made sure of them. */
  int32Items(length: number): number[] {
    const b = this.buffer
    // Made at its full length, because growing it in steps costs a third of the time of a large message.
    // oxlint-disable-next-line unicorn/no-new-array
    const items = new Array<number>(length)
    let p = this.position
    for (let i = 0; i < length; i++, p += 4) {
      items[i] = (b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!
    }
    this.position = p
    return items
  }

  /** Reads the marker before a struct that may be null; up to `nullMark` it means null. True when the struct follows. */
  structFollows(nullMark: number): boolean {
    return this.int8() > nullMark
  }
}
