import { type MemberSpec, assignSticky } from './assignor/sticky.ts'
import type { Member } from './member.ts'
import type { StreamsGroupRecord } from './records.ts'
import type { StreamsGroup } from './streams-group.ts'
import { type TargetTasks, noTargetTasks, sameTargetTasks, taskIds } from './tasks.ts'
import type { ConfiguredTopology } from './topology/configure.ts'

/** The setting of an assignment, under the name that it has in records. */
export const standbySetting = 'num.standby.replicas'

/** A new target for all members, and the records that say how it differs from the old one. */
export interface NewTarget {
  readonly records: readonly StreamsGroupRecord[]
  readonly targets: ReadonlyMap<string, TargetTasks>
}

/** Decides anew what each member is to run in the end. While topics are missing that is nothing. */
export function computeTarget(
  group: StreamsGroup,
  members: ReadonlyMap<string, Member>,
  options: {
    readonly groupEpoch: number
    readonly topology: ConfiguredTopology
    readonly configs: Readonly<Record<string, string>>
    readonly nowMs: number
  },
): NewTarget {
  const { groupEpoch, topology, configs, nowMs } = options
  const targets =
    topology.problem === undefined ? assign(group, members, topology, configs) : new Map<string, TargetTasks>()
  const records: StreamsGroupRecord[] = []
  const { groupId } = group
  for (const memberId of [...members.keys()].toSorted()) {
    const target = targets.get(memberId) ?? noTargetTasks
    if (group.hasTarget(memberId) && sameTargetTasks(group.targetOf(memberId), target)) continue
    const value = {
      activeTasks: taskIds(target.active),
      standbyTasks: taskIds(target.standby),
      warmupTasks: taskIds(target.warmup),
    }
    records.push({ kind: 'streams', groupId, part: 'target', memberId, value })
  }
  const head = { assignmentEpoch: groupEpoch, assignmentTimestamp: nowMs }
  records.push({ kind: 'streams', groupId, part: 'targetEpoch', value: head })
  return { records, targets }
}

function assign(
  group: StreamsGroup,
  members: ReadonlyMap<string, Member>,
  topology: ConfiguredTopology,
  configs: Readonly<Record<string, string>>,
): Map<string, TargetTasks> {
  const specs = new Map<string, MemberSpec>()
  for (const [memberId, { metadata }] of members) {
    specs.set(memberId, { processId: metadata.processId, target: group.targetOf(memberId) })
  }
  const subtopologies = new Map(
    Array.from(topology.subtopologies ?? [], ([id, { tasks, stateChangelogTopics }]) => [
      id,
      { tasks, isStateful: stateChangelogTopics.length > 0 },
    ]),
  )
  return assignSticky(specs, subtopologies, Number(configs[standbySetting] ?? 0))
}

/** True when the last target is old enough for a new one. */
export function mayComputeTarget(group: StreamsGroup, intervalMs: number, nowMs: number): boolean {
  return group.assignmentTimestamp === 0 || intervalMs === 0 || nowMs >= group.assignmentTimestamp + intervalMs
}
