/** Java's String.hashCode: over UTF-16 code units, as a signed 32-bit number. */
export function javaHashCode(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/**
 * The partition of `__consumer_offsets` that keeps a group. Clearing the sign bit is not Math.abs: it is what Kafka does
 * (−2³¹ becomes 0), and the place of a group must agree with what Kafka wrote.
 */
export function partitionForGroup(groupId: string, partitions: number): number {
  return (javaHashCode(groupId) & 0x7fffffff) % partitions
}
