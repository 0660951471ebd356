import { javaHashCode } from '../../java-hash.ts'

/**
 * The order in which Java's hash tables give out their keys. Kafka's assignors walk such tables, so where two members have
 * the same claim, the table's order decides; a group that moves between coordinators must not be shuffled by the move.
 */

/** Hash codes as Java has them for the keys that occur here. */
export const hashes = {
  string: javaHashCode,
  integer: (value: number): number => value,
  /** A topic id: its 16 bytes as two numbers of 64 bits, folded. */
  uuid: (id: string): number => {
    const bytes = Buffer.from(id, 'base64url')
    return bytes.readInt32BE(0) ^ bytes.readInt32BE(4) ^ bytes.readInt32BE(8) ^ bytes.readInt32BE(12)
  },
} as const

/** Buckets of a table that grew key by key. */
export function grownCapacity(size: number): number {
  let capacity = 16
  while (size > capacity * 0.75) capacity *= 2
  return capacity
}

/** Buckets of a set made of a collection, which is given more room than it needs. */
export function copiedCapacity(size: number): number {
  const wanted = Math.max(Math.trunc(Math.fround(Math.fround(size) / 0.75)) + 1, 16)
  let capacity = 16
  while (capacity < wanted) capacity *= 2
  return capacity
}

/** Keys by bucket, and within a bucket as they were put in. */
export function inHashOrder<K>(keys: Iterable<K>, hash: (key: K) => number, capacity: number): K[] {
  const bucketOf = (key: K): number => {
    const h = hash(key)
    return (h ^ (h >>> 16)) & (capacity - 1)
  }
  return Array.from(keys, (key) => ({ key, bucket: bucketOf(key) }))
    .toSorted((a, b) => a.bucket - b.bucket)
    .map(({ key }) => key)
}
