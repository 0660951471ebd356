import type { GroupWorld } from '../group/step.ts'
import type { AssignableMember, Assignor } from './assignor/assignor.ts'
import { grownCapacity, hashes, inHashOrder } from './assignor/java-order.ts'
import { rangeAssignor } from './assignor/range.ts'
import { uniformAssignor } from './assignor/uniform.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './member.ts'
import { type Partitions, listed, none, samePartitions } from './partitions.ts'
import type { ConsumerGroupRecord } from './records.ts'
import { isHomogeneous, subscribedTopicIds } from './subscriptions.ts'

/** The assignors by name. */
export const assignors: Readonly<Record<string, Assignor>> = { uniform: uniformAssignor, range: rangeAssignor }

/** A target assignment for all, with the records that keep what is new in it. */
export interface TargetAssignment {
  readonly targets: ReadonlyMap<string, Partitions>
  readonly records: readonly ConsumerGroupRecord[]
}

/** The members as they are once `updated` is among them: in its own place, or in that of the static member before it. */
export function membersWith(group: ConsumerGroup, updated: ConsumerMember): ConsumerMember[] {
  const replaced = updated.instanceId === null ? undefined : group.staticMembers.get(updated.instanceId)
  const members = [...group.members.values()].filter(
    ({ memberId }) => memberId !== updated.memberId && memberId !== replaced,
  )
  return [...members, updated]
}

/** The assignor that most members prefer; the first one configured when nobody says. */
export function preferredAssignor(members: Iterable<ConsumerMember>, fallback: string): string {
  const votes = new Map<string, number>()
  for (const { serverAssignor: name } of members) if (name !== null) votes.set(name, (votes.get(name) ?? 0) + 1)
  let preferred: string | undefined
  for (const name of inHashOrder(votes.keys(), hashes.string, grownCapacity(votes.size))) {
    if (preferred === undefined || votes.get(name)! > votes.get(preferred)!) preferred = name
  }
  return preferred ?? fallback
}

/** Shares all partitions out anew among the members as they are with `updated`. */
export function assignTargets(
  world: GroupWorld,
  group: ConsumerGroup,
  updated: ConsumerMember,
  groupEpoch: number,
): TargetAssignment {
  const members = membersWith(group, updated)
  const byId = new Map(members.map((member) => [member.memberId, member]))
  // The tables of the original hold the member that is replaced as well, until it is taken out.
  const capacity = grownCapacity(Math.max(group.members.size, members.length))
  const ids = inHashOrder(byId.keys(), hashes.string, capacity)
  const spec = new Map<string, AssignableMember>()
  for (const memberId of ids) {
    const member = byId.get(memberId)!
    const topicIds = subscribedTopicIds(member, group.regexes, world.topics)
    const { instanceId } = member
    spec.set(memberId, { instanceId, topicIds, assigned: group.targetOf(memberId, instanceId) })
  }
  const taken = takenBy(group.targets.values())
  const fallback = world.config['group.consumer.assignors'][0]!
  const assignor = assignors[preferredAssignor(members, fallback)] ?? assignors[fallback]!
  const targets = assignor.assign({
    members: spec,
    isHomogeneous: isHomogeneous(members),
    isAssigned: (topicId, partition) => taken.get(topicId)?.has(partition) === true,
    partitionCount: (topicId) => world.topics.partitionCount(world.topics.topicName(topicId) ?? '') ?? 0,
  })
  const { groupId } = group
  const records: ConsumerGroupRecord[] = []
  for (const memberId of ids) {
    const target = targets.get(memberId) ?? none
    const before = group.targets.get(memberId)
    if (before !== undefined && samePartitions(before, target)) continue
    records.push({ kind: 'consumer', groupId, part: 'target', memberId, value: { topicPartitions: listed(target) } })
  }
  const value = { assignmentEpoch: groupEpoch, assignmentTimestamp: world.clock.now() }
  records.push({ kind: 'consumer', groupId, part: 'targetEpoch', value })
  return { targets, records }
}

function takenBy(targets: Iterable<Partitions>): Map<string, Set<number>> {
  const taken = new Map<string, Set<number>>()
  for (const target of targets) {
    for (const [topicId, partitions] of target) {
      let all = taken.get(topicId)
      if (all === undefined) taken.set(topicId, (all = new Set()))
      for (const partition of partitions) all.add(partition)
    }
  }
  return taken
}
