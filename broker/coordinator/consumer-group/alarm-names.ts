import type { GroupWorld } from '../group/step.ts'

/** What the alarms of a member are called. */
export const alarmNames = {
  session: (memberId: string): string => `session ${memberId}`,
  rebalance: (memberId: string): string => `rebalance ${memberId}`,
  join: (memberId: string): string => `join ${memberId}`,
  sync: (memberId: string): string => `sync ${memberId}`,
} as const

/** Calls off all that was to happen to a member. */
export function clearAlarms(world: GroupWorld, groupId: string, memberId: string): void {
  for (const nameFor of Object.values(alarmNames)) world.alarms.clear(groupId, nameFor(memberId))
}
