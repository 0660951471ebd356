import type { ConsumerGroupHeartbeatRequest } from '#core/wire/api/68-consumer-group-heartbeat.ts'
import type { GroupWorld } from '../group/step.ts'
import { metadataHash } from '../metadata-hash.ts'
import type { CoordinatorRecord } from '../records.ts'
import { epochs, removalRecords, staticMemberOf, unknownMember } from './admission.ts'
import { clearAlarms } from './alarm-names.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { downgrade, mayDowngradeWithout } from './downgrade.ts'
import type { HeartbeatResult } from './heartbeat.ts'
import { type ConsumerMember, currentRecord } from './member.ts'
import { none, sinceEver } from './partitions.ts'
import { subscribedTopics } from './subscriptions.ts'

/** The heartbeat of somebody who leaves: for good, or as a static member for a while. Throws a ProtocolError. */
export function leave(
  world: GroupWorld,
  group: ConsumerGroup,
  request: ConsumerGroupHeartbeatRequest,
): HeartbeatResult {
  const { memberId, memberEpoch, instanceId } = request
  const response = { throttleTimeMs: 0, errorCode: 0, memberId, memberEpoch, heartbeatIntervalMs: 0 }
  const member =
    instanceId === null
      ? group.members.get(memberId)
      : staticMemberOf(group.staticMember(instanceId), memberId, instanceId)
  if (member === undefined) throw unknownMember(group, memberId)
  if (instanceId !== null && memberEpoch === epochs.leaveForAWhile) {
    // Whoever comes back may commit in any epoch for what it kept.
    const assigned = sinceEver(member.assigned)
    const away = { ...member, memberEpoch: epochs.leaveForAWhile, assigned, revoking: none }
    return { records: [currentRecord(group.groupId, away)], response }
  }
  return { records: removeMembers(world, group, [member]), response }
}

/**
 * Takes members out of the group and lets the others share anew. When only members of the classic protocol are left, the
 * group becomes a classic one where that is allowed.
 */
export function removeMembers(
  world: GroupWorld,
  group: ConsumerGroup,
  leaving: readonly ConsumerMember[],
): CoordinatorRecord[] {
  if (leaving.length === 0) return []
  if (mayDowngradeWithout(world, group, leaving)) return downgrade(world, group, { leaving })
  const { groupId } = group
  const gone = new Set(leaving.map(({ memberId }) => memberId))
  const records = leaving.flatMap(({ memberId }) => removalRecords(groupId, memberId))
  const staying = [...group.members.values()].filter(({ memberId }) => !gone.has(memberId))
  const regexes = new Set(leaving.map((member) => member.subscribedTopicRegex))
  for (const regex of regexes) {
    if (regex === null || regex === '' || staying.some((member) => member.subscribedTopicRegex === regex)) continue
    records.push({ kind: 'consumer', groupId, part: 'regex', regex, value: null })
  }
  const hash = metadataHash(world.topics, subscribedTopics(staying, group.regexes))
  const epoch = group.groupEpoch + 1
  records.push({ kind: 'consumer', groupId, part: 'group', value: { epoch, metadataHash: hash } })
  for (const memberId of gone) clearAlarms(world, groupId, memberId)
  return records
}
