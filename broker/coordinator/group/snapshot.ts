import type { CoordinatorRecord, StoredGroup } from '../records.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type Member, metadataOf } from './member.ts'

/** The record that keeps a group as it is now, with the given assignment. */
export function groupRecord(
  group: ClassicGroup,
  assignmentOf: (member: Member) => Buffer = (member) => member.assignment,
): CoordinatorRecord {
  const members = Array.from(group.members.values(), (member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeout: member.rebalanceTimeoutMs,
    sessionTimeout: member.sessionTimeoutMs,
    subscription: metadataOf(member, group.protocolName),
    assignment: assignmentOf(member),
  }))
  const value: StoredGroup = {
    protocolType: group.protocolType ?? '',
    generation: group.generationId,
    protocol: group.protocolName,
    leader: group.leaderId,
    currentStateTimestamp: group.stateTimestampMs,
    members,
  }
  return { kind: 'group', groupId: group.groupId, value }
}
