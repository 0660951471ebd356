import { createHash } from 'node:crypto'

import type { OpenFile } from '#core/ports/files.ts'

/** How many bytes at the head of a file tell it from others. */
export const headBytesMost = 1024
/** How many bytes before a position tell that the file is still the one that was read up to there. */
export const tailBytesMost = 64

/** What some bytes of a file were: their number and a hash of them. */
export interface Fingerprint {
  readonly bytes: number
  readonly hash: string
}

export const noFingerprint: Fingerprint = { bytes: 0, hash: '' }

export const fingerprintOf = (bytes: Uint8Array): Fingerprint =>
  bytes.length === 0
    ? noFingerprint
    : { bytes: bytes.length, hash: createHash('sha256').update(bytes).digest('hex').slice(0, 16) }

/** Bytes of a file from `start` on; fewer at its end. */
export function readBytes(file: OpenFile, start: number, length: number): Buffer {
  const target = Buffer.allocUnsafe(length)
  return target.subarray(0, file.read(target, 0, length, start))
}

/** True when the bytes that end at `end` are still what they were. */
export function stillThere(file: OpenFile, end: number, print: Fingerprint): boolean {
  return print.bytes === 0 || fingerprintOf(readBytes(file, end - print.bytes, print.bytes)).hash === print.hash
}
