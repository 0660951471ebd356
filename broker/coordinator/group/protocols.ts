import { Reader } from '#core/bytes/reader.ts'
import { readMessage } from '#core/wire/codecs.ts'
import { consumerProtocolSubscription } from '#core/wire/embedded/consumer-protocol.ts'
import type { Member } from './member.ts'
import { metadataOf } from './member.ts'

/** The protocol type of consumers; the only one whose metadata the coordinator looks into. */
export const consumerProtocolType = 'consumer'

/** Names of the protocols that every one of the members knows. */
export function commonProtocols(members: Iterable<Member>): Set<string> {
  let common: Set<string> | undefined
  for (const member of members) {
    const names = member.protocols.map((protocol) => protocol.name)
    common = new Set(common === undefined ? names : names.filter((name) => common!.has(name)))
  }
  return common ?? new Set()
}

/** The protocol with the most votes; each member votes for the first of its own that all members know. */
export function selectProtocol(members: readonly Member[]): string | null {
  const common = commonProtocols(members)
  const votes = new Map<string, number>()
  for (const member of members) {
    const choice = member.protocols.find((protocol) => common.has(protocol.name))?.name
    if (choice !== undefined) votes.set(choice, (votes.get(choice) ?? 0) + 1)
  }
  let selected: string | null = null
  for (const [name, count] of votes) if (selected === null || count > votes.get(selected)!) selected = name
  return selected
}

/**
 * Topics that the members of a consumer group subscribed to; null when that cannot be known, because the group is of
 * another type or a member's metadata is not a consumer's subscription.
 */
export function subscribedTopics(
  protocolType: string | null,
  protocolName: string | null,
  members: readonly Member[],
): Set<string> | null {
  if (protocolType !== consumerProtocolType) return null
  if (members.length === 0) return new Set()
  if (protocolName === null) return null
  const topics = new Set<string>()
  try {
    for (const member of members) {
      // Two bytes of version, and then what version 0 has: every later version begins with that.
      const subscription = new Reader(metadataOf(member, protocolName), 2)
      for (const topic of readMessage(consumerProtocolSubscription, 0, subscription).topics) topics.add(topic)
    }
  } catch {
    return null
  }
  return topics
}
