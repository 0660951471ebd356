/**
 * The 64-bit XXH3 hash with seed 0, of https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md. Written for a few
 * kilobytes now and then: numbers of 64 bits are bigints here.
 */
export function xxh3(bytes: Buffer): bigint {
  const { length } = bytes
  if (length === 0) return avalanche64(secret64(56) ^ secret64(64))
  if (length <= 3) return upTo3(bytes)
  if (length <= 8) return upTo8(bytes)
  if (length <= 16) return upTo16(bytes)
  if (length <= 128) return upTo128(bytes)
  if (length <= 240) return upTo240(bytes)
  return long(bytes)
}

/** The secret that the specification gives. */
const secret = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
    'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb' +
    '170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
)

const prime32 = [0x9e3779b1n, 0x85ebca77n, 0xc2b2ae3dn] as const
const prime64 = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const

const stripeBytes = 64
const stripesPerBlock = (secret.length - stripeBytes) / 8

const low64 = (value: bigint): bigint => BigInt.asUintN(64, value)
const secret64 = (at: number): bigint => secret.readBigUInt64LE(at)
const rotated = (value: bigint, bits: bigint): bigint => low64(value << bits) | (value >> (64n - bits))

/** The halves of the full product, one over the other. */
function folded(a: bigint, b: bigint): bigint {
  const product = a * b
  return low64(product) ^ (product >> 64n)
}

function avalanche(value: bigint): bigint {
  const mixed = low64((value ^ (value >> 37n)) * 0x165667919e3779f9n)
  return mixed ^ (mixed >> 32n)
}

function avalanche64(value: bigint): bigint {
  let mixed = low64((value ^ (value >> 33n)) * prime64[1])
  mixed = low64((mixed ^ (mixed >> 29n)) * prime64[2])
  return mixed ^ (mixed >> 32n)
}

function upTo3(bytes: Buffer): bigint {
  const { length } = bytes
  const combined = (bytes[0]! << 16) | (bytes[length >> 1]! << 24) | bytes[length - 1]! | (length << 8)
  const flip = secret.readUInt32LE(0) ^ secret.readUInt32LE(4)
  return avalanche64(BigInt((combined ^ flip) >>> 0))
}

function upTo8(bytes: Buffer): bigint {
  const { length } = bytes
  const input = BigInt(bytes.readUInt32LE(length - 4)) + (BigInt(bytes.readUInt32LE(0)) << 32n)
  const keyed = input ^ secret64(8) ^ secret64(16)
  let mixed = low64((keyed ^ rotated(keyed, 49n) ^ rotated(keyed, 24n)) * 0x9fb21c651e98df25n)
  mixed = low64((mixed ^ ((mixed >> 35n) + BigInt(length))) * 0x9fb21c651e98df25n)
  return mixed ^ (mixed >> 28n)
}

function upTo16(bytes: Buffer): bigint {
  const { length } = bytes
  const low = bytes.readBigUInt64LE(0) ^ secret64(24) ^ secret64(32)
  const high = bytes.readBigUInt64LE(length - 8) ^ secret64(40) ^ secret64(48)
  const swapped = Buffer.alloc(8)
  swapped.writeBigUInt64LE(low)
  return avalanche(low64(BigInt(length) + swapped.readBigUInt64BE() + high + folded(low, high)))
}

/** 16 bytes of input against 16 of the secret. */
function mix(bytes: Buffer, at: number, secretAt: number): bigint {
  const low = bytes.readBigUInt64LE(at) ^ secret64(secretAt)
  return folded(low, bytes.readBigUInt64LE(at + 8) ^ secret64(secretAt + 8))
}

function upTo128(bytes: Buffer): bigint {
  const { length } = bytes
  let sum = BigInt(length) * prime64[0]
  for (let i = (length - 1) >> 5; i >= 0; i--) {
    sum += mix(bytes, 16 * i, 32 * i) + mix(bytes, length - 16 * (i + 1), 32 * i + 16)
  }
  return avalanche(low64(sum))
}

function upTo240(bytes: Buffer): bigint {
  const { length } = bytes
  let sum = BigInt(length) * prime64[0]
  for (let i = 0; i < 8; i++) sum += mix(bytes, 16 * i, 16 * i)
  sum = avalanche(low64(sum))
  for (let i = 8; i < length >> 4; i++) sum += mix(bytes, 16 * i, 16 * (i - 8) + 3)
  return avalanche(low64(sum + mix(bytes, length - 16, 119)))
}

function long(bytes: Buffer): bigint {
  const lanes: bigint[] = [
    prime32[2],
    prime64[0],
    prime64[1],
    prime64[2],
    prime64[3],
    prime32[1],
    prime64[4],
    prime32[0],
  ]
  const stripes = Math.floor((bytes.length - 1) / stripeBytes)
  for (let stripe = 0; stripe < stripes; stripe++) {
    const inBlock = stripe % stripesPerBlock
    accumulate(lanes, bytes, stripe * stripeBytes, inBlock * 8)
    if (inBlock === stripesPerBlock - 1) scramble(lanes)
  }
  accumulate(lanes, bytes, bytes.length - stripeBytes, secret.length - stripeBytes - 7)
  let sum = BigInt(bytes.length) * prime64[0]
  for (let i = 0; i < 8; i += 2) sum += folded(lanes[i]! ^ secret64(11 + 8 * i), lanes[i + 1]! ^ secret64(19 + 8 * i))
  return avalanche(low64(sum))
}

function accumulate(lanes: bigint[], bytes: Buffer, at: number, secretAt: number): void {
  for (let i = 0; i < 8; i++) {
    const data = bytes.readBigUInt64LE(at + 8 * i)
    const keyed = data ^ secret64(secretAt + 8 * i)
    lanes[i ^ 1] = low64(lanes[i ^ 1]! + data)
    lanes[i] = low64(lanes[i]! + (keyed & 0xffffffffn) * (keyed >> 32n))
  }
}

function scramble(lanes: bigint[]): void {
  for (let i = 0; i < 8; i++) {
    const lane = lanes[i]!
    lanes[i] = low64((lane ^ (lane >> 47n) ^ secret64(secret.length - stripeBytes + 8 * i)) * prime32[0])
  }
}
