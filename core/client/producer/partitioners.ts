import { partitionForKey } from '#core/bytes/murmur2.ts'
import type { Partitioner } from '#core/client/client.ts'
import { type Random, systemRandom } from '#core/ports/random.ts'

/** The partition that Kafka's default partitioner gives to a key: murmur2, then modulo. `partitions` is at least 1. */
export { partitionForKey }

/** Deals records in turn over the partitions of their topic, whatever their key. */
export function roundRobinPartitioner(): Partitioner {
  const turns = new Map<string, number>()
  return ({ topic }, partitions) => {
    const turn = turns.get(topic) ?? 0
    turns.set(topic, (turn + 1) % 0x40000000)
    return turn % partitions
  }
}

/** Any partition, each as likely as the others. */
export function randomPartitioner(random: Random = systemRandom): Partitioner {
  return (_, partitions) => Math.floor(random.next() * partitions)
}

/**
 * Kafka's rule for keys as a function to build on: murmur2 of the key, and `keyless` decides for records without one.
 * (A producer without a partitioner of its own does better there: it fills one batch before it turns to the next
 * partition.)
 */
export function keyHashPartitioner(keyless: Partitioner = randomPartitioner()): Partitioner {
  return (record, partitions) =>
    record.key === null ? keyless(record, partitions) : partitionForKey(record.key, partitions)
}
