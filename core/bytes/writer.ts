import { zeroUuid } from '#core/bytes/uuid.ts'

const slabBytes = 64 * 1024
/** A chunk below this size is cheaper to copy than to carry through a gathering write. */
const referenceBytes = 1024

/**
 * Writes Kafka's primitive types big-endian into a slab of memory that many messages share: `finish` hands out what was
 * written since the last `finish`, as views, and the next message goes behind it. A slab that is full is left to its
 * readers and a new one is taken, so nothing handed out is ever written again.
 *
 * Large chunks of records are not copied: `finish` returns them between the pieces of the slab. All problems are
 * RangeErrors or TypeErrors; after one, `discard` forgets the message begun.
 */
export class Writer {
  #slab: Buffer
  /** Where the piece being written starts. Pieces before it are in #done and are never moved. */
  #start = 0
  #position = 0
  #done: Buffer[] = []
  #doneBytes = 0

  constructor(initialBytes = slabBytes) {
    this.#slab = Buffer.allocUnsafeSlow(initialBytes)
  }

  /** Bytes written since the last `finish`. */
  get size(): number {
    return this.#doneBytes + this.#position - this.#start
  }

  #grow(bytes: number): void {
    const used = this.#position - this.#start
    const larger = Buffer.allocUnsafeSlow(Math.max(slabBytes, used * 2, used + bytes))
    this.#slab.copy(larger, 0, this.#start, this.#position)
    this.#slab = larger
    this.#start = 0
    this.#position = used
  }

  bool(value: boolean): void {
    if (typeof value !== 'boolean') throw new TypeError(`${String(value)} is not a boolean`)
    if (this.#position + 1 > this.#slab.length) this.#grow(1)
    this.#slab[this.#position++] = value ? 1 : 0
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) outside('int8', value)
    if (this.#position + 1 > this.#slab.length) this.#grow(1)
    this.#slab[this.#position++] = value
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) outside('int16', value)
    this.#int16(value)
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) outside('uint16', value)
    this.#int16(value)
  }

  #int16(value: number): void {
    if (this.#position + 2 > this.#slab.length) this.#grow(2)
    const b = this.#slab
    const p = this.#position
    b[p] = value >> 8
    b[p + 1] = value
    this.#position = p + 2
  }

  int32(value: number): void {
    if ((value | 0) !== value) outside('int32', value)
    if (this.#position + 4 > this.#slab.length) this.#grow(4)
    const b = this.#slab
    const p = this.#position
    b[p] = value >> 24
    b[p + 1] = value >> 16
    b[p + 2] = value >> 8
    b[p + 3] = value
    this.#position = p + 4
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) outside('uint32', value)
    this.int32(value | 0)
  }

  /** A 64-bit number that a double holds exactly. */
  int64(value: number): void {
    if (!Number.isSafeInteger(value)) outside('int64', value)
    if (this.#position + 8 > this.#slab.length) this.#grow(8)
    const b = this.#slab
    const p = this.#position
    const high = Math.floor(value / 4294967296)
    const low = value - high * 4294967296
    b[p] = high >> 24
    b[p + 1] = high >> 16
    b[p + 2] = high >> 8
    b[p + 3] = high
    b[p + 4] = low >>> 24
    b[p + 5] = low >>> 16
    b[p + 6] = low >>> 8
    b[p + 7] = low
    this.#position = p + 8
  }

  /** A 64-bit number in its full range. */
  wideInt64(value: bigint): void {
    if (this.#position + 8 > this.#slab.length) this.#grow(8)
    this.#slab.writeBigInt64BE(value, this.#position)
    this.#position += 8
  }

  float64(value: number): void {
    if (typeof value !== 'number') throw new TypeError(`${String(value)} is not a number`)
    if (this.#position + 8 > this.#slab.length) this.#grow(8)
    this.#slab.writeDoubleBE(value, this.#position)
    this.#position += 8
  }

  /** An unsigned varint of up to 32 bits. */
  uvarint(value: number): void {
    if (value >>> 0 !== value) outside('varint', value)
    if (this.#position + 5 > this.#slab.length) this.#grow(5)
    this.#position = putUvarint(this.#slab, this.#position, value)
  }

  /** A signed varint: zigzag over 32 bits. */
  varint(value: number): void {
    if ((value | 0) !== value) outside('varint', value)
    this.uvarint(((value << 1) ^ (value >> 31)) >>> 0)
  }

  /** A uuid from its text form. */
  uuid(text: string): void {
    if (this.#position + 16 > this.#slab.length) this.#grow(16)
    const p = this.#position
    if (text === zeroUuid) this.#slab.fill(0, p, p + 16)
    else if (text.length !== 22 || this.#slab.write(text, p, 16, 'base64url') !== 16) {
      throw new RangeError(`"${text}" is not a uuid of 22 base64url characters`)
    }
    this.#position = p + 16
  }

  /** Bytes as they are, copied, with no length in front. */
  raw(bytes: Uint8Array): void {
    if (this.#position + bytes.length > this.#slab.length) this.#grow(bytes.length)
    this.#slab.set(bytes, this.#position)
    this.#position += bytes.length
  }

  /** Puts UTF-8 text at `at`, where there is room for three bytes a character; the position behind it. */
  #utf8(text: string, at: number): number {
    const b = this.#slab
    const length = text.length
    if (length > 24) return at + b.write(text, at, 'utf8')
    let p = at
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) return at + b.write(text, at, 'utf8')
      b[p++] = code
    }
    return p
  }

  /** UTF-8 with a length of two bytes, at most 32767. */
  string(text: string): void {
    if (typeof text !== 'string') throw new TypeError(`${String(text)} is not a string`)
    const room = 2 + text.length * 3
    if (this.#position + room > this.#slab.length) this.#grow(room)
    const p = this.#position
    const end = this.#utf8(text, p + 2)
    const length = end - p - 2
    if (length > 32767) throw new RangeError(`a text of ${length} bytes is longer than 32767`)
    this.#slab[p] = length >> 8
    this.#slab[p + 1] = length
    this.#position = end
  }

  nullableString(text: string | null): void {
    if (text === null) this.int16(-1)
    else this.string(text)
  }

  compactString(text: string): void {
    if (typeof text !== 'string') throw new TypeError(`${String(text)} is not a string`)
    const room = 5 + text.length * 3
    if (this.#position + room > this.#slab.length) this.#grow(room)
    const p = this.#position
    if (text.length < 127) {
      // The length takes one byte if the text is ASCII, which the end position then proves.
      const end = this.#utf8(text, p + 1)
      if (end - p < 128) {
        this.#slab[p] = end - p
        this.#position = end
        return
      }
    }
    const behindLength = putUvarint(this.#slab, p, Buffer.byteLength(text) + 1)
    this.#position = this.#utf8(text, behindLength)
  }

  compactNullableString(text: string | null): void {
    if (text === null) this.int8(0)
    else this.compactString(text)
  }

  bytes(bytes: Uint8Array): void {
    this.int32(lengthOf(bytes))
    this.raw(bytes)
  }

  nullableBytes(bytes: Uint8Array | null): void {
    if (bytes === null) this.int32(-1)
    else this.bytes(bytes)
  }

  compactBytes(bytes: Uint8Array): void {
    this.uvarint(lengthOf(bytes) + 1)
    this.raw(bytes)
  }

  compactNullableBytes(bytes: Uint8Array | null): void {
    if (bytes === null) this.int8(0)
    else this.compactBytes(bytes)
  }

  /** Record batches, one buffer or several that follow each other; large ones go out without a copy. */
  records(chunks: Chunks): void {
    this.int32(chunksLength(chunks))
    this.#chunks(chunks)
  }

  nullableRecords(chunks: Chunks | null): void {
    if (chunks === null) this.int32(-1)
    else this.records(chunks)
  }

  compactRecords(chunks: Chunks): void {
    this.uvarint(chunksLength(chunks) + 1)
    this.#chunks(chunks)
  }

  compactNullableRecords(chunks: Chunks | null): void {
    if (chunks === null) this.int8(0)
    else this.compactRecords(chunks)
  }

  #chunks(chunks: Chunks): void {
    if (!Array.isArray(chunks)) this.#chunk(chunks as Buffer)
    else for (const chunk of chunks as readonly Buffer[]) this.#chunk(chunk)
  }

  #chunk(chunk: Buffer): void {
    if (chunk.length < referenceBytes) return this.raw(chunk)
    this.#endPiece()
    this.#done.push(chunk)
    this.#doneBytes += chunk.length
  }

  #endPiece(): void {
    if (this.#position === this.#start) return
    this.#done.push(this.#slab.subarray(this.#start, this.#position))
    this.#doneBytes += this.#position - this.#start
    this.#start = this.#position
  }

  arrayLength(length: number): void {
    this.int32(length)
  }

  compactArrayLength(length: number): void {
    this.uvarint(length + 1)
  }

  /** Begins something that has its size as a varint in front; give the result to `endSized`. No `records` inside. */
  beginSized(): number {
    if (this.#position + 1 > this.#slab.length) this.#grow(1)
    this.#position++
    return this.#position - this.#start
  }

  endSized(mark: number): void {
    const from = this.#start + mark
    const size = this.#position - from
    const lengthBytes = size < 0x80 ? 1 : size < 0x4000 ? 2 : size < 0x200000 ? 3 : size < 0x10000000 ? 4 : 5
    if (lengthBytes === 1) {
      this.#slab[from - 1] = size
      return
    }
    if (this.#position + lengthBytes > this.#slab.length) this.#grow(lengthBytes)
    const begin = this.#start + mark
    this.#slab.copyWithin(begin - 1 + lengthBytes, begin, this.#position)
    putUvarint(this.#slab, begin - 1, size)
    this.#position += lengthBytes - 1
  }

  /** What was written since the last `finish`, in order. The chunks are the caller's for good. */
  finish(): Buffer[] {
    this.#endPiece()
    const done = this.#done
    this.#done = []
    this.#doneBytes = 0
    return done
  }

  /** As `finish`, with the size of everything as an int32 in front. Write nothing but by `frame`'s callback. */
  frame(write: (writer: Writer) => void): Buffer[] {
    try {
      this.int32(0)
      write(this)
      const size = this.size - 4
      if (size > 0x7fffffff) throw new RangeError(`a frame of ${size} bytes is longer than its size field can say`)
      const chunks = this.finish()
      chunks[0]!.writeInt32BE(size)
      return chunks
    } catch (error) {
      this.discard()
      throw error
    }
  }

  /** Forgets what was written since the last `finish`. */
  discard(): void {
    this.#position = this.#start
    this.#done = []
    this.#doneBytes = 0
  }
}

/** Record batches to be sent: one buffer, or several that follow each other. */
export type Chunks = Buffer | readonly Buffer[]

function chunksLength(chunks: Chunks): number {
  if (!Array.isArray(chunks)) return lengthOf(chunks as Buffer)
  let length = 0
  for (const chunk of chunks as readonly Buffer[]) length += lengthOf(chunk)
  return length
}

function lengthOf(bytes: Uint8Array): number {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${String(bytes)} is not bytes`)
  return bytes.length
}

function outside(type: string, value: number): never {
  if (typeof value !== 'number') throw new TypeError(`${String(value)} is not a number`)
  throw new RangeError(`${value} is not an ${type}`)
}

function putUvarint(b: Buffer, at: number, value: number): number {
  let p = at
  let rest = value
  while (rest > 127) {
    b[p++] = (rest & 127) | 128
    rest >>>= 7
  }
  b[p++] = rest
  return p
}
