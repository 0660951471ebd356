/** Writes a whole number as 8 bytes, big-endian, two's complement. Returns the position behind it. */
export function writeInt64(target: Buffer, value: number, at: number): number {
  target.writeInt32BE(Math.floor(value / 0x1_0000_0000), at)
  return target.writeUInt32BE(value >>> 0, at + 4)
}

/** Reads what `writeInt64` wrote; exact within the safe integers. */
export const readInt64 = (source: Buffer, at: number): number =>
  source.readInt32BE(at) * 0x1_0000_0000 + source.readUInt32BE(at + 4)
