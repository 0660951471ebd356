import { nativeModule, unpack, type Codec } from '#core/records/compression/codec.ts'
import { recordErrors } from '#core/records/errors.ts'

interface Snappy {
  compressSync(input: Uint8Array, options: { copyOutputData: boolean }): Buffer
  uncompressSync(input: Uint8Array, options: { copyOutputData: boolean; asBuffer: true }): Buffer
}

const snappyModule = nativeModule<Snappy>('snappy', 'snappy')

// Copied output is five times as fast here as the external buffers that the package makes by default.
const compressOptions = { copyOutputData: true }
const decompressOptions = { copyOutputData: true, asBuffer: true } as const

// The framing of Java's SnappyOutputStream: magic, version 1, oldest compatible version 1, then blocks of (int32 size, raw snappy).
const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const header = Buffer.concat([magic, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])])
const blockBytes = 32 * 1024

/** The unpacked size that a raw snappy block declares in its first bytes (unsigned varint). */
function declaredSize(block: Buffer): number {
  let size = 0
  for (let i = 0, scale = 1; i < 5; i++, scale *= 128) {
    const byte = block[i]
    if (byte === undefined) break
    size += (byte & 0x7f) * scale
    if (byte < 0x80) return size
  }
  throw new RangeError('a block without a size')
}

function rawBlocks(bytes: Buffer): Buffer[] {
  if (bytes.length < header.length || bytes.compare(magic, 0, magic.length, 0, magic.length) !== 0) return [bytes]
  const blocks: Buffer[] = []
  for (let at = header.length; at < bytes.length;) {
    const size = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1
    if (size < 0 || at + 4 + size > bytes.length) throw new RangeError('a framed block is cut short')
    blocks.push(bytes.subarray(at + 4, at + 4 + size))
    at += 4 + size
  }
  return blocks
}

/** Snappy as Java's clients write it (framed); raw snappy, as others send it, is read too. */
export const snappy: Codec = {
  compress(bytes) {
    const chunks: Buffer[] = [header]
    for (let at = 0; at < bytes.length; at += blockBytes) {
      const block = snappyModule().compressSync(bytes.subarray(at, at + blockBytes), compressOptions)
      const size = Buffer.allocUnsafe(4)
      size.writeInt32BE(block.length)
      chunks.push(size, block)
    }
    return Buffer.concat(chunks)
  },
  decompress(bytes, maxBytes) {
    const blocks = unpack('snappy', () => rawBlocks(bytes))
    const total = unpack('snappy', () => blocks.reduce((sum, block) => sum + declaredSize(block), 0))
    if (total > maxBytes) throw recordErrors.RECORDS_TOO_LARGE({ codec: 'snappy', size: bytes.length, limit: maxBytes })
    const native = snappyModule()
    const parts = unpack('snappy', () => blocks.map((block) => native.uncompressSync(block, decompressOptions)))
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts, total)
  },
}
