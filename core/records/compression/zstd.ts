import zlib from 'node:zlib'

import { nativeModule, unpack, unpackWithin, type Codec } from '#core/records/compression/codec.ts'
import { recordErrors } from '#core/records/errors.ts'

// Node has zstd from 22.15 on; its types come with newer type packages only.
interface BuiltIn {
  zstdCompressSync?(bytes: Buffer, options?: { params: Record<number, number> }): Buffer
  zstdDecompressSync?(bytes: Buffer, options: { maxOutputLength: number }): Buffer
}
interface Package {
  Encoder: new (level: number) => { encodeSync(bytes: Buffer): Buffer }
  Decoder: new () => { decodeSync(bytes: Buffer): Buffer }
}

const builtIn = zlib as unknown as BuiltIn
const zstdPackage = nativeModule<Package>('zstd', '@toondepauw/node-zstd')

const defaultLevel = 3
const levelParameter = 100
const frameMagic = 0xfd2fb528
const largestBlock = 128 * 1024

/** Sizes of a frame header after the magic: how long it is, and the most that one of its blocks unpacks to. */
function frameHeader(frame: Buffer, at: number): { length: number; blockBytes: number } {
  const descriptor = frame.readUInt8(at)
  const singleSegment = (descriptor & 0x20) !== 0
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!
  const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!
  if (singleSegment) return { length: 1 + dictionaryBytes + sizeBytes, blockBytes: largestBlock }
  const window = frame.readUInt8(at + 1)
  const base = 2 ** (10 + (window >> 3))
  return {
    length: 2 + dictionaryBytes + sizeBytes,
    blockBytes: Math.min(largestBlock, base + (base / 8) * (window & 7)),
  }
}

/**
 * The most bytes that zstd data can unpack to, from its block headers alone: the package of older Nodes knows no limit.
 * A block unpacks to 128 KiB at most, and encoders fill all but the last.
 */
function unpackedBound(bytes: Buffer): number {
  let bound = 0
  for (let at = 0; at < bytes.length;) {
    const magic = bytes.readUInt32LE(at)
    if (magic >>> 4 === 0x184d2a5) {
      at += 8 + bytes.readUInt32LE(at + 4)
      continue
    }
    if (magic !== frameMagic) throw new RangeError('not a zstd frame')
    const { length, blockBytes } = frameHeader(bytes, at + 4)
    const hasChecksum = (bytes[at + 4]! & 4) !== 0
    at += 4 + length
    for (let last = false; !last;) {
      const block = bytes.readUIntLE(at, 3)
      const type = (block >> 1) & 3
      const size = block >>> 3
      last = (block & 1) !== 0
      bound += type === 2 ? blockBytes : size
      at += 3 + (type === 1 ? 1 : size)
    }
    if (hasChecksum) at += 4
  }
  return bound
}

function decompressWithPackage(bytes: Buffer, maxBytes: number): Buffer {
  const tooLarge = () => recordErrors.RECORDS_TOO_LARGE({ codec: 'zstd', size: bytes.length, limit: maxBytes })
  if (unpack('zstd', () => unpackedBound(bytes)) > maxBytes + largestBlock) throw tooLarge()
  const { Decoder } = zstdPackage()
  const unpacked = unpack('zstd', () => new Decoder().decodeSync(bytes))
  if (unpacked.length > maxBytes) throw tooLarge()
  return unpacked
}

export const zstd: Codec = {
  compress(bytes, level = defaultLevel) {
    if (builtIn.zstdCompressSync) return builtIn.zstdCompressSync(bytes, { params: { [levelParameter]: level } })
    return new (zstdPackage().Encoder)(level).encodeSync(bytes)
  },
  decompress(bytes, maxBytes) {
    if (!builtIn.zstdDecompressSync) return decompressWithPackage(bytes, maxBytes)
    return unpackWithin('zstd', bytes, maxBytes, (maxOutputLength) =>
      builtIn.zstdDecompressSync!(bytes, { maxOutputLength }),
    )
  },
}
