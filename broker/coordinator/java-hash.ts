/** Java's String.hashCode: over UTF-16 code units, as a signed 32-bit number. */
export function javaHashCode(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/**
 * The partition of `__consumer_offsets` that keeps a group; it must be the one in which Kafka would look. That is the
 * absolute value and not the masked sign bit which Kafka's partitioner of keys uses; of the smallest hash, which Java has
 * no absolute value for, it is 0.
 */
export function partitionForGroup(groupId: string, partitions: number): number {
  const hash = javaHashCode(groupId)
  return (hash === -2_147_483_648 ? 0 : Math.abs(hash)) % partitions
}
