import { describe, expect, it } from 'vitest'

import { javaHashCode, partitionForGroup } from '../../../broker/coordinator/java-hash.ts'

describe('the partition of a group', () => {
  // Values that Java's own String.hashCode gives.
  it.each([
    ['', 0],
    ['a', 97],
    ['hello', 99_162_322],
    ['polygenelubricants', -2_147_483_648],
    ['Gruppe-ü', 738_167_050],
    ['🐘', 1_772_411],
  ])('hashes %j as Java does', (text, hash) => expect(javaHashCode(text)).toBe(hash))

  // Where Apache Kafka 4.3.1 keeps them.
  it.each([
    ['test-group', 12],
    ['g1', 42],
    ['millrace', 25],
    ['consumer-group', 38],
    ['analytics-eu', 39],
    ['polygenelubricants', 0],
  ])('is the one of 50 in which Kafka looks for %j', (group, partition) => {
    expect(partitionForGroup(group, 50)).toBe(partition)
  })
})
