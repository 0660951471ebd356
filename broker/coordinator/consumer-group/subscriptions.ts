import type { Topics } from '../ports.ts'
import type { ConsumerMember } from './member.ts'
import type { ResolvedRegex } from './records.ts'

type Regexes = ReadonlyMap<string, Pick<ResolvedRegex, 'topics'>>

const hasRegex = (member: ConsumerMember): member is ConsumerMember & { subscribedTopicRegex: string } =>
  member.subscribedTopicRegex !== null && member.subscribedTopicRegex !== ''

/** All topics that the members subscribe to, by name or by a regular expression that was resolved. */
export function subscribedTopics(members: Iterable<ConsumerMember>, regexes: Regexes): Set<string> {
  const topics = new Set<string>()
  const seen = new Set<string>()
  for (const member of members) {
    for (const topic of member.subscribedTopicNames) topics.add(topic)
    if (!hasRegex(member) || seen.has(member.subscribedTopicRegex)) continue
    seen.add(member.subscribedTopicRegex)
    for (const topic of regexes.get(member.subscribedTopicRegex)?.topics ?? []) topics.add(topic)
  }
  return topics
}

/** True when all members subscribe to the same topics, by names only or by one regular expression only. */
export function isHomogeneous(members: readonly ConsumerMember[]): boolean {
  const names = new Map<string, number>()
  const patterns = new Map<string, number>()
  for (const member of members) {
    for (const topic of member.subscribedTopicNames) names.set(topic, (names.get(topic) ?? 0) + 1)
    if (hasRegex(member))
      patterns.set(member.subscribedTopicRegex, (patterns.get(member.subscribedTopicRegex) ?? 0) + 1)
  }
  const [first] = patterns.values()
  if (first === undefined) return [...names.values()].every((count) => count === members.length)
  return first === members.length && names.size === 0
}

/** Ids of the topics that a member subscribes to and that exist; a pattern not resolved yet matches nothing. */
export function subscribedTopicIds(member: ConsumerMember, regexes: Regexes, topics: Topics): Set<string> {
  const ids = new Set<string>()
  for (const name of subscribedTopics([member], regexes)) {
    const id = topics.topicId(name)
    if (id !== undefined) ids.add(id)
  }
  return ids
}
