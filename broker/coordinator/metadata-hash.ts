import { xxh3 } from '#core/bytes/xxh3.ts'
import { uuidToBytes } from '#core/bytes/uuid.ts'
import type { Topics } from './ports.ts'

/**
 * A number for everything about some topics that assignments depend on: which exist, their ids, partitions and racks. It is
 * stored with a group, computed as Apache Kafka does, so that a coordinator that takes over sees whether anything changed.
 * 0 when none of the topics exists.
 */
export function metadataHash(topics: Topics, names: Iterable<string>): bigint {
  const existing = [...new Set(names)].filter((name) => topics.topicId(name) !== undefined).toSorted()
  if (existing.length === 0) return 0n
  const hashes = Buffer.alloc(8 * existing.length)
  existing.forEach((name, i) => hashes.writeBigUInt64LE(topicHash(topics, name), 8 * i))
  return BigInt.asIntN(64, xxh3(hashes))
}

/** The version of this way to hash. */
const hashVersion = 0

/** The newest hash of a topic, with what it was made of: groups ask again and again for topics that did not change. */
const known = new Map<string, { readonly madeOf: string; readonly hash: bigint }>()
const maxKnown = 10_000

function topicHash(topics: Topics, name: string): bigint {
  const id = topics.topicId(name)!
  const count = topics.partitionCount(name)!
  const racks = topics.racks(name) ?? []
  const madeOf = `${id} ${count} ${racks.some((each) => each.length > 0) ? JSON.stringify(racks) : ''}`
  const before = known.get(name)
  if (before?.madeOf === madeOf) return before.hash
  const hash = hashOf(name, uuidToBytes(id), count, racks)
  if (known.size >= maxKnown) known.clear()
  known.set(name, { madeOf, hash })
  return hash
}

function hashOf(name: string, id: Buffer, count: number, racks: readonly (readonly string[])[]): bigint {
  const parts: Buffer[] = [
    Buffer.from([hashVersion]),
    Buffer.from(id).subarray(0, 8).reverse(),
    Buffer.from(id).subarray(8).reverse(),
  ]
  parts.push(text(name), int(count))
  for (let partition = 0; partition < count; partition++) {
    parts.push(int(partition))
    for (const rack of (racks[partition] ?? []).toSorted()) parts.push(int(rack.length), text(rack))
  }
  return xxh3(Buffer.concat(parts))
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

/** Two bytes a character, then how many there are. */
const text = (value: string): Buffer => Buffer.concat([Buffer.from(value, 'utf16le'), int(value.length)])
