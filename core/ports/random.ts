import { randomBytes } from 'node:crypto'

/** Randomness as a port, so that a seed can replay a history. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  bytes(count: number): Buffer
}

/** Randomness of the machine, unpredictable in its bytes. */
export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: (count) => randomBytes(count),
}

/** The mulberry32 generator: 32 bits of state, the same sequence for the same seed everywhere. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = state
    x = Math.imul(x ^ (x >>> 15), x | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296
  }
  return {
    next,
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => Math.floor(next() * 256))),
  }
}
