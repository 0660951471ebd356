import type { GroupWorld } from '../group/step.ts'

/** What may be set for one consumer group, each beside the broker's setting that stands for it otherwise. */
const names = {
  'consumer.session.timeout.ms': 'group.consumer.session.timeout.ms',
  'consumer.heartbeat.interval.ms': 'group.consumer.heartbeat.interval.ms',
  'consumer.assignment.interval.ms': 'group.consumer.assignment.interval.ms',
} as const

/** A setting of a group, in ms: its own, or the broker's. */
export function groupSetting(world: GroupWorld, groupId: string, name: keyof typeof names): number {
  const own = world.groupConfig(groupId)[name]
  return own === undefined ? world.config[names[name]] : Number(own)
}
