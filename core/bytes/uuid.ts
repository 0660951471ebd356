import type { Random } from '#core/ports/random.ts'

/**
 * Ids of 16 bytes in Kafka's text form: base64url without padding, 22 characters. Kept as text everywhere because maps
 * and comparisons want strings; only readers and writers see the bytes.
 */

/** The id that stands for "none". */
export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'
/** The topic id of `__cluster_metadata`; no other topic may carry it. */
export const metadataTopicUuid = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** True for text that stands for exactly 16 bytes. */
export function isUuid(text: string): boolean {
  return /^[A-Za-z0-9_-]{21}[AQgw]$/.test(text)
}

/** 16 bytes as text. Throws a RangeError when there are not 16. */
export function uuidFromBytes(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new RangeError(`a uuid has 16 bytes, not ${bytes.length}`)
  return Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('base64url')
}

/** Text as 16 bytes. Throws a RangeError when it is not a uuid's text. */
export function uuidToBytes(text: string): Buffer {
  if (!isUuid(text)) throw new RangeError(`"${text}" is not a uuid of 22 base64url characters`)
  return Buffer.from(text, 'base64url')
}

/**
 * A random id (version 4), as Kafka makes them: never one of the reserved values, and never with a leading "-", which
 * command-line tools would take for an option.
 */
export function randomUuid(random: Random): string {
  for (;;) {
    const bytes = random.bytes(16)
    bytes[6] = (bytes[6]! & 0x0f) | 0x40
    bytes[8] = (bytes[8]! & 0x3f) | 0x80
    const text = bytes.toString('base64url')
    if (!text.startsWith('-')) return text
  }
}
