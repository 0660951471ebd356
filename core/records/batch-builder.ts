import { crc32c } from '#core/bytes/crc32c.ts'
import { varintSize, varlongSize, writeVarint, writeVarlong } from '#core/bytes/varint.ts'
import type { TimestampType } from '#core/records/batch.ts'
import { codecId, compress, type CompressionName } from '#core/records/compression/index.ts'
import {
  batchAttributes,
  batchHeaderBytes,
  batchLayout,
  batchLengthOverhead,
  writeInt64,
} from '#core/records/layout.ts'
import { noHeaders, type Header } from '#core/records/record.ts'

/** Who sends a batch and where it stands in that sender's sequence; -1 each without idempotence. */
export interface ProducerStamp {
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
}

export interface BatchBuilderOptions extends ProducerStamp {
  readonly compression?: CompressionName
  /** The codec's own scale. */
  readonly compressionLevel?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  readonly timestampType?: TimestampType
  readonly baseOffset?: number
  readonly partitionLeaderEpoch?: number
  /** Bytes to start with; the buffer grows as needed. */
  readonly initialBytes?: number
  /** Memory to build in instead of new one: that of a builder whose batch nobody holds any more. */
  readonly memory?: Buffer | undefined
}

const headerBytes = (headers: readonly Header[]): number => {
  let size = 0
  for (const { key, value } of headers) {
    const keyBytes = Buffer.byteLength(key)
    size += varintSize(keyBytes) + keyBytes + varintSize(value?.length ?? -1) + (value?.length ?? 0)
  }
  return size
}

/** Bytes of a record after its length field; the deltas make up to 15 of them. */
function bodyBytes(
  timestampDelta: number,
  offsetDelta: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: readonly Header[],
): number {
  const keyLength = key === null ? -1 : key.length
  const valueLength = value === null ? -1 : value.length
  return (
    1 +
    varlongSize(timestampDelta) +
    varintSize(offsetDelta) +
    varintSize(keyLength) +
    Math.max(0, keyLength) +
    varintSize(valueLength) +
    Math.max(0, valueLength) +
    varintSize(headers.length) +
    (headers.length === 0 ? 0 : headerBytes(headers))
  )
}

/** The most bytes that one record adds to a batch, before compression. */
export function recordSizeBound(
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: readonly Header[] = noHeaders,
): number {
  return 5 + 15 + bodyBytes(0, 0, key, value, headers)
}

/**
 * Collects records into one version 2 batch. Key and value bytes are copied on `append`, so callers may reuse theirs.
 * A builder gives one batch; build it and drop it.
 */
export class BatchBuilder {
  readonly #options: BatchBuilderOptions
  #bytes: Buffer
  #end = batchHeaderBytes
  #count = 0
  #lastOffsetDelta = -1
  #baseTimestamp = -1
  #maxTimestamp = -1

  constructor(options: BatchBuilderOptions = {}) {
    this.#options = options
    // Off the shared pool: a batch lives long and would pin a pool slab that others use.
    this.#bytes = options.memory ?? Buffer.allocUnsafeSlow(Math.max(256, options.initialBytes ?? 1024))
  }

  /** Records appended. */
  get count(): number {
    return this.#count
  }

  /** Bytes of the batch so far, uncompressed: exact without compression, else nearly always more than it comes to. */
  get sizeInBytes(): number {
    return this.#end
  }

  get maxTimestamp(): number {
    return this.#maxTimestamp
  }

  /** What the batch is built in; without compression the finished batch is a view on it. */
  get memory(): Buffer {
    return this.#bytes
  }

  /** Adds a record at the next offset; timestamp in ms. */
  append(
    timestamp: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly Header[] = noHeaders,
  ): void {
    this.appendAt(this.#lastOffsetDelta + 1, timestamp, key, value, headers)
  }

  /** Adds a record at a given distance from the base offset, larger than the last: for batches that keep gaps. */
  appendAt(
    offsetDelta: number,
    timestamp: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly Header[] = noHeaders,
  ): void {
    if (!Number.isSafeInteger(timestamp))
      throw new RangeError(`timestamp ${timestamp} is not a whole number of milliseconds`)
    if (offsetDelta <= this.#lastOffsetDelta) throw new RangeError(`offset delta ${offsetDelta} does not grow`)
    if (this.#count === 0) this.#baseTimestamp = timestamp
    const timestampDelta = timestamp - this.#baseTimestamp
    const size = bodyBytes(timestampDelta, offsetDelta, key, value, headers)
    this.#reserve(size + 5)
    const bytes = this.#bytes
    let at = writeVarint(bytes, this.#end, size)
    bytes[at++] = 0
    at = writeVarlong(bytes, at, timestampDelta)
    at = writeVarint(bytes, at, offsetDelta)
    at = this.#field(at, key)
    at = this.#field(at, value)
    at = writeVarint(bytes, at, headers.length)
    for (const header of headers) {
      const keyBytes = Buffer.byteLength(header.key)
      at = writeVarint(bytes, at, keyBytes)
      at += bytes.write(header.key, at, 'utf8')
      at = this.#field(at, header.value)
    }
    this.#end = at
    this.#count++
    this.#lastOffsetDelta = offsetDelta
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
  }

  /** The finished batch with its checksum; `stamp` overrides the producer fields given at the start. */
  build(stamp: ProducerStamp = {}): Buffer {
    const { compression = 'none', compressionLevel } = this.#options
    let batch = this.#bytes.subarray(0, this.#end)
    if (compression !== 'none') {
      const packed = compress(compression, batch.subarray(batchHeaderBytes), compressionLevel)
      batch = Buffer.allocUnsafeSlow(batchHeaderBytes + packed.length)
      batch.set(packed, batchHeaderBytes)
    }
    this.#writeHeader(batch, { ...this.#options, ...stamp })
    return batch
  }

  #writeHeader(batch: Buffer, options: BatchBuilderOptions): void {
    const { compression = 'none', timestampType = 'CreateTime' } = options
    writeInt64(batch, batchLayout.baseOffset, options.baseOffset ?? 0)
    batch.writeInt32BE(batch.length - batchLengthOverhead, batchLayout.length)
    batch.writeInt32BE(options.partitionLeaderEpoch ?? -1, batchLayout.partitionLeaderEpoch)
    batch.writeInt8(2, batchLayout.magic)
    const attributes =
      codecId(compression) |
      (timestampType === 'LogAppendTime' ? batchAttributes.logAppendTime : 0) |
      (options.isTransactional ? batchAttributes.transactional : 0) |
      (options.isControl ? batchAttributes.control : 0)
    batch.writeInt16BE(attributes, batchLayout.attributes)
    batch.writeInt32BE(this.#lastOffsetDelta, batchLayout.lastOffsetDelta)
    writeInt64(batch, batchLayout.baseTimestamp, this.#baseTimestamp)
    writeInt64(batch, batchLayout.maxTimestamp, this.#maxTimestamp)
    writeInt64(batch, batchLayout.producerId, options.producerId ?? -1)
    batch.writeInt16BE(options.producerEpoch ?? -1, batchLayout.producerEpoch)
    batch.writeInt32BE(options.baseSequence ?? -1, batchLayout.baseSequence)
    batch.writeInt32BE(this.#count, batchLayout.recordCount)
    batch.writeUInt32BE(crc32c(batch, batchLayout.attributes, batch.length), batchLayout.crc)
  }

  #field(at: number, field: Uint8Array | null): number {
    if (field === null) return writeVarint(this.#bytes, at, -1)
    at = writeVarint(this.#bytes, at, field.length)
    this.#bytes.set(field, at)
    return at + field.length
  }

  #reserve(more: number): void {
    const needed = this.#end + more
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#end)
    this.#bytes = grown
  }
}
