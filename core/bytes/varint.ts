/**
 * Zigzag variable-length integers as records use them: groups of seven bits, lowest first, the sign in the lowest bit.
 * Readers move `position` of a cursor; writers return the position after what they wrote.
 */
export interface VarintCursor {
  readonly bytes: Uint8Array
  position: number
}

const overrun = (): never => {
  throw new RangeError('variable-length integer runs past its bytes or its width')
}

/** Reads a zigzag int32. Throws RangeError past the end of the bytes or after more than five groups. */
export function readVarint(cursor: VarintCursor): number {
  const { bytes } = cursor
  let at = cursor.position
  let byte = bytes[at++] ?? overrun()
  let raw = byte & 0x7f
  for (let shift = 7; byte >= 0x80; shift += 7) {
    if (shift > 28) overrun()
    byte = bytes[at++] ?? overrun()
    raw |= (byte & 0x7f) << shift
  }
  cursor.position = at
  return (raw >>> 1) ^ -(raw & 1)
}

/** Reads a zigzag int64 as a number, exact up to 2^53; larger ones come out rounded. Throws RangeError as `readVarint`. */
export function readVarlong(cursor: VarintCursor): number {
  const { bytes } = cursor
  let at = cursor.position
  let byte = bytes[at++] ?? overrun()
  const negative = byte & 1
  let magnitude = (byte & 0x7f) >>> 1
  for (let scale = 64, groups = 1; byte >= 0x80; scale *= 128, groups++) {
    if (groups === 10) overrun()
    byte = bytes[at++] ?? overrun()
    magnitude += (byte & 0x7f) * scale
  }
  cursor.position = at
  return negative === 1 ? -magnitude - 1 : magnitude
}

/** Bytes that `writeVarint` takes for an int32. */
export function varintSize(value: number): number {
  const raw = ((value << 1) ^ (value >> 31)) >>> 0
  return raw < 0x80 ? 1 : raw < 0x4000 ? 2 : raw < 0x200000 ? 3 : raw < 0x10000000 ? 4 : 5
}

/** Bytes that `writeVarlong` takes for a safe integer. */
export function varlongSize(value: number): number {
  let size = 1
  for (let rest = value < 0 ? -value - 1 : value, room = 64; rest >= room; room *= 128) size++
  return size
}

/** Writes a zigzag int32. */
export function writeVarint(target: Uint8Array, position: number, value: number): number {
  let raw = ((value << 1) ^ (value >> 31)) >>> 0
  while (raw >= 0x80) {
    target[position++] = raw | 0x80
    raw >>>= 7
  }
  target[position++] = raw
  return position
}

/** Writes a zigzag int64 given as a safe integer. */
export function writeVarlong(target: Uint8Array, position: number, value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return writeVarint(target, position, value)
  let rest = value < 0 ? -value - 1 : value
  target[position++] = ((rest % 64) << 1) | (value < 0 ? 1 : 0) | 0x80
  rest = Math.floor(rest / 64)
  while (rest >= 128) {
    target[position++] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
  }
  target[position++] = rest
  return position
}
