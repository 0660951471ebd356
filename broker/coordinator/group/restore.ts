import type { StoredGroup } from '../records.ts'
import { createGroup, createMember } from './arrival.ts'
import type { ClassicGroup } from './classic-group.ts'
import { subscribedTopics } from './protocols.ts'
import type { GroupWorld } from './step.ts'

/** The group that a record keeps: stable with its members, whose sessions begin now, or empty. */
export function restoreGroup(world: GroupWorld, groupId: string, stored: StoredGroup): ClassicGroup {
  const group = createGroup(world, groupId)
  for (const each of stored.members) {
    const member = createMember(world, group, {
      memberId: each.memberId,
      groupInstanceId: each.groupInstanceId,
      clientId: each.clientId,
      clientHost: each.clientHost,
      // Records of the first version lack it.
      rebalanceTimeoutMs: each.rebalanceTimeout < 0 ? each.sessionTimeout : each.rebalanceTimeout,
      sessionTimeoutMs: each.sessionTimeout,
      protocols: [{ name: stored.protocol ?? '', metadata: each.subscription }],
      assignment: each.assignment,
      isNew: false,
      joining: null,
      syncing: null,
    })
    group.add(member, stored.protocolType)
    member.session.set(member.sessionTimeoutMs)
  }
  const isEmpty = group.members.size === 0
  group.state = isEmpty ? 'Empty' : 'Stable'
  group.stateTimestampMs = stored.currentStateTimestamp
  group.generationId = stored.generation
  group.protocolType = stored.protocolType === '' ? null : stored.protocolType
  group.protocolName = stored.protocol
  if (stored.leader !== null && group.members.has(stored.leader)) group.leaderId = stored.leader
  group.subscribedTopics = subscribedTopics(group.protocolType, group.protocolName, [...group.members.values()])
  return group
}
