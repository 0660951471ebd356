import { type Draft, type GroupSpec, draftOf, give, take } from './assignor.ts'
import { LoadBalancer } from './load-balancer.ts'

/** How often all topics are gone through at most: overlapping subscriptions may not come to rest. */
const maxRounds = 16

/**
 * When members subscribe to different topics. Members are numbered in their order. What nobody has goes to the subscriber
 * with the least, topics with many partitions per subscriber first; then partitions move from those with much to those
 * with little, topic by topic, until no topic gains by it.
 */
export function assignMixed(group: GroupSpec): ReadonlyMap<string, Draft> {
  const topics = subscribedTopics(group)
  if (topics.length === 0) return new Map()
  const ids = [...group.members.keys()]
  const share = new Share(ids.length)
  for (const { topicId, count } of topics) share.owners.set(topicId, new Int32Array(count).fill(-1))
  for (const [index, memberId] of ids.entries()) keepSubscribed(group, memberId, index, share)
  const balancer = new LoadBalancer(share.loads)
  for (const { topicId, subscribers } of topics) {
    const owners = share.owners.get(topicId)!
    if (!owners.includes(-1)) continue
    balancer.begin(subscribers)
    for (const [partition, owner] of owners.entries()) {
      if (owner === -1) share.move(topicId, partition, balancer.nextLeastLoaded())
    }
  }
  balanceAll(topics, share, balancer)
  return new Map(ids.map((memberId, index) => [memberId, share.drafts[index]!]))
}

interface Topic {
  readonly topicId: string
  readonly count: number
  /** Numbers of the members that subscribe to it. */
  readonly subscribers: readonly number[]
}

/** Who has what while it is being shared out. */
class Share {
  readonly drafts: Draft[]
  /** How many partitions each member has. */
  readonly loads: Int32Array
  /** The member that has each partition, -1 for nobody. */
  readonly owners = new Map<string, Int32Array>()

  constructor(memberCount: number) {
    this.drafts = Array.from({ length: memberCount }, () => new Map())
    this.loads = new Int32Array(memberCount)
  }

  move(topicId: string, partition: number, to: number): void {
    const owners = this.owners.get(topicId)!
    const from = owners[partition]!
    if (from !== -1) {
      take(this.drafts[from]!, topicId, partition)
      this.loads[from]!--
    }
    give(this.drafts[to]!, topicId, partition)
    owners[partition] = to
    this.loads[to]!++
  }
}

function subscribedTopics(group: GroupSpec): Topic[] {
  const subscribers = new Map<string, number[]>()
  let index = 0
  for (const { topicIds } of group.members.values()) {
    for (const topicId of topicIds) {
      const members = subscribers.get(topicId)
      if (members === undefined) subscribers.set(topicId, [index])
      else members.push(index)
    }
    index++
  }
  const topics = Array.from(subscribers, ([topicId, members]) => ({
    topicId,
    count: group.partitionCount(topicId),
    subscribers: members,
  }))
  return topics.toSorted(
    (a, b) =>
      b.count / b.subscribers.length - a.count / a.subscribers.length ||
      a.subscribers.length - b.subscribers.length ||
      compareUuids(a.topicId, b.topicId),
  )
}

/** Java compares ids as two signed numbers of 64 bits. */
function compareUuids(a: string, b: string): number {
  const x = Buffer.from(a, 'base64url')
  const y = Buffer.from(b, 'base64url')
  for (const at of [0, 8]) {
    const difference = x.readBigInt64BE(at) - y.readBigInt64BE(at)
    if (difference !== 0n) return difference < 0n ? -1 : 1
  }
  return 0
}

function keepSubscribed(group: GroupSpec, memberId: string, index: number, share: Share): void {
  const { topicIds, assigned } = group.members.get(memberId)!
  const draft = draftOf(assigned)
  for (const [topicId, partitions] of assigned) {
    if (!topicIds.has(topicId)) {
      draft.delete(topicId)
      continue
    }
    const owners = share.owners.get(topicId)!
    for (const partition of partitions) owners[partition] = index
    share.loads[index]! += partitions.size
  }
  share.drafts[index] = draft
}

function balanceAll(topics: readonly Topic[], share: Share, balancer: LoadBalancer): void {
  const movable = topics.filter(({ subscribers }) => subscribers.length >= 2)
  let lastMoved = -1
  for (let round = 0; round < maxRounds; round++) {
    for (const [i, topic] of movable.entries()) {
      // Once around without a move: nothing more will come of it.
      if (i === lastMoved) return
      const moved = balanceTopic(topic, share, balancer)
      if (moved || lastMoved === -1) lastMoved = i
    }
  }
}

function balanceTopic({ topicId, subscribers }: Topic, share: Share, balancer: LoadBalancer): boolean {
  if (balancer.begin(subscribers) <= 1) return false
  const owned = new Map<number, number[]>()
  for (const [partition, owner] of share.owners.get(topicId)!.entries()) {
    const partitions = owned.get(owner)
    if (partitions === undefined) owned.set(owner, [partition])
    else partitions.push(partition)
  }
  let moved = false
  while (!balancer.isBalanced) {
    let from = balancer.nextMostLoaded()
    while (from !== -1 && (owned.get(from)?.length ?? 0) === 0) {
      balancer.excludeMostLoaded()
      from = balancer.nextMostLoaded()
    }
    if (from === -1) break
    const partition = owned.get(from)!.pop()!
    const to = balancer.nextLeastLoaded()
    if (balancer.isBalanced) break
    share.move(topicId, partition, to)
    moved = true
  }
  return moved
}
