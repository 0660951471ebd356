import { createRequire } from 'node:module'

type Checksum = (bytes: Uint8Array, seed?: number) => number

// Eight tables of 256: slicing-by-8, which takes eight bytes a step and is the fastest form in plain JavaScript.
const tables = new Int32Array(8 * 256)
for (let i = 0; i < 256; i++) {
  let crc = i
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  tables[i] = crc
}
for (let i = 256; i < tables.length; i++) {
  const before = tables[i - 256]!
  tables[i] = (before >>> 8) ^ tables[before & 0xff]!
}

/** CRC-32C (Castagnoli) in JavaScript of `bytes` from `start` to `end`: the fallback, and the quicker way for short input. */
export function crc32cInScript(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1
  let at = start
  for (const last = end - 7; at < last; at += 8) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    crc =
      tables[1792 + (low & 0xff)]! ^
      tables[1536 + ((low >>> 8) & 0xff)]! ^
      tables[1280 + ((low >>> 16) & 0xff)]! ^
      tables[1024 + (low >>> 24)]! ^
      tables[768 + bytes[at + 4]!]! ^
      tables[512 + bytes[at + 5]!]! ^
      tables[256 + bytes[at + 6]!]! ^
      tables[bytes[at + 7]!]!
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 0xff]!
  return (crc ^ -1) >>> 0
}

function loadNative(): Checksum | undefined {
  try {
    return (createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: Checksum }).crc32c
  } catch {
    // No prebuilt binary for this platform: the script version gives the same numbers.
    return undefined
  }
}

const native = loadNative()

// Below this the call into native code costs more than it saves (measured: 100 B 773 against 434 MB/s, 1 KiB 1036 against 2443).
const nativeFrom = 512

/** CRC-32C of `bytes` from `start` to `end`, as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  if (native === undefined || end - start < nativeFrom) return crc32cInScript(bytes, start, end)
  return native(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end))
}
