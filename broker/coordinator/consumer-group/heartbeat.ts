import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from '#core/wire/api/68-consumer-group-heartbeat.ts'
import type { GroupWorld } from '../group/step.ts'
import { metadataHash } from '../metadata-hash.ts'
import type { RequestContext } from '../ports.ts'
import type { CoordinatorRecord } from '../records.ts'
import { admit, replaceStatic } from './admission.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { groupSetting } from './group-settings.ts'
import { type ConsumerMember, currentRecord, isReconciledTo, memberRecord, memberStates } from './member.ts'
import { sameCurrent, sameMetadata, sameNames, topicNames, usesClassic } from './member.ts'
import { type ListedPartitions, listed, sameOwned } from './partitions.ts'
import { reconcile } from './reconcile.ts'
import { type RegexChange, changeRegex } from './regex.ts'
import { subscribedTopicIds, subscribedTopics } from './subscriptions.ts'
import { assignTargets, membersWith } from './target-assignment.ts'
import { setRebalanceAlarm, setSessionAlarm } from './timers.ts'

/** What a heartbeat comes to: the records, in their order, and the answer once they are in the log. */
export interface HeartbeatResult {
  readonly records: readonly CoordinatorRecord[]
  readonly response: ConsumerGroupHeartbeatResponseInput
}

/**
 * The heartbeat of a member that stays or joins: takes over what it says of itself, assigns anew when that changes
 * something, and brings the member one step closer to its target. Throws a ProtocolError when it is refused.
 */
export function consumerHeartbeat(
  world: GroupWorld,
  group: ConsumerGroup,
  context: RequestContext,
  request: ConsumerGroupHeartbeatRequest,
): HeartbeatResult {
  const { groupId } = group
  const { member, replaced } = admit(world, group, request)
  const records: CoordinatorRecord[] = replaced === undefined ? [] : replaceStatic(group, replaced, member)
  const updated: ConsumerMember = {
    ...member,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? member.serverAssignor,
    subscribedTopicNames:
      request.subscribedTopicNames === null ? member.subscribedTopicNames : topicNames(request.subscribedTopicNames),
    subscribedTopicRegex: request.subscribedTopicRegex ?? member.subscribedTopicRegex,
    clientId: context.clientId ?? '',
    clientHost: context.clientHost,
    classic: null,
  }
  const taken = takeMember(world, group, context, { member, updated }, request.topicPartitions)
  records.push(...taken.records)
  const reached = taken.member
  setSessionAlarm(world, group, reached.memberId, groupSetting(world, groupId, 'consumer.session.timeout.ms'))
  // A full request comes from a client that may have lost an answer: it is told all it has.
  const isFull =
    request.rebalanceTimeoutMs !== -1 &&
    (request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null) &&
    request.topicPartitions !== null
  const isTold = request.memberEpoch === 0 || isFull || !sameOwned(member.assigned, reached.assigned)
  return {
    records,
    response: {
      throttleTimeMs: 0,
      errorCode: 0,
      memberId: reached.memberId,
      memberEpoch: reached.memberEpoch,
      heartbeatIntervalMs: groupSetting(world, groupId, 'consumer.heartbeat.interval.ms'),
      assignment: isTold ? { topicPartitions: listed(reached.assigned) } : null,
    },
  }
}

/** A member as it was and as it says it is now. */
export interface MemberChange {
  readonly member: ConsumerMember
  readonly updated: ConsumerMember
}

/** The three steps that every member goes through: subscription, target assignment, its own part. */
function takeMember(
  world: GroupWorld,
  group: ConsumerGroup,
  context: RequestContext,
  change: MemberChange,
  owned: readonly ListedPartitions[] | null,
): { readonly records: CoordinatorRecord[]; readonly member: ConsumerMember } {
  const subscribed = changeSubscription(world, group, context, change)
  const { records, groupEpoch } = subscribed
  const { epoch, target } = targetFor(world, group, change.updated, groupEpoch, records)
  const member = stepTowards(world, group, change.updated, { epoch, target, owned, ...subscribed }, records)
  return { records, member }
}

/** Records that keep a subscription, and the group epoch after them: the old one if nobody is assigned anew. */
export interface SubscriptionChange {
  readonly records: CoordinatorRecord[]
  readonly groupEpoch: number
  readonly subscriptionChanged: boolean
}

/** Keeps what the member says of itself, and bumps the group epoch when the group has to be assigned anew for it. */
export function changeSubscription(
  world: GroupWorld,
  group: ConsumerGroup,
  context: RequestContext,
  { member, updated }: MemberChange,
): SubscriptionChange {
  const { groupId } = group
  const records: CoordinatorRecord[] = []
  const isNew = !group.members.has(updated.memberId) && group.staticMember(updated.instanceId) === undefined
  if (isNew || !sameMetadata(member, updated)) records.push(memberRecord(groupId, updated))
  const namesChanged = !sameNames(member.subscribedTopicNames, updated.subscribedTopicNames)
  const regex: RegexChange = changeRegex(world, group, context, { member, updated }, records)
  // A pattern that is yet to be resolved will change the group then.
  const regexCounts = usesClassic(updated) ? regex !== 'none' : regex === 'resolved'
  const mustBump = namesChanged || regexCounts
  let { groupEpoch } = group
  if (mustBump || group.mustRefresh) {
    const topics = subscribedTopics(membersWith(group, updated), group.regexes)
    const hash = metadataHash(world.topics, topics)
    if (mustBump || hash !== group.metadataHash) {
      groupEpoch++
      records.push({ kind: 'consumer', groupId, part: 'group', value: { epoch: groupEpoch, metadataHash: hash } })
    }
    group.mustRefresh = false
    if (group.hasTopicsRecord) records.push({ kind: 'consumer', groupId, part: 'topics', value: null })
  }
  return { records, groupEpoch, subscriptionChanged: namesChanged || regex !== 'none' }
}

/** The member's part of the target assignment, made anew when the group moved on and the last one is old enough. */
export function targetFor(
  world: GroupWorld,
  group: ConsumerGroup,
  updated: ConsumerMember,
  groupEpoch: number,
  records: CoordinatorRecord[],
) {
  const present = group.targetOf(updated.memberId, updated.instanceId)
  if (groupEpoch <= group.assignmentEpoch || !mayAssign(world, group)) {
    return { epoch: group.assignmentEpoch, target: present }
  }
  const made = assignTargets(world, group, updated, groupEpoch)
  records.push(...made.records)
  return { epoch: groupEpoch, target: made.targets.get(updated.memberId) ?? new Map<string, Set<number>>() }
}

function mayAssign(world: GroupWorld, group: ConsumerGroup): boolean {
  const { assignmentTimestampMs } = group
  if (assignmentTimestampMs === 0) return true
  const intervalMs = groupSetting(world, group.groupId, 'consumer.assignment.interval.ms')
  return intervalMs === 0 || world.clock.now() >= assignmentTimestampMs + intervalMs
}

/** Brings the member one step closer to its target, and sets the time it has for giving partitions up. */
export function stepTowards(
  world: GroupWorld,
  group: ConsumerGroup,
  updated: ConsumerMember,
  goal: {
    readonly epoch: number
    readonly target: ReadonlyMap<string, ReadonlySet<number>>
    readonly owned: readonly ListedPartitions[] | null
    readonly subscriptionChanged: boolean
  },
  records: CoordinatorRecord[],
): ConsumerMember {
  // Most heartbeats end here.
  if (!goal.subscriptionChanged && isReconciledTo(updated, goal.epoch)) return updated
  const reached = reconcile(updated, {
    ...goal,
    subscribed: subscribedTopicIds(updated, group.regexes, world.topics),
    isTaken: (topicId, partition) => group.isTaken(topicId, partition),
  })
  if (sameCurrent(reached, updated)) return reached
  records.push(currentRecord(group.groupId, reached))
  // Members of the classic protocol have timers for joining and syncing instead.
  if (!usesClassic(reached)) setRebalanceAlarm(world, group, reached, reached.state === memberStates.unrevoked)
  return reached
}
