import { decodeSubscription } from '#core/wire/embedded/consumer-protocol.ts'
import { randomUuid } from '#core/bytes/uuid.ts'
import { ProtocolError } from '#core/wire/errors.ts'
import type { Joining } from '../group/join.ts'
import { joinProblem, keepProtocols } from '../group/member.ts'
import { consumerProtocolType } from '../group/protocols.ts'
import { type GroupWorld, type Step, nothing } from '../group/step.ts'
import { type Admitted, admitStatic, checkRoom, replaceStatic, staticMemberOf } from './admission.ts'
import { joined } from './classic-member.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { downgrade, mayDowngradeFor } from './downgrade.ts'
import { changeSubscription, stepTowards, targetFor } from './heartbeat.ts'
import { type ConsumerMember, newMember, topicNames, usesClassic } from './member.ts'
import { listed } from './partitions.ts'
import { clearJoinAlarm, setSessionAlarm, setSyncAlarm } from './timers.ts'
import { ownedByName } from './upgrade.ts'

/** JoinGroup of a member of the classic protocol in a consumer group; it is answered once it is stored. */
export function joinClassicMember(world: GroupWorld, group: ConsumerGroup, joining: Joining): Step {
  const { context, request, reply } = joining
  const { groupId } = group
  const isUnknown = request.memberId === ''
  const memberId = isUnknown ? randomUuid(world.random) : request.memberId
  if (world.config['group.consumer.migration.policy'] === 'disabled') {
    throw new ProtocolError('INCONSISTENT_GROUP_PROTOCOL')
  }
  checkRoom(world, group, memberId)
  if (!supportsProtocols(group, request.protocolType, request.protocols)) {
    throw new ProtocolError('INCONSISTENT_GROUP_PROTOCOL')
  }
  if (isUnknown && request.groupInstanceId === null && context.apiVersion >= 4) {
    reply(joinProblem('MEMBER_ID_REQUIRED', memberId))
    return nothing
  }
  const { member, replaced } = admitClassic(group, memberId, request.groupInstanceId, isUnknown)
  const { updated, owned } = updatedBy(world, member, joining)
  const changed = changeSubscription(world, group, context, { member, updated })
  const isDowngrade = replaced !== undefined && mayDowngradeFor(world, group, replaced)
  const records = [...(replaced === undefined ? [] : replaceStatic(group, replaced, member)), ...changed.records]
  const goal = isDowngrade
    ? { epoch: group.assignmentEpoch, target: group.targetOf(memberId, updated.instanceId) }
    : targetFor(world, group, updated, changed.groupEpoch, records)
  const reached = stepTowards(world, group, updated, { ...goal, ...changed, owned }, records)
  return {
    records: isDowngrade ? downgradeFor(world, group, reached, changed.subscriptionChanged) : records,
    stored: (problem) => {
      if (problem !== null) return reply(joinProblem(problem, memberId))
      clearJoinAlarm(world, groupId, memberId)
      if (!isDowngrade) {
        setSessionAlarm(world, group, memberId, request.sessionTimeoutMs)
        setSyncAlarm(world, groupId, memberId, request.rebalanceTimeoutMs)
      }
      reply(joined(reached))
    },
  }
}

/** What was written for the group so far is not needed: it ends. */
function downgradeFor(world: GroupWorld, group: ConsumerGroup, joining: ConsumerMember, mustRebalance: boolean) {
  return downgrade(world, group, { leaving: [], joining, mustRebalance })
}

/** True when some protocol is known to all members of the classic protocol. */
function supportsProtocols(
  group: ConsumerGroup,
  protocolType: string,
  protocols: readonly { name: string }[],
): boolean {
  if (protocolType !== consumerProtocolType) return false
  const classic = [...group.members.values()].filter(usesClassic)
  return protocols.some(({ name }) =>
    classic.every((member) => member.classic!.supportedProtocols.some((mine) => mine.name === name)),
  )
}

function admitClassic(group: ConsumerGroup, memberId: string, instanceId: string | null, isUnknown: boolean): Admitted {
  // Nobody can tell whether this coordinator gave the id out, so whoever has one may join with it.
  if (instanceId === null) return { member: group.members.get(memberId) ?? newMember(memberId) }
  const known = group.staticMember(instanceId)
  return isUnknown
    ? admitStatic(group, known, memberId, instanceId, true)
    : { member: staticMemberOf(known, memberId, instanceId) }
}

/** The member as its JoinGroup says it is, and what it says it owns. Throws INCONSISTENT_GROUP_PROTOCOL. */
function updatedBy(world: GroupWorld, member: ConsumerMember, { context, request }: Joining) {
  const supportedProtocols = keepProtocols(request.protocols)
  try {
    const subscription = decodeSubscription(supportedProtocols[0]!.metadata)
    const updated: ConsumerMember = {
      ...member,
      instanceId: request.groupInstanceId ?? member.instanceId,
      rackId: (subscription.rackId === '' ? null : subscription.rackId) ?? member.rackId,
      rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
      subscribedTopicNames: topicNames(subscription.topics),
      // A classic member resolves patterns by itself.
      subscribedTopicRegex: '',
      clientId: context.clientId ?? '',
      clientHost: context.clientHost,
      classic: { sessionTimeoutMs: request.sessionTimeoutMs, supportedProtocols },
    }
    return { updated, owned: listed(ownedByName(world, subscription.ownedPartitions, 0)) }
  } catch {
    throw new ProtocolError('INCONSISTENT_GROUP_PROTOCOL', 'what the member says of its subscription cannot be read')
  }
}
