import { readVarint, readVarlong, varintSize, varlongSize, writeVarint, writeVarlong } from '#core/bytes/varint.ts'
import { RecordBatch } from '#core/records/batch.ts'
import { compress, decompress } from '#core/records/compression/index.ts'
import { recordErrors } from '#core/records/errors.ts'
import {
  batchAttributes,
  batchHeaderBytes,
  batchLayout,
  batchLengthOverhead,
  writeInt64,
} from '#core/records/layout.ts'

/** A record on the unpacked bytes of its batch. */
export interface RawRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly hasValue: boolean
  readonly attributes: number
  /** The unpacked bytes of the batch. */
  readonly bytes: Buffer
  /** From the offset delta to the end: what stays as it is whatever the timestamps are counted from. */
  readonly restAt: number
  readonly end: number
}

/** The records of a batch with their bytes. Throws RECORDS_CORRUPT and the errors of `decompress`. */
export function rawRecords(batch: RecordBatch): RawRecord[] {
  const { buffer, position, codec, baseOffset, baseTimestamp, recordCount } = batch
  const packed = buffer.subarray(position + batchLayout.records, position + batch.sizeInBytes)
  const bytes = codec === 0 ? packed : decompress(codec, packed)
  const appendTime = batch.timestampType === 'LogAppendTime' ? batch.maxTimestamp : undefined
  const cursor = { bytes, position: 0 }
  const records: RawRecord[] = []
  try {
    for (let i = 0; i < recordCount; i++) {
      const size = readVarint(cursor)
      const end = cursor.position + size
      if (size < 0 || end > bytes.length) throw new RangeError(`a record of ${size} bytes`)
      const attributes = bytes[cursor.position++]!
      const timestamp = appendTime ?? baseTimestamp + readVarlong(cursor)
      if (appendTime !== undefined) readVarlong(cursor)
      const restAt = cursor.position
      const offset = baseOffset + readVarint(cursor)
      const keyBytes = readVarint(cursor)
      const keyAt = cursor.position
      if (keyBytes > end - keyAt) throw new RangeError(`a key of ${keyBytes} bytes`)
      const key = keyBytes < 0 ? null : bytes.subarray(keyAt, keyAt + keyBytes)
      cursor.position += Math.max(0, keyBytes)
      const hasValue = readVarint(cursor) >= 0
      records.push({ offset, timestamp, key, hasValue, attributes, bytes, restAt, end })
      cursor.position = end
    }
  } catch (error) {
    throw recordErrors.RECORDS_CORRUPT({ offset: baseOffset, problem: (error as Error).message }, error)
  }
  return records
}

/**
 * The batch with only some of its records, packed as before. Offsets and sequences, the first and the last, stay those of
 * the whole batch: a producer's next sequence is known by them. With a delete horizon that takes the place of the base
 * timestamp (KIP-534).
 */
export function withRecords(batch: RecordBatch, records: readonly RawRecord[], deleteHorizonMs?: number): Buffer {
  const baseTimestamp = deleteHorizonMs ?? records[0]!.timestamp
  const sizes = records.map((each) => 1 + varlongSize(each.timestamp - baseTimestamp) + each.end - each.restAt)
  const body = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + varintSize(size) + size, 0))
  let at = 0
  let maxTimestamp = -1
  records.forEach((record, i) => {
    at = writeVarint(body, at, sizes[i]!)
    body[at++] = record.attributes
    at = writeVarlong(body, at, record.timestamp - baseTimestamp)
    at += record.bytes.copy(body, at, record.restAt, record.end)
    if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp
  })
  const horizon = deleteHorizonMs === undefined ? 0 : batchAttributes.deleteHorizon
  return built(batch, compress(batch.compression, body), {
    attributes: (batch.attributes & ~batchAttributes.deleteHorizon) | horizon,
    baseTimestamp,
    maxTimestamp,
    count: records.length,
  })
}

/** The batch without records: what is left of it says who wrote last and how far. */
export function withoutRecords(batch: RecordBatch): Buffer {
  const dropped = batchAttributes.codecMask | batchAttributes.deleteHorizon
  return built(batch, Buffer.alloc(0), {
    attributes: batch.attributes & ~dropped,
    baseTimestamp: -1,
    maxTimestamp: batch.maxTimestamp,
    count: 0,
  })
}

interface Changed {
  readonly attributes: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly count: number
}

function built(batch: RecordBatch, body: Buffer, changed: Changed): Buffer {
  const bytes = Buffer.allocUnsafe(batchHeaderBytes + body.length)
  batch.buffer.copy(bytes, 0, batch.position, batch.position + batchHeaderBytes)
  body.copy(bytes, batchHeaderBytes)
  bytes.writeInt32BE(bytes.length - batchLengthOverhead, batchLayout.length)
  bytes.writeInt16BE(changed.attributes, batchLayout.attributes)
  writeInt64(bytes, batchLayout.baseTimestamp, changed.baseTimestamp)
  writeInt64(bytes, batchLayout.maxTimestamp, changed.maxTimestamp)
  bytes.writeInt32BE(changed.count, batchLayout.recordCount)
  RecordBatch.at(bytes).recomputeCrc()
  return bytes
}
