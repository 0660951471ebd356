import type { GroupWorld } from '../group/step.ts'
import { streamsGroupConfig } from './config.ts'
import type { Member } from './member.ts'
import type { StreamsGroupRecord } from './records.ts'
import type { StreamsGroup } from './streams-group.ts'
import { computeTarget, mayComputeTarget } from './target.ts'

const sessionOf = (memberId: string): string => `session ${memberId}`
const rebalanceOf = (memberId: string): string => `rebalance ${memberId}`
/** The alarm under which the first assignment of a group waits. */
const initial = 'initial rebalance'

/** What is in force for a group now. */
export const configOf = (world: GroupWorld, groupId: string) =>
  streamsGroupConfig(world.config, world.groupConfig(groupId))

/** The records that remove a member; the group's epoch grows, so that the next heartbeat of another gives out its tasks. */
export function removal(group: StreamsGroup, memberId: string): StreamsGroupRecord[] {
  const { groupId } = group
  return [
    { kind: 'streams', groupId, part: 'current', memberId, value: null },
    { kind: 'streams', groupId, part: 'target', memberId, value: null },
    { kind: 'streams', groupId, part: 'member', memberId, value: null },
    groupRecord(group, {
      groupEpoch: group.groupEpoch + 1,
      metadataHash: group.metadataHash,
      validatedTopologyEpoch: group.validatedTopologyEpoch,
      configs: group.assignmentConfigs,
    }),
  ]
}

/** The head of a group as a record. */
export function groupRecord(
  { groupId }: StreamsGroup,
  head: {
    readonly groupEpoch: number
    readonly metadataHash: bigint
    readonly validatedTopologyEpoch: number
    readonly configs: Readonly<Record<string, string>>
  },
): StreamsGroupRecord {
  const value = {
    epoch: head.groupEpoch,
    metadataHash: head.metadataHash,
    validatedTopologyEpoch: head.validatedTopologyEpoch,
    lastAssignmentConfigs: Object.keys(head.configs)
      .toSorted()
      .map((key) => ({ key, value: head.configs[key]! })),
  }
  return { kind: 'streams', groupId, part: 'group', value }
}

/** Stops the alarms of a member that is gone. */
export function clearAlarms(world: GroupWorld, groupId: string, memberId: string): void {
  world.alarms.clear(groupId, sessionOf(memberId))
  world.alarms.clear(groupId, rebalanceOf(memberId))
}

/** A member lives: it is removed when nothing is heard of it for a session timeout. */
export function expectHeartbeat(world: GroupWorld, group: StreamsGroup, memberId: string): void {
  const { sessionTimeoutMs } = configOf(world, group.groupId)
  world.alarms.set(group.groupId, sessionOf(memberId), sessionTimeoutMs, () => {
    fence(world, group, memberId, 'its session expired')
  })
}

/** A member that has tasks to give up is removed unless it gets out of its epoch within its rebalance timeout. */
export function expectRevocation(world: GroupWorld, group: StreamsGroup, member: Member): void {
  const { memberId, memberEpoch, state, metadata } = member
  if (state !== 'UNREVOKED_TASKS') return world.alarms.clear(group.groupId, rebalanceOf(memberId))
  world.alarms.set(group.groupId, rebalanceOf(memberId), metadata.rebalanceTimeoutMs, () => {
    if (group.members.get(memberId)?.memberEpoch !== memberEpoch) return
    fence(world, group, memberId, `it did not give up its tasks within ${metadata.rebalanceTimeoutMs} ms`)
  })
}

function fence(world: GroupWorld, group: StreamsGroup, memberId: string, why: string): void {
  if (!group.members.has(memberId)) return
  world.log('info', `a member was removed from a streams group: ${why}`, { group: group.groupId, member: memberId })
  clearAlarms(world, group.groupId, memberId)
  world.run(group.groupId, { records: removal(group, memberId) })
}

/** True while a group that was empty waits for more members. */
export const isWaitingForMembers = (world: GroupWorld, groupId: string): boolean => world.alarms.isSet(groupId, initial)

/** Begins to wait for more members, unless that goes on already or is not wished; the first assignment follows. */
export function waitForMembers(world: GroupWorld, groupId: string, find: () => StreamsGroup | undefined): void {
  const { initialRebalanceDelayMs } = configOf(world, groupId)
  if (initialRebalanceDelayMs === 0 || isWaitingForMembers(world, groupId)) return
  world.alarms.set(groupId, initial, initialRebalanceDelayMs, () => {
    const group = find()
    if (group !== undefined) assignAtLast(world, group)
  })
}

function assignAtLast(world: GroupWorld, group: StreamsGroup): void {
  const topology = group.configured
  if (group.isEmpty || topology === undefined || group.groupEpoch <= group.assignmentEpoch) return
  const nowMs = world.clock.now()
  if (!mayComputeTarget(group, configOf(world, group.groupId).assignmentIntervalMs, nowMs)) return
  const { groupEpoch, assignmentConfigs: configs, members } = group
  const { records } = computeTarget(group, members, { groupEpoch, topology, configs, nowMs })
  world.run(group.groupId, { records })
}

/** Starts the alarms of a group that was loaded: sessions and rebalance timeouts begin anew. */
export function resumeStreamsGroup(world: GroupWorld, group: StreamsGroup): void {
  for (const member of group.members.values()) {
    expectHeartbeat(world, group, member.memberId)
    expectRevocation(world, group, member)
  }
}
