import { RecordBatch } from '#core/records/batch.ts'
import { codecId, compress, decompress, type CompressionName } from '#core/records/compression/index.ts'
import { batchAttributes, batchLayout, batchLengthOverhead } from '#core/records/layout.ts'

/** The same batch packed another way: header and records are untouched but for codec, length and checksum. */
export function recompress(batch: RecordBatch, compression: CompressionName, level?: number): Buffer {
  const { buffer, position, attributes, codec } = batch
  const end = position + batch.sizeInBytes
  const records = decompress(codec, buffer.subarray(position + batchLayout.records, end))
  const packed = compress(compression, records, level)
  const bytes = Buffer.concat([buffer.subarray(position, position + batchLayout.records), packed])
  bytes.writeInt32BE(bytes.length - batchLengthOverhead, batchLayout.length)
  bytes.writeInt16BE((attributes & ~batchAttributes.codecMask) | codecId(compression), batchLayout.attributes)
  RecordBatch.at(bytes).recomputeCrc()
  return bytes
}
