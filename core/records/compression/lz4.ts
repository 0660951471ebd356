import { nativeModule, unpack, type Codec } from '#core/records/compression/codec.ts'
import { recordErrors } from '#core/records/errors.ts'

interface Lz4 {
  compressFrameSync(data: Buffer): Buffer
  decompressFrameSync(data: Buffer): Buffer
}

const lz4Module = nativeModule<Lz4>('lz4', 'lz4-napi')

const frameMagic = 0x184d2204

/**
 * The most bytes that the blocks of a frame can unpack to. The decoder itself knows no limit, so the block headers are
 * walked first: every block but the last is usually full, which makes the bound tight.
 */
function unpackedBound(frame: Buffer): number {
  if (frame.length < 7 || frame.readUInt32LE(0) !== frameMagic) throw new RangeError('not an lz4 frame')
  const flags = frame[4]!
  const sizeCode = (frame[5]! >> 4) & 7
  if (sizeCode < 4) throw new RangeError('unknown block size')
  const blockBytes = 1 << (8 + 2 * sizeCode)
  const checksumBytes = flags & 0x10 ? 4 : 0
  let bound = 0
  for (let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0); ;) {
    if (at + 4 > frame.length) throw new RangeError('the frame has no end mark')
    const word = frame.readUInt32LE(at)
    if (word === 0) return bound
    const size = word & 0x7fffffff
    bound += word >= 0x80000000 ? size : blockBytes
    at += 4 + size + checksumBytes
  }
}

export const lz4: Codec = {
  compress: (bytes) => lz4Module().compressFrameSync(bytes),
  decompress(bytes, maxBytes) {
    const tooLarge = () => recordErrors.RECORDS_TOO_LARGE({ codec: 'lz4', size: bytes.length, limit: maxBytes })
    const lastBlockSlack = 4 * 1024 * 1024
    if (unpack('lz4', () => unpackedBound(bytes)) > maxBytes + lastBlockSlack) throw tooLarge()
    const native = lz4Module()
    const unpacked = unpack('lz4', () => native.decompressFrameSync(bytes))
    if (unpacked.length > maxBytes) throw tooLarge()
    return unpacked
  },
}
