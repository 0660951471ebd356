import { ProtocolError } from '#core/wire/errors.ts'
import type { ConsumerMember } from './member.ts'
import { memberStates } from './member.ts'
import { type ListedPartitions, type Owned, type Partitions, none } from './partitions.ts'

/** What a member is brought to, and what it depends on. */
export interface Goal {
  readonly epoch: number
  readonly target: Partitions
  /** Ids of the topics that the member subscribes to; of others it may own nothing. */
  readonly subscribed: ReadonlySet<string>
  /** The member changed its subscription just now. */
  readonly subscriptionChanged: boolean
  /** What the member says it owns; null when it did not say. */
  readonly owned: readonly ListedPartitions[] | null
  /** Whether some member owns a partition or has yet to give it up. */
  isTaken(topicId: string, partition: number): boolean
}

/**
 * The next step of a member on its way to its target: it first gives up what it is to lose, and tells so by owning it no
 * more; then it goes to the target's epoch and gets what is free, and the rest as others give it up.
 */
export function reconcile(member: ConsumerMember, goal: Goal): ConsumerMember {
  switch (member.state) {
    case memberStates.stable:
      if (member.memberEpoch !== goal.epoch) return advance(member, member.memberEpoch, goal)
      return goal.subscriptionChanged ? dropUnsubscribed(member, goal) : member
    case memberStates.unrevoked:
      if (!stillOwns(goal.owned, member.revoking)) return advance(member, member.memberEpoch, goal)
      return goal.subscriptionChanged ? dropUnsubscribed(member, goal) : member
    case memberStates.unreleased:
      return advance(member, member.memberEpoch, goal)
    default:
      // Only a newer coordinator can have written such a state: the member has to begin from nothing.
      if (goal.owned === null || goal.owned.length > 0) {
        throw new ProtocolError(
          'FENCED_MEMBER_EPOCH',
          'a newer coordinator left the member in an unknown state: it must give up all partitions and join again',
        )
      }
      return advance(member, goal.epoch, goal)
  }
}

/** True while the member may still use one of these; when it does not say, it may. */
function stillOwns(owned: Goal['owned'], partitions: Owned): boolean {
  if (owned === null) return true
  return owned.some((each) =>
    each.partitions.some((partition) => partitions.get(each.topicId)?.has(partition) === true),
  )
}

const at = (member: ConsumerMember, memberEpoch: number): ConsumerMember => ({
  ...member,
  memberEpoch,
  previousMemberEpoch: member.memberEpoch,
})

/** Takes away at once what the member no longer subscribes to, without a look at the target. */
function dropUnsubscribed(member: ConsumerMember, goal: Goal): ConsumerMember {
  const assigned = new Map(member.assigned)
  const revoking = new Map(member.revoking)
  for (const [topicId, partitions] of member.assigned) {
    if (goal.subscribed.has(topicId)) continue
    assigned.delete(topicId)
    revoking.set(topicId, new Map([...(revoking.get(topicId) ?? []), ...partitions]))
  }
  if (assigned.size === member.assigned.size) return member
  const next = { ...at(member, member.memberEpoch), assigned }
  return stillOwns(goal.owned, revoking) ? { ...next, state: memberStates.unrevoked, revoking } : next
}

function advance(member: ConsumerMember, memberEpoch: number, goal: Goal): ConsumerMember {
  const kept = new Map<string, Map<number, number>>()
  const lost = new Map<string, Map<number, number>>()
  const won: [string, number[]][] = []
  let mustWait = false
  for (const topicId of new Set([...goal.target.keys(), ...member.assigned.keys()])) {
    const target = goal.subscribed.has(topicId) ? (goal.target.get(topicId) ?? new Set<number>()) : new Set<number>()
    const owned = member.assigned.get(topicId) ?? new Map<number, number>()
    const keeps = new Map([...owned].filter(([partition]) => target.has(partition)))
    const loses = new Map([...owned].filter(([partition]) => !target.has(partition)))
    const wins: number[] = []
    for (const partition of target) {
      if (owned.has(partition)) continue
      // What the member itself has yet to give up is not in anybody's way.
      const isFree = !goal.isTaken(topicId, partition) || member.revoking.get(topicId)?.has(partition) === true
      if (isFree) wins.push(partition)
      else mustWait = true
    }
    if (keeps.size > 0) kept.set(topicId, keeps)
    if (loses.size > 0) lost.set(topicId, loses)
    if (wins.length > 0) won.push([topicId, wins])
  }
  if (lost.size > 0 && stillOwns(goal.owned, lost)) {
    return { ...at(member, memberEpoch), state: memberStates.unrevoked, assigned: kept, revoking: lost }
  }
  for (const [topicId, partitions] of won) {
    const epochs = kept.get(topicId) ?? new Map<number, number>()
    for (const partition of partitions) epochs.set(partition, goal.epoch)
    kept.set(topicId, epochs)
  }
  const state = mustWait ? memberStates.unreleased : memberStates.stable
  return { ...at(member, goal.epoch), state, assigned: kept, revoking: none }
}
