import { ConsumerGroup } from './consumer-group/consumer-group.ts'
import { resumeConsumerGroup } from './consumer-group/timers.ts'
import type { ModernGroup } from './group-kinds.ts'
import type { GroupWorld } from './group/step.ts'
import { resumeStreamsGroup } from './streams-group/fencing.ts'
import { StreamsGroup } from './streams-group/streams-group.ts'

/** Makes groups that are then filled by the replay of their records; a kind of group that is served has its line here. */
export const modernGroups: Readonly<Record<ModernGroup['type'], ((groupId: string) => ModernGroup) | undefined>> = {
  consumer: (groupId) => new ConsumerGroup(groupId),
  streams: (groupId) => new StreamsGroup(groupId),
}

/** Starts the timers of a group that was loaded: sessions and rebalance timeouts begin anew. */
export function resume(world: GroupWorld, group: ModernGroup): void {
  if (group instanceof ConsumerGroup) resumeConsumerGroup(world, group)
  if (group instanceof StreamsGroup) resumeStreamsGroup(world, group)
}
