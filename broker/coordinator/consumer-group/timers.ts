import type { GroupWorld } from '../group/step.ts'
import { alarmNames } from './alarm-names.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { groupSetting } from './group-settings.ts'
import { type ConsumerMember, memberStates } from './member.ts'
import { removeMembers } from './removal.ts'

const { session, rebalance, join, sync } = alarmNames

/** Removes the member when it is silent for so long. */
export function setSessionAlarm(
  world: GroupWorld,
  { groupId }: ConsumerGroup,
  memberId: string,
  timeoutMs: number,
): void {
  world.alarms.set(groupId, session(memberId), timeoutMs, () => remove(world, groupId, memberId, 'its session ended'))
}

/** Removes the member when it does not leave its epoch within its rebalance timeout; or calls that off. */
export function setRebalanceAlarm(
  world: GroupWorld,
  { groupId }: ConsumerGroup,
  { memberId, memberEpoch, rebalanceTimeoutMs }: ConsumerMember,
  isSet: boolean,
): void {
  if (!isSet) return world.alarms.clear(groupId, rebalance(memberId))
  world.alarms.set(groupId, rebalance(memberId), rebalanceTimeoutMs, () => {
    const member = world.consumerGroup(groupId)?.members.get(memberId)
    if (member?.memberEpoch === memberEpoch) remove(world, groupId, memberId, 'it did not give up partitions in time')
  })
}

/** Gives a classic member its rebalance timeout to join again, counted from when it was told first. */
export function setJoinAlarm(world: GroupWorld, { groupId }: ConsumerGroup, member: ConsumerMember): void {
  const { memberId, rebalanceTimeoutMs } = member
  if (world.alarms.isSet(groupId, join(memberId))) return
  world.alarms.set(groupId, join(memberId), rebalanceTimeoutMs, () =>
    remove(world, groupId, memberId, 'it did not join again in time'),
  )
}

/** For a classic member that has joined again. */
export const clearJoinAlarm = (world: GroupWorld, groupId: string, memberId: string): void =>
  world.alarms.clear(groupId, join(memberId))

/** Gives a classic member that joined this time to fetch its assignment. */
export function setSyncAlarm(world: GroupWorld, groupId: string, memberId: string, timeoutMs: number): void {
  world.alarms.set(groupId, sync(memberId), timeoutMs, () =>
    remove(world, groupId, memberId, 'it did not sync in time'),
  )
}

/** For a classic member that has fetched its assignment. */
export const clearSyncAlarm = (world: GroupWorld, groupId: string, memberId: string): void =>
  world.alarms.clear(groupId, sync(memberId))

/** Begins sessions and rebalance timeouts anew after loading. */
export function resumeConsumerGroup(world: GroupWorld, group: ConsumerGroup): void {
  const timeoutMs = groupSetting(world, group.groupId, 'consumer.session.timeout.ms')
  for (const member of group.members.values()) {
    setSessionAlarm(world, group, member.memberId, timeoutMs)
    if (member.state === memberStates.unrevoked) setRebalanceAlarm(world, group, member, true)
  }
}

function remove(world: GroupWorld, groupId: string, memberId: string, why: string): void {
  const group = world.consumerGroup(groupId)
  const member = group?.members.get(memberId)
  if (group === undefined || member === undefined) return
  world.log('info', `removing a member because ${why}`, { group: groupId, member: memberId })
  world.run(groupId, { records: removeMembers(world, group, [member]) })
}
