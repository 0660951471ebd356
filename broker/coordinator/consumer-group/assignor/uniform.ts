import { type Assignor, type Draft, type GroupSpec, draftOf, give, take } from './assignor.ts'
import { copiedCapacity, grownCapacity, hashes, inHashOrder } from './java-order.ts'
import { assignMixed } from './uniform-mixed.ts'

/** All members get as many partitions as the others, give or take one, and keep as many of theirs as that allows. */
export const uniformAssignor: Assignor = {
  name: 'uniform',
  assign: (group) => {
    if (group.members.size === 0) return new Map()
    return group.isHomogeneous ? assignAlike(group) : assignMixed(group)
  },
}

interface Free {
  readonly topicId: string
  readonly partition: number
}

/** When all members subscribe to the same topics. */
function assignAlike(group: GroupSpec): ReadonlyMap<string, Draft> {
  const [first] = group.members.values()
  const topicIds = inHashOrder(first!.topicIds, hashes.uuid, copiedCapacity(first!.topicIds.size))
  if (topicIds.length === 0) return new Map()
  const free: Free[] = []
  let total = 0
  for (const topicId of topicIds) {
    const count = group.partitionCount(topicId)
    total += count
    for (let partition = 0; partition < count; partition++) {
      if (!group.isAssigned(topicId, partition)) free.push({ topicId, partition })
    }
  }
  const { result, unfilled } = keepWhatFits(group, first!.topicIds, total, free)
  let next = 0
  for (const { draft, wanted } of unfilled) {
    for (let i = 0; i < wanted && next < free.length; i++) {
      const { topicId, partition } = free[next++]!
      give(draft, topicId, partition)
    }
  }
  if (next < free.length) throw new Error('partitions were left unassigned')
  return result
}

/** Takes away what is not subscribed to or too much, adds it to what is free, and tells who has room for how many. */
function keepWhatFits(group: GroupSpec, topicIds: ReadonlySet<string>, total: number, free: Free[]) {
  const memberCount = group.members.size
  const least = Math.trunc(total / memberCount)
  let extras = total % memberCount
  const result = new Map<string, Draft>()
  const unfilled: { readonly draft: Draft; readonly wanted: number }[] = []
  let membersLeft = memberCount
  for (const [memberId, { assigned }] of group.members) {
    const draft = draftOf(assigned)
    let mayHaveExtra = extras > 0
    let room = mayHaveExtra ? least + 1 : least
    for (const topicId of inHashOrder(assigned.keys(), hashes.uuid, grownCapacity(assigned.size))) {
      const partitions = assigned.get(topicId)!
      if (!topicIds.has(topicId)) draft.delete(topicId)
      else if (partitions.size <= room) room -= partitions.size
      else {
        for (const partition of inHashOrder(partitions, hashes.integer, copiedCapacity(partitions.size))) {
          if (room > 0) room--
          else {
            take(draft, topicId, partition)
            free.push({ topicId, partition })
          }
        }
      }
    }
    // A member that does not fill its share leaves the extra one to those after it, as long as there are enough of them.
    if (room > 0 && mayHaveExtra && membersLeft > extras) {
      room--
      mayHaveExtra = false
    }
    if (room > 0) unfilled.push({ draft, wanted: room })
    if (mayHaveExtra) extras--
    membersLeft--
    result.set(memberId, draft)
  }
  return { result, unfilled }
}
