import { byText, servingOrder, subscribedTopics, type Subscriptions } from '#core/client/assignors/members.ts'
import { partitionKey, type TopicPartition } from '#core/client/client.ts'

/** What a member says it had, and in which generation it got it (-1 when unknown). */
export interface Claim {
  readonly partitions: readonly TopicPartition[]
  readonly generation: number
}

/**
 * Divides partitions so that no member could relieve another that has two or more partitions above it, and moves as
 * few as that allows away from the members that had them.
 *
 * Claims come first: of two members claiming one partition the later generation wins, of equal ones neither. Then what
 * nobody has goes to the member with least, and at last single partitions move from the fullest members to emptier
 * ones. Every such move lowers the sum of squared loads, so the last loop ends.
 */
export function balance(
  partitionCounts: ReadonlyMap<string, number>,
  subscriptions: Subscriptions,
  claims: ReadonlyMap<string, Claim>,
): Map<string, TopicPartition[]> {
  const division = new Division(partitionCounts, subscriptions)
  for (const [key, member] of settleClaims(claims, (member, partition) => division.mayOwn(member, partition))) {
    division.give(key, member)
  }
  division.dealTheRest()
  division.level()
  return division.result()
}

/** Who keeps what: partition key to member, in the order in which the claims came. */
function settleClaims(
  claims: ReadonlyMap<string, Claim>,
  mayOwn: (member: string, partition: TopicPartition) => boolean,
): Map<string, string> {
  const best = new Map<string, { member: string | undefined; generation: number }>()
  for (const [member, { partitions, generation }] of claims) {
    for (const partition of partitions) {
      if (!mayOwn(member, partition)) continue
      const key = partitionKey(partition)
      const rival = best.get(key)
      if (rival === undefined || generation > rival.generation) best.set(key, { member, generation })
      else if (generation === rival.generation && rival.member !== member) rival.member = undefined
    }
  }
  const settled = new Map<string, string>()
  for (const [key, { member }] of best) if (member !== undefined) settled.set(key, member)
  return settled
}

class Division {
  readonly #topics: readonly string[]
  readonly #counts: ReadonlyMap<string, number>
  /** Members in serving order, and those of each topic. */
  readonly #members: readonly string[]
  readonly #takers = new Map<string, string[]>()
  readonly #wants = new Map<string, ReadonlySet<string>>()
  readonly #owned = new Map<string, Map<string, TopicPartition>>()
  readonly #partitions = new Map<string, TopicPartition>()
  readonly #unowned = new Set<string>()

  constructor(counts: ReadonlyMap<string, number>, subscriptions: Subscriptions) {
    this.#counts = counts
    this.#topics = subscribedTopics(counts, subscriptions)
    this.#members = servingOrder(subscriptions)
    for (const member of this.#members) {
      this.#wants.set(member, new Set(subscriptions.get(member)!.topics))
      this.#owned.set(member, new Map())
    }
    for (const topic of this.#topics) {
      this.#takers.set(
        topic,
        this.#members.filter((member) => this.#wants.get(member)!.has(topic)),
      )
      for (let partition = 0; partition < counts.get(topic)!; partition++) {
        const key = partitionKey({ topic, partition })
        this.#partitions.set(key, { topic, partition })
        this.#unowned.add(key)
      }
    }
  }

  mayOwn(member: string, { topic, partition }: TopicPartition): boolean {
    return this.#wants.get(member)?.has(topic) === true && partition >= 0 && partition < (this.#counts.get(topic) ?? 0)
  }

  give(key: string, member: string): void {
    this.#owned.get(member)!.set(key, this.#partitions.get(key)!)
    this.#unowned.delete(key)
  }

  /** Topics with the fewest takers first: their partitions have the least choice. */
  dealTheRest(): void {
    const keys = [...this.#unowned]
    const choice = (key: string): number => this.#takers.get(this.#partitions.get(key)!.topic)!.length
    keys.sort((a, b) => choice(a) - choice(b))
    for (const key of keys) this.give(key, this.#emptiest(this.#partitions.get(key)!.topic))
  }

  /** The fullest first: relieving another would take from it what it may keep in the end. */
  level(): void {
    const fullestFirst = [...this.#members]
    do fullestFirst.sort((a, b) => this.#load(b) - this.#load(a))
    while (fullestFirst.some((member) => this.#relieve(member)))
  }

  result(): Map<string, TopicPartition[]> {
    const order = (a: TopicPartition, b: TopicPartition): number =>
      byText(a.topic, b.topic) || a.partition - b.partition
    return new Map([...this.#owned].map(([member, owned]) => [member, [...owned.values()].sort(order)]))
  }

  #load(member: string): number {
    return this.#owned.get(member)!.size
  }

  #emptiest(topic: string): string {
    let best: string | undefined
    for (const member of this.#takers.get(topic)!) {
      if (best === undefined || this.#load(member) < this.#load(best)) best = member
    }
    return best!
  }

  /** Moves one partition of `member` to the emptiest member that may have it, if that one has two or more fewer. */
  #relieve(member: string): boolean {
    let target: { key: string; member: string; load: number } | undefined
    const seen = new Set<string>()
    for (const [key, { topic }] of this.#owned.get(member)!) {
      if (seen.has(topic)) continue
      seen.add(topic)
      const other = this.#emptiest(topic)
      const load = this.#load(other)
      if (load + 2 <= this.#load(member) && (target === undefined || load < target.load))
        target = { key, member: other, load }
    }
    if (target === undefined) return false
    this.#owned.get(member)!.delete(target.key)
    this.give(target.key, target.member)
    return true
  }
}
