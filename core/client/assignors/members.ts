import type { Assignment, Subscription, TopicPartition } from '#core/client/client.ts'

/** What each member of a group wants, by member id. */
export type Subscriptions = ReadonlyMap<string, Subscription>

/** Text order as Java has it: by UTF-16 unit. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * Member ids in the order in which they are served: static members first by instance id, which outlives a restart, then
 * the others by member id.
 */
export function servingOrder(subscriptions: Subscriptions, members: Iterable<string> = subscriptions.keys()): string[] {
  return [...members].sort((a, b) => {
    const first = subscriptions.get(a)?.groupInstanceId ?? null
    const second = subscriptions.get(b)?.groupInstanceId ?? null
    if (first !== null && second !== null) return byText(first, second)
    if (first !== null) return -1
    return second !== null ? 1 : byText(a, b)
  })
}

/** Topics that somebody subscribes to and that exist, in text order. */
export function subscribedTopics(counts: ReadonlyMap<string, number>, subscriptions: Subscriptions): string[] {
  const topics = new Set<string>()
  for (const { topics: wanted } of subscriptions.values()) {
    for (const topic of wanted) if ((counts.get(topic) ?? 0) > 0) topics.add(topic)
  }
  return [...topics].sort(byText)
}

/** Plain assignments, without user data. */
export function assignments(partitions: ReadonlyMap<string, readonly TopicPartition[]>): Map<string, Assignment> {
  return new Map([...partitions].map(([member, owned]) => [member, { partitions: owned, userData: null }]))
}
