import { balance, type Claim } from '#core/client/assignors/balance.ts'
import { assignments, byText, type Subscriptions } from '#core/client/assignors/members.ts'
import type { Assignor, TopicPartition } from '#core/client/client.ts'
import { Reader } from '#core/bytes/reader.ts'
import { Writer } from '#core/bytes/writer.ts'

/**
 * Kafka's `sticky`: balanced, and members keep what they had. Members give up everything before they join (eager), so
 * what they had travels as user data. An assignor remembers the member it serves: one instance per consumer.
 */
export function stickyAssignor(): Assignor {
  let last: Claim | undefined
  return {
    name: 'sticky',
    protocol: 'eager',
    subscriptionUserData: () => (last === undefined ? null : encodeClaim(last)),
    assign(partitionCounts, subscriptions) {
      return assignments(balance(partitionCounts, subscriptions, claimsOf(subscriptions)))
    },
    onAssignment({ partitions }, generation) {
      last = { partitions, generation }
    },
  }
}

function claimsOf(subscriptions: Subscriptions): Map<string, Claim> {
  const claims = new Map<string, Claim>()
  for (const [member, { userData }] of subscriptions) {
    if (userData !== null && userData.length > 0) claims.set(member, decodeClaim(userData))
  }
  return claims
}

/** Layout: array of (topic string, array of int32 partitions), then the int32 generation. */
export function encodeClaim({ partitions, generation }: Claim): Buffer {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const list = byTopic.get(topic)
    if (list === undefined) byTopic.set(topic, [partition])
    else list.push(partition)
  }
  const writer = new Writer()
  writer.int32(byTopic.size)
  for (const [topic, numbers] of [...byTopic].sort(([a], [b]) => byText(a, b))) {
    writer.string(topic)
    writer.int32(numbers.length)
    for (const partition of numbers) writer.int32(partition)
  }
  writer.int32(generation)
  return Buffer.concat(writer.finish())
}

/** Reads user data of any client; the oldest form has no generation, and bytes that make no sense claim nothing. */
export function decodeClaim(userData: Buffer): Claim {
  try {
    const reader = new Reader(userData)
    const partitions: TopicPartition[] = []
    for (let topics = reader.arrayLength(6); topics > 0; topics--) {
      const topic = reader.string()
      for (let left = reader.arrayLength(4); left > 0; left--) partitions.push({ topic, partition: reader.int32() })
    }
    return { partitions, generation: reader.remaining >= 4 ? reader.int32() : -1 }
  } catch (error) {
    if (error instanceof RangeError) return { partitions: [], generation: -1 }
    throw error
  }
}
