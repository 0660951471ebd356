import { type Assignor, type Draft, type GroupSpec, give } from './assignor.ts'
import { grownCapacity, hashes, inHashOrder } from './java-order.ts'

/**
 * Topic by topic: every subscriber gets as many partitions as the others, give or take one, and keeps what it had with low
 * numbers first, so that topics with equal counts end up with equal numbers on the same member.
 */
export const rangeAssignor: Assignor = {
  name: 'range',
  assign: (group) => {
    const result = new Map<string, Draft>()
    const subscribers = subscribersByTopic(group)
    for (const topicId of inHashOrder(subscribers.keys(), hashes.uuid, grownCapacity(subscribers.size))) {
      assignTopic(group, topicId, subscribers.get(topicId)!, result)
    }
    return result
  },
}

function subscribersByTopic(group: GroupSpec): Map<string, string[]> {
  const subscribers = new Map<string, string[]>()
  for (const [memberId, { topicIds }] of group.members) {
    for (const topicId of topicIds) {
      const members = subscribers.get(topicId)
      if (members === undefined) subscribers.set(topicId, [memberId])
      else members.push(memberId)
    }
  }
  return subscribers
}

function assignTopic(group: GroupSpec, topicId: string, members: readonly string[], result: Map<string, Draft>): void {
  const draft = (memberId: string): Draft => {
    let mine = result.get(memberId)
    if (mine === undefined) result.set(memberId, (mine = new Map()))
    return mine
  }
  const count = group.partitionCount(topicId)
  const quota = Math.trunc(count / members.length)
  let extras = count % members.length
  const kept = new Set<number>()
  const unfilled: { memberId: string; wanted: number }[] = []
  for (const memberId of members) {
    const owned = [...(group.members.get(memberId)!.assigned.get(topicId) ?? [])].toSorted((a, b) => a - b)
    const mayKeepOneMore = owned.length > quota && extras > 0
    if (mayKeepOneMore) extras--
    else unfilled.push({ memberId, wanted: quota - owned.length })
    for (const partition of owned.slice(0, mayKeepOneMore ? quota + 1 : quota)) {
      kept.add(partition)
      give(draft(memberId), topicId, partition)
    }
  }
  let next = 0
  for (const { memberId, wanted } of unfilled) {
    let left = wanted
    if (extras > 0) {
      left++
      extras--
    }
    for (; left > 0; left--) {
      while (kept.has(next)) next++
      give(draft(memberId), topicId, next++)
    }
  }
}
