const mask = (1n << 64n) - 1n
const c1 = 0x87c37b91114253d5n
const c2 = 0x4cf5ad432745937fn
const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & mask
const times = (x: bigint, y: bigint): bigint => (x * y) & mask
const mixFirst = (k: bigint): bigint => times(rotate(times(k, c1), 31n), c2)
const mixSecond = (k: bigint): bigint => times(rotate(times(k, c2), 33n), c1)

function finish(x: bigint): bigint {
  let h = x
  h = times(h ^ (h >> 33n), 0xff51afd7ed558ccdn)
  h = times(h ^ (h >> 33n), 0xc4ceb9fe1a85ec53n)
  return h ^ (h >> 33n)
}

/** The 128-bit Murmur3 hash (x64 variant) with the seed that Kafka Streams uses to compare values; 16 bytes, big-endian. */
export function murmur3Hash128(bytes: Buffer): Buffer {
  const seed = 104_729n
  let h1 = seed
  let h2 = seed
  const whole = bytes.length & ~15
  for (let at = 0; at < whole; at += 16) {
    h1 = rotate(h1 ^ mixFirst(bytes.readBigUInt64LE(at)), 27n)
    h1 = (times((h1 + h2) & mask, 5n) + 0x52dce729n) & mask
    h2 = rotate(h2 ^ mixSecond(bytes.readBigUInt64LE(at + 8)), 31n)
    h2 = (times((h2 + h1) & mask, 5n) + 0x38495ab5n) & mask
  }
  const tail = Buffer.alloc(16)
  bytes.copy(tail, 0, whole)
  if (bytes.length - whole > 8) h2 ^= mixSecond(tail.readBigUInt64LE(8))
  if (bytes.length > whole) h1 ^= mixFirst(tail.readBigUInt64LE(0))
  const length = BigInt(bytes.length)
  h1 ^= length
  h2 ^= length
  h1 = (h1 + h2) & mask
  h2 = (h2 + h1) & mask
  h1 = finish(h1)
  h2 = finish(h2)
  h1 = (h1 + h2) & mask
  h2 = (h2 + h1) & mask
  const out = Buffer.alloc(16)
  out.writeBigUInt64BE(h2, out.writeBigUInt64BE(h1, 0))
  return out
}
