import { crc32c } from '#core/bytes/crc32c.ts'
import { readInt64, writeInt64 } from '#core/records/layout.ts'

/** What a snapshot keeps of one producer: its last batch and transaction. -1 stands for none. */
export interface ProducerRow {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastOffset: number
  readonly offsetDelta: number
  readonly timestamp: number
  readonly coordinatorEpoch: number
  readonly currentTxnFirstOffset: number
}

const version = 1
const headerBytes = 10
const crcAt = 2
const rowsAt = 6
const rowBytes = 46

/**
 * Kafka's producer snapshot, version 1: version int16, CRC-32C of what follows it (uint32), row count int32, then per producer
 *
 *     producerId epoch lastSequence lastOffset offsetDelta timestamp coordinatorEpoch currentTxnFirstOffset
 *     int64      int16 int32        int64      int32       int64     int32            int64
 */
export function encodeProducerSnapshot(rows: readonly ProducerRow[]): Buffer {
  const bytes = Buffer.alloc(headerBytes + rows.length * rowBytes)
  bytes.writeInt16BE(version, 0)
  bytes.writeInt32BE(rows.length, rowsAt)
  let at = headerBytes
  for (const row of rows) {
    writeInt64(bytes, at, row.producerId)
    bytes.writeInt16BE(row.producerEpoch, at + 8)
    bytes.writeInt32BE(row.lastSequence, at + 10)
    writeInt64(bytes, at + 14, row.lastOffset)
    bytes.writeInt32BE(row.offsetDelta, at + 22)
    writeInt64(bytes, at + 26, row.timestamp)
    bytes.writeInt32BE(row.coordinatorEpoch, at + 34)
    writeInt64(bytes, at + 38, row.currentTxnFirstOffset)
    at += rowBytes
  }
  bytes.writeUInt32BE(crc32c(bytes, rowsAt), crcAt)
  return bytes
}

/** Reads a snapshot; undefined when it is damaged or of another version, so that an older one can be used. */
export function decodeProducerSnapshot(bytes: Buffer): ProducerRow[] | undefined {
  if (bytes.length < headerBytes || bytes.readInt16BE(0) !== version) return undefined
  if (bytes.readUInt32BE(crcAt) !== crc32c(bytes, rowsAt)) return undefined
  const count = bytes.readInt32BE(rowsAt)
  if (count < 0 || bytes.length !== headerBytes + count * rowBytes) return undefined
  return Array.from({ length: count }, (_, row) => {
    const at = headerBytes + row * rowBytes
    return {
      producerId: readInt64(bytes, at),
      producerEpoch: bytes.readInt16BE(at + 8),
      lastSequence: bytes.readInt32BE(at + 10),
      lastOffset: readInt64(bytes, at + 14),
      offsetDelta: bytes.readInt32BE(at + 22),
      timestamp: readInt64(bytes, at + 26),
      coordinatorEpoch: bytes.readInt32BE(at + 34),
      currentTxnFirstOffset: readInt64(bytes, at + 38),
    }
  })
}
