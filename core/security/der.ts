/** One value of DER, the encoding of certificates and keys: tag, content, and both with the header. */
export interface Der {
  readonly tag: number
  readonly content: Buffer
  readonly whole: Buffer
}

/** The tags that are looked for here. */
export const derTags = { integer: 2, octets: 4, oid: 6, sequence: 0x30, set: 0x31, context0: 0xa0, implicit0: 0x80 }

/** Reads one value. Throws a RangeError for bytes that are no DER; lengths are checked before they are used. */
export function readDer(bytes: Buffer, at = 0): Der {
  if (at + 2 > bytes.length) throw new RangeError('it ends in the middle of a value')
  const tag = bytes[at]!
  if ((tag & 31) === 31) throw new RangeError(`tag ${tag} is not expected`)
  let length = bytes[at + 1]!
  let start = at + 2
  if (length >= 128) {
    const count = length & 127
    if (count === 0 || count > 4 || start + count > bytes.length) throw new RangeError('a length cannot be right')
    length = bytes.readUIntBE(start, count)
    start += count
  }
  const end = start + length
  if (end > bytes.length) throw new RangeError('it ends in the middle of a value')
  return { tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) }
}

/** The values in a sequence or set. */
export function derItems(bytes: Buffer): Der[] {
  const items: Der[] = []
  for (let at = 0; at < bytes.length;) {
    const item = readDer(bytes, at)
    items.push(item)
    at += item.whole.length
  }
  return items
}

/** The content of the item at `index`, which must have the tag. */
export function derItem(items: readonly Der[], index: number, tag: number): Buffer {
  const item = items[index]
  if (item?.tag !== tag) throw new RangeError(`tag ${tag} is missing`)
  return item.content
}

/** An object identifier in dotted form. */
export function derOid(content: Buffer): string {
  const parts: number[] = []
  let value = 0
  for (const byte of content) {
    value = value * 128 + (byte & 127)
    if (byte >= 128) continue
    if (parts.length > 0) parts.push(value)
    else {
      const first = Math.min(2, Math.floor(value / 40))
      parts.push(first, value - first * 40)
    }
    value = 0
  }
  return parts.join('.')
}

/** A whole number of at most six bytes. */
export function derInteger(content: Buffer): number {
  if (content.length < 1 || content.length > 6) throw new RangeError('a number is too long')
  return content.readIntBE(0, content.length)
}
