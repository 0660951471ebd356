import { createRequire } from 'node:module'

import { recordErrors } from '#core/records/errors.ts'

/** One way to pack the records of a batch. */
export interface Codec {
  /** `level` is the codec's own scale; codecs without levels ignore it. */
  compress(bytes: Buffer, level?: number): Buffer
  /** Unpacks to at most `maxBytes`; more is RECORDS_TOO_LARGE, known before the memory is taken wherever the format says it. */
  decompress(bytes: Buffer, maxBytes: number): Buffer
}

const require = createRequire(import.meta.url)

/** Loads a native codec on first use: start-up should not pay for codecs that nobody uses. */
export function nativeModule<T>(codec: string, name: string): () => T {
  let loaded: T | undefined
  return () => {
    try {
      return (loaded ??= require(name) as T)
    } catch (cause) {
      throw recordErrors.RECORDS_CODEC_MISSING({ codec }, cause)
    }
  }
}

/** The error for bytes that a decoder refused. */
export function invalid(codec: string, cause: unknown): Error {
  return recordErrors.RECORDS_COMPRESSION_INVALID({ codec, problem: (cause as Error).message }, cause)
}

/** Runs a decoder and turns what it throws into the error of this room. */
export function unpack<T>(codec: string, decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw invalid(codec, cause)
  }
}

/** The same for the decoders of node:zlib, which stop by themselves at a limit. */
export function unpackWithin(
  codec: string,
  bytes: Buffer,
  maxBytes: number,
  decode: (maxBytes: number) => Buffer,
): Buffer {
  try {
    return decode(maxBytes)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw invalid(codec, cause)
    throw recordErrors.RECORDS_TOO_LARGE({ codec, size: bytes.length, limit: maxBytes }, cause)
  }
}
