import { balance, type Claim } from '#core/client/assignors/balance.ts'
import { assignments, type Subscriptions } from '#core/client/assignors/members.ts'
import { partitionKey, type Assignor, type TopicPartition } from '#core/client/client.ts'

/**
 * Kafka's `cooperative-sticky`: divides as `sticky` does, but members go on reading what they keep. A partition that
 * changes hands is given to nobody in the first round; the member that loses it revokes it and asks for a second round,
 * in which the new owner gets it (KIP-429).
 */
export function cooperativeStickyAssignor(): Assignor {
  let generation = -1
  return {
    name: 'cooperative-sticky',
    protocol: 'cooperative',
    subscriptionUserData() {
      const bytes = Buffer.alloc(4)
      bytes.writeInt32BE(generation)
      return bytes
    },
    assign(partitionCounts, subscriptions) {
      const wanted = balance(partitionCounts, subscriptions, claimsOf(subscriptions))
      return assignments(withoutTransfers(wanted, subscriptions))
    },
    onAssignment(_, newGeneration) {
      generation = newGeneration
    },
  }
}

/** Owned partitions come in the subscription itself; its generation too since version 2, before that as user data. */
function claimsOf(subscriptions: Subscriptions): Map<string, Claim> {
  const claims = new Map<string, Claim>()
  for (const [member, { ownedPartitions, generationId, userData }] of subscriptions) {
    const told = generationId < 0 && userData !== null && userData.length >= 4 ? userData.readInt32BE(0) : generationId
    claims.set(member, { partitions: ownedPartitions, generation: told })
  }
  return claims
}

/** Takes out what one member still owns and another should get. */
function withoutTransfers(
  wanted: ReadonlyMap<string, readonly TopicPartition[]>,
  subscriptions: Subscriptions,
): Map<string, readonly TopicPartition[]> {
  const leaving = new Set<string>()
  for (const [member, { ownedPartitions }] of subscriptions) {
    const keeps = new Set((wanted.get(member) ?? []).map(partitionKey))
    for (const key of ownedPartitions.map(partitionKey)) if (!keeps.has(key)) leaving.add(key)
  }
  return new Map(
    [...wanted].map(([member, partitions]) => {
      const owned = new Set(subscriptions.get(member)!.ownedPartitions.map(partitionKey))
      return [member, partitions.filter((each) => owned.has(partitionKey(each)) || !leaving.has(partitionKey(each)))]
    }),
  )
}
