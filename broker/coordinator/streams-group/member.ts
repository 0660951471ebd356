import type { StreamsGroupHeartbeatRequest } from '#core/wire/api/88-streams-group-heartbeat.ts'
import type { CurrentAssignment, MemberMetadata } from './records.ts'
import { type GivenTasks, type TasksWithEpochs, noGivenTasks, sameGivenTasks, taskIds, tasksOf } from './tasks.ts'

/** How far a member is on its way to its target; the numbers are those of its record. */
export const memberStates = { STABLE: 1, UNREVOKED_TASKS: 2, UNRELEASED_TASKS: 3, UNKNOWN: 127 } as const
/** Kafka's name of a state; its number is for the record alone. */
export type MemberState = keyof typeof memberStates

/** What a member runs: its epoch, the tasks it was given, and those it was asked to give up and has not yet. */
export interface Progress {
  /** Of the target that it follows; 0 before the first, -1 once it was taken back. */
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly state: MemberState
  readonly assigned: GivenTasks
  readonly pendingRevocation: GivenTasks
}

/** A member of a streams group: what it says of itself, and what it runs. Never changed, only replaced. */
export interface Member extends Progress {
  readonly memberId: string
  readonly metadata: MemberMetadata
}

const nothingSaid: MemberMetadata = {
  instanceId: null,
  rackId: null,
  clientId: '',
  clientHost: '',
  rebalanceTimeoutMs: -1,
  topologyEpoch: -1,
  processId: '',
  userEndpoint: null,
  clientTags: [],
}

/** A member of which nothing is known but its id. */
export const newMember = (memberId: string): Member => ({
  memberId,
  metadata: nothingSaid,
  memberEpoch: 0,
  previousMemberEpoch: 0,
  state: 'STABLE',
  assigned: noGivenTasks,
  pendingRevocation: noGivenTasks,
})

/** True when a member follows the target of this epoch and nothing is left to be done. */
export const isReconciledTo = (member: Progress, epoch: number): boolean =>
  member.state === 'STABLE' && member.memberEpoch === epoch

/** True when the record of the current assignment of both would say the same. */
export function sameProgress(a: Progress, b: Progress): boolean {
  return (
    a.memberEpoch === b.memberEpoch &&
    a.previousMemberEpoch === b.previousMemberEpoch &&
    a.state === b.state &&
    sameGivenTasks(a.assigned, b.assigned) &&
    sameGivenTasks(a.pendingRevocation, b.pendingRevocation)
  )
}

/** What a member says of itself after a heartbeat, which leaves out what did not change. */
export function updatedMetadata(
  known: MemberMetadata,
  request: StreamsGroupHeartbeatRequest,
  client: { readonly clientId: string | null; readonly clientHost: string },
): MemberMetadata {
  const { rackId, rebalanceTimeoutMs, topology, processId, userEndpoint, clientTags } = request
  return {
    instanceId: known.instanceId,
    rackId: rackId ?? known.rackId,
    clientId: client.clientId ?? '',
    clientHost: client.clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? known.rebalanceTimeoutMs : rebalanceTimeoutMs,
    topologyEpoch: topology?.epoch ?? known.topologyEpoch,
    processId: processId ?? known.processId,
    userEndpoint: userEndpoint === null ? known.userEndpoint : { ...userEndpoint },
    clientTags: clientTags === null ? known.clientTags : byKey(clientTags),
  }
}

/** Copies, each key once with its last value, in the order of the keys. */
function byKey(tags: MemberMetadata['clientTags']): MemberMetadata['clientTags'] {
  const values = new Map(tags.map(({ key, value }) => [key, value]))
  return [...values.keys()].toSorted().map((key) => ({ key, value: values.get(key)! }))
}

/** True when the record of metadata of both would say the same. */
export function sameMetadata(a: MemberMetadata, b: MemberMetadata): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.topologyEpoch === b.topologyEpoch &&
    a.processId === b.processId &&
    a.userEndpoint?.host === b.userEndpoint?.host &&
    a.userEndpoint?.port === b.userEndpoint?.port &&
    a.clientTags.length === b.clientTags.length &&
    a.clientTags.every(({ key, value }, i) => b.clientTags[i]!.key === key && b.clientTags[i]!.value === value)
  )
}

/** What a member runs, as its record says. */
export function progressOf(record: CurrentAssignment): Progress {
  const state = (Object.keys(memberStates) as MemberState[]).find((name) => memberStates[name] === record.state)
  return {
    memberEpoch: record.memberEpoch,
    previousMemberEpoch: record.previousMemberEpoch,
    state: state ?? 'UNKNOWN',
    assigned: {
      active: withEpochs(record.activeTasks, record.memberEpoch),
      standby: tasksOf(record.standbyTasks),
      warmup: tasksOf(record.warmupTasks),
    },
    pendingRevocation: {
      active: withEpochs(record.activeTasksPendingRevocation, record.memberEpoch),
      standby: tasksOf(record.standbyTasksPendingRevocation),
      warmup: tasksOf(record.warmupTasksPendingRevocation),
    },
  }
}

/** Where a record has no epochs, or not as many as partitions, the member's own stands for them. */
function withEpochs(listed: CurrentAssignment['activeTasks'], memberEpoch: number): TasksWithEpochs {
  return new Map(
    listed.map(({ subtopologyId, partitions, assignmentEpochs }) => {
      const epochs = assignmentEpochs?.length === partitions.length ? assignmentEpochs : undefined
      return [subtopologyId, new Map(partitions.map((partition, i) => [partition, epochs?.[i] ?? memberEpoch]))]
    }),
  )
}

/** What a member runs, as a record. */
export function progressRecord(progress: Progress): CurrentAssignment {
  const { assigned, pendingRevocation } = progress
  const plain = (tasks: GivenTasks['standby']): CurrentAssignment['standbyTasks'] =>
    taskIds(tasks).map((ids) => ({ ...ids, assignmentEpochs: [] }))
  const epochs = (tasks: TasksWithEpochs): CurrentAssignment['activeTasks'] =>
    taskIds(tasks).map((ids) => ({
      ...ids,
      assignmentEpochs: ids.partitions.map((partition) => tasks.get(ids.subtopologyId)!.get(partition)!),
    }))
  return {
    memberEpoch: progress.memberEpoch,
    previousMemberEpoch: progress.previousMemberEpoch,
    state: memberStates[progress.state],
    activeTasks: epochs(assigned.active),
    standbyTasks: plain(assigned.standby),
    warmupTasks: plain(assigned.warmup),
    activeTasksPendingRevocation: epochs(pendingRevocation.active),
    standbyTasksPendingRevocation: plain(pendingRevocation.standby),
    warmupTasksPendingRevocation: plain(pendingRevocation.warmup),
  }
}
