import { encodeAssignment } from '#core/wire/embedded/consumer-protocol.ts'
import { createGroup, createMember } from '../group/arrival.ts'
import type { ClassicGroup } from '../group/classic-group.ts'
import { type Member, metadataOf } from '../group/member.ts'
import { consumerProtocolType, selectProtocol, subscribedTopics } from '../group/protocols.ts'
import { prepareRebalance } from '../group/rebalance.ts'
import { groupRecord } from '../group/snapshot.ts'
import type { GroupWorld } from '../group/step.ts'
import type { CoordinatorRecord } from '../records.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, usesClassic } from './member.ts'
import { type Owned, type Partitions, listed } from './partitions.ts'

/** Who goes, or who comes into the place of a static member and by that leaves none of the consumer protocol. */
export interface DowngradeCause {
  readonly leaving: readonly ConsumerMember[]
  readonly joining?: ConsumerMember
  /** The one who comes subscribes to something else, so all have to share anew. */
  readonly mustRebalance?: boolean
}

/** True when without these only members of the classic protocol are left, and the group may become a classic one. */
export function mayDowngradeWithout(
  world: GroupWorld,
  group: ConsumerGroup,
  leaving: readonly ConsumerMember[],
): boolean {
  const gone = new Set(leaving.map(({ memberId }) => memberId))
  const staying = [...group.members.values()].filter(({ memberId }) => !gone.has(memberId))
  return staying.length > 0 && staying.every(usesClassic) && allowsDowngrade(world, staying.length)
}

/** True when a static member that comes back with the classic protocol is the last one that did not use it. */
export function mayDowngradeFor(world: GroupWorld, group: ConsumerGroup, replaced: ConsumerMember): boolean {
  if (usesClassic(replaced) || !allowsDowngrade(world, group.members.size)) return false
  for (const member of group.members.values()) {
    if (member.memberId !== replaced.memberId && !usesClassic(member)) return false
  }
  return true
}

function allowsDowngrade(world: GroupWorld, members: number): boolean {
  const policy = world.config['group.consumer.migration.policy']
  return (policy === 'bidirectional' || policy === 'downgrade') && members <= world.config['group.max.size']
}

/** Ends the consumer group and begins a classic one with those who stay, each with what it was to own. */
export function downgrade(world: GroupWorld, group: ConsumerGroup, cause: DowngradeCause): CoordinatorRecord[] {
  const classic = classicGroupOf(world, group, cause)
  world.adoptClassic(classic)
  const records = [...group.tombstones(), groupRecord(classic)]
  if (cause.joining !== undefined && cause.mustRebalance !== true) return records
  return [...records, ...prepareRebalance(world, classic).records]
}

function classicGroupOf(world: GroupWorld, group: ConsumerGroup, { leaving, joining }: DowngradeCause): ClassicGroup {
  const gone = new Set(leaving.map(({ memberId }) => memberId))
  const replaced = joining === undefined ? undefined : group.staticMember(joining.instanceId)
  const staying = [...group.members.values()].filter(
    ({ memberId }) => !gone.has(memberId) && memberId !== replaced?.memberId,
  )
  const classic = createGroup(world, group.groupId)
  for (const each of joining === undefined ? staying : [...staying, joining]) {
    const member = createMember(world, classic, classicFacts(each))
    classic.add(member, consumerProtocolType)
    member.session.set(member.sessionTimeoutMs)
  }
  const members = [...classic.members.values()]
  classic.state = 'Stable'
  classic.generationId = group.groupEpoch
  classic.protocolType = consumerProtocolType
  classic.protocolName = selectProtocol(members)
  classic.subscribedTopics = subscribedTopics(consumerProtocolType, classic.protocolName, members)
  for (const member of members) {
    const target = group.targetOf(member.memberId, member.groupInstanceId)
    member.assignment = embeddedAssignment(world, target, metadataOf(member, classic.protocolName))
  }
  return classic
}

function classicFacts(member: ConsumerMember): Omit<Member, 'session'> {
  const { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs } = member
  const { sessionTimeoutMs, supportedProtocols } = member.classic!
  return {
    memberId,
    groupInstanceId: instanceId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    sessionTimeoutMs,
    protocols: supportedProtocols,
    assignment: Buffer.alloc(0),
    isNew: false,
    joining: null,
    syncing: null,
  }
}

/** Partitions as members of the classic protocol read them, in the version of their subscription. */
export function embeddedAssignment(world: GroupWorld, owned: Partitions | Owned, subscription: Buffer): Buffer {
  const assignedPartitions = listed(owned).flatMap(({ topicId, partitions }) => {
    const topic = world.topics.topicName(topicId)
    return topic === undefined ? [] : [{ topic, partitions }]
  })
  const version = subscription.length < 2 ? 0 : Math.min(Math.max(subscription.readInt16BE(0), 0), 3)
  return encodeAssignment({ assignedPartitions, userData: null }, version)
}
