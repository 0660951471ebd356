import type { Codec } from '#core/records/compression/codec.ts'
import { gzip } from '#core/records/compression/gzip.ts'
import { lz4 } from '#core/records/compression/lz4.ts'
import { snappy } from '#core/records/compression/snappy.ts'
import { zstd } from '#core/records/compression/zstd.ts'
import { recordErrors } from '#core/records/errors.ts'

/** Compression names by codec id, which is their place: the low three bits of a batch's attributes. */
export const compressionNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export type CompressionName = (typeof compressionNames)[number]

/** How much one batch may unpack to where the caller names no limit. */
export const defaultUnpackLimitBytes = 128 * 1024 * 1024

const none: Codec = { compress: (bytes) => bytes, decompress: (bytes) => bytes }
const codecs: readonly Codec[] = [none, gzip, snappy, lz4, zstd]

/** The codec id of a compression name. */
export const codecId = (name: CompressionName): number => compressionNames.indexOf(name)

/** Packs `bytes`; `level` is the codec's own scale and its default when left out. `none` returns the bytes themselves. */
export function compress(name: CompressionName, bytes: Buffer, level?: number): Buffer {
  return codecs[codecId(name)]!.compress(bytes, level)
}

/**
 * Unpacks `bytes` of the given codec id to at most `maxBytes`. Throws RECORDS_CODEC_UNKNOWN, RECORDS_COMPRESSION_INVALID
 * or RECORDS_TOO_LARGE.
 */
export function decompress(codec: number, bytes: Buffer, maxBytes = defaultUnpackLimitBytes): Buffer {
  const found = codecs[codec]
  if (found === undefined) throw recordErrors.RECORDS_CODEC_UNKNOWN({ codec })
  return found.decompress(bytes, maxBytes)
}
