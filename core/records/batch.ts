import { crc32c } from '#core/bytes/crc32c.ts'
import { decompress, defaultUnpackLimitBytes } from '#core/records/compression/index.ts'
import { compressionNames, type CompressionName } from '#core/records/compression/index.ts'
import { recordErrors } from '#core/records/errors.ts'
import {
  batchAttributes,
  batchHeaderBytes,
  batchLayout,
  batchLengthOverhead,
  readInt64,
  writeInt64,
} from '#core/records/layout.ts'
import { RecordReader } from '#core/records/record-reader.ts'
import type { LogRecord } from '#core/records/record.ts'

/** Who gave the records their time, the producer or the log: one bit of the batch's attributes. */
export type TimestampType = 'CreateTime' | 'LogAppendTime'

const wrapSequence = (sequence: number): number => (sequence > 0x7fffffff ? sequence - 0x80000000 : sequence)

/**
 * A version 2 record batch as a view on bytes that others own: fields are read when asked for, records are decoded when
 * iterated. Nothing is checked on the way in; `isCrcValid` and `records` say what is wrong.
 */
export class RecordBatch {
  readonly buffer: Buffer
  /** Where the batch starts in `buffer`. */
  readonly position: number

  private constructor(buffer: Buffer, position: number) {
    this.buffer = buffer
    this.position = position
  }

  /** The batch at `position`; at least the 61 bytes of the header must be there. */
  static at(buffer: Buffer, position = 0): RecordBatch {
    return new RecordBatch(buffer, position)
  }

  get baseOffset(): number {
    return readInt64(this.buffer, this.position + batchLayout.baseOffset)
  }

  /** All bytes of the batch, as its length field says. */
  get sizeInBytes(): number {
    return this.buffer.readInt32BE(this.position + batchLayout.length) + batchLengthOverhead
  }

  get partitionLeaderEpoch(): number {
    return this.buffer.readInt32BE(this.position + batchLayout.partitionLeaderEpoch)
  }

  get magic(): number {
    return this.buffer.readInt8(this.position + batchLayout.magic)
  }

  get crc(): number {
    return this.buffer.readUInt32BE(this.position + batchLayout.crc)
  }

  get attributes(): number {
    return this.buffer.readInt16BE(this.position + batchLayout.attributes)
  }

  /** The codec id; may be one that is not known. */
  get codec(): number {
    return this.attributes & batchAttributes.codecMask
  }

  /** The codec's name; throws RECORDS_CODEC_UNKNOWN. */
  get compression(): CompressionName {
    const name = compressionNames[this.codec]
    if (name === undefined) throw recordErrors.RECORDS_CODEC_UNKNOWN({ codec: this.codec })
    return name
  }

  get timestampType(): TimestampType {
    return this.attributes & batchAttributes.logAppendTime ? 'LogAppendTime' : 'CreateTime'
  }

  get isTransactional(): boolean {
    return (this.attributes & batchAttributes.transactional) !== 0
  }

  get isControl(): boolean {
    return (this.attributes & batchAttributes.control) !== 0
  }

  get lastOffsetDelta(): number {
    return this.buffer.readInt32BE(this.position + batchLayout.lastOffsetDelta)
  }

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta
  }

  /** Timestamp of the first record, or the delete horizon of a compacted batch. */
  get baseTimestamp(): number {
    return readInt64(this.buffer, this.position + batchLayout.baseTimestamp)
  }

  /** When tombstones and the marker in a compacted batch may go; undefined for a batch that compaction has not dated. */
  get deleteHorizonMs(): number | undefined {
    return this.attributes & batchAttributes.deleteHorizon ? this.baseTimestamp : undefined
  }

  get maxTimestamp(): number {
    return readInt64(this.buffer, this.position + batchLayout.maxTimestamp)
  }

  /** -1 without idempotence. */
  get producerId(): number {
    return readInt64(this.buffer, this.position + batchLayout.producerId)
  }

  get producerEpoch(): number {
    return this.buffer.readInt16BE(this.position + batchLayout.producerEpoch)
  }

  /** -1 without idempotence. */
  get baseSequence(): number {
    return this.buffer.readInt32BE(this.position + batchLayout.baseSequence)
  }

  /** Sequence of the last record: numbers wrap from 2^31-1 to 0. */
  get lastSequence(): number {
    const base = this.baseSequence
    return base < 0 ? -1 : wrapSequence(base + this.lastOffsetDelta)
  }

  /** Records in the batch; fewer than the offsets it spans after compaction. */
  get recordCount(): number {
    return this.buffer.readInt32BE(this.position + batchLayout.recordCount)
  }

  /** True when the batch is whole and its bytes give the checksum in its header. */
  isCrcValid(): boolean {
    const size = this.sizeInBytes
    const end = this.position + size
    if (size < batchHeaderBytes || end > this.buffer.length) return false
    return crc32c(this.buffer, this.position + batchLayout.attributes, end) === this.crc
  }

  /** The batch's own bytes, as a view. */
  bytes(): Buffer {
    return this.buffer.subarray(this.position, this.position + this.sizeInBytes)
  }

  /**
   * The records, decoded one by one as they are asked for; keys and values are views on the batch, or on its unpacked
   * bytes. Unpacks to at most `maxBytes`. Throws RECORDS_CORRUPT and the errors of `decompress`.
   */
  records(maxBytes = defaultUnpackLimitBytes): IterableIterator<LogRecord> {
    if (this.magic !== 2) {
      throw recordErrors.RECORDS_CORRUPT({ offset: this.baseOffset, problem: `magic ${this.magic} instead of 2` })
    }
    const { buffer, position, codec } = this
    const end = position + this.sizeInBytes
    if (end > buffer.length)
      throw recordErrors.RECORDS_CORRUPT({ offset: this.baseOffset, problem: 'the batch is cut short' })
    if (codec === 0) return new RecordReader(this, buffer, position + batchLayout.records, end)
    const unpacked = decompress(codec, buffer.subarray(position + batchLayout.records, end), maxBytes)
    return new RecordReader(this, unpacked, 0, unpacked.length)
  }

  /** Outside the checksum: cheap. */
  setBaseOffset(offset: number): void {
    writeInt64(this.buffer, this.position + batchLayout.baseOffset, offset)
  }

  /** Outside the checksum: cheap. */
  setPartitionLeaderEpoch(epoch: number): void {
    this.buffer.writeInt32BE(epoch, this.position + batchLayout.partitionLeaderEpoch)
  }

  /** Stamps timestamp type and largest timestamp, as the broker does for LogAppendTime; reads the whole batch once. */
  setMaxTimestampAndRecomputeCrc(type: TimestampType, maxTimestamp: number): void {
    const bit = batchAttributes.logAppendTime
    const attributes = type === 'LogAppendTime' ? this.attributes | bit : this.attributes & ~bit
    this.buffer.writeInt16BE(attributes, this.position + batchLayout.attributes)
    writeInt64(this.buffer, this.position + batchLayout.maxTimestamp, maxTimestamp)
    this.recomputeCrc()
  }

  /** Stamps who sent the batch and where it stands in that producer's sequence; reads the whole batch once. */
  setProducerAndRecomputeCrc(producerId: number, producerEpoch: number, baseSequence: number): void {
    writeInt64(this.buffer, this.position + batchLayout.producerId, producerId)
    this.buffer.writeInt16BE(producerEpoch, this.position + batchLayout.producerEpoch)
    this.buffer.writeInt32BE(baseSequence, this.position + batchLayout.baseSequence)
    this.recomputeCrc()
  }

  /** Makes the checksum fit the bytes. */
  recomputeCrc(): void {
    const crc = crc32c(this.buffer, this.position + batchLayout.attributes, this.position + this.sizeInBytes)
    this.buffer.writeUInt32BE(crc, this.position + batchLayout.crc)
  }
}

/**
 * The batches that lie one after another in `buffer`. Stops quietly at a short tail, as the last batch of a fetch may be
 * cut; a length that no batch can have is RECORDS_CORRUPT.
 */
export function* batches(buffer: Buffer, start = 0, end = buffer.length): Generator<RecordBatch, void, undefined> {
  for (let at = start; at + batchHeaderBytes <= end;) {
    const batch = RecordBatch.at(buffer, at)
    const size = batch.sizeInBytes
    if (size < batchHeaderBytes) {
      throw recordErrors.RECORDS_CORRUPT({ offset: batch.baseOffset, problem: `a length of ${size} bytes` })
    }
    if (at + size > end) return
    yield batch
    at += size
  }
}
