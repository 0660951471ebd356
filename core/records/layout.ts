/**
 * Where the fields of a version 2 record batch lie, in bytes from its start. Everything before `attributes` is outside
 * the checksum, which is what lets a broker stamp offset and leader epoch without touching the rest.
 *
 *     0        8      12     16    17    21         23              27             35            43
 *     baseOffs length epoch  magic crc32 attributes lastOffsetDelta baseTimestamp  maxTimestamp  producerId
 *     51            53           57          61
 *     producerEpoch baseSequence recordCount records…
 */
export const batchLayout = {
  baseOffset: 0,
  length: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const

/** Bytes of a batch without its records. */
export const batchHeaderBytes = 61

/** What the length field does not count: itself and the base offset. */
export const batchLengthOverhead = 12

/** Bits of the attributes field; the low three hold the codec. */
export const batchAttributes = {
  codecMask: 7,
  logAppendTime: 8,
  transactional: 16,
  control: 32,
  deleteHorizon: 64,
} as const

/** Reads an int64 as a number: exact for all that a double holds, rounded beyond. */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
}

/** Writes a safe integer as int64. */
export function writeInt64(bytes: Buffer, at: number, value: number): void {
  bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), at)
  bytes.writeUInt32BE(value >>> 0, at + 4)
}
