import type { ErrorName } from '#core/wire/errors.ts'
import type { CommitAttempt, Committer, ModernGroup } from '../group-kinds.ts'
import type { CommittedOffset, CoordinatorRecord, ModernRecord } from '../records.ts'
import { Endpoints } from './endpoints.ts'
import { type Member, isReconciledTo, newMember, progressOf } from './member.ts'
import type { StreamsGroupRecord } from './records.ts'
import { TaskIndex } from './task-owners.ts'
import { type TargetTasks, noGivenTasks, noTargetTasks, tasksOf } from './tasks.ts'
import type { ConfiguredTopology } from './topology/configure.ts'
import { type Topology, topologyOf } from './topology/topology.ts'

/** The states in Kafka's words. */
export type StreamsGroupState = 'Empty' | 'NotReady' | 'Assigning' | 'Reconciling' | 'Stable'

/** Where a group begins, and where its assignment does; the first change makes it 2. */
const firstEpoch = 1

/**
 * A streams group (KIP-1071): what its records say, which only `replay` changes, and beside it what is made anew after a
 * restart: the topology measured against topics, who serves which partitions, who asked for a shutdown.
 */
export class StreamsGroup implements ModernGroup {
  readonly type = 'streams'
  readonly protocolType = 'streams'
  readonly groupId: string
  readonly members = new Map<string, Member>()
  readonly owners = new TaskIndex()
  readonly endpoints = new Endpoints()
  isGone = false
  groupEpoch = firstEpoch
  metadataHash = 0n
  /** The topology epoch whose topics were found to be right; -1 when they are not. */
  validatedTopologyEpoch = 0
  /** The settings that the target was made with. */
  assignmentConfigs: Readonly<Record<string, string>> = {}
  assignmentEpoch = firstEpoch
  assignmentTimestamp = 0
  topology: Topology | undefined
  configured: ConfiguredTopology | undefined
  /** Where the metadata log stood when the topics were looked at last. */
  checkedAt = -1
  /** Who asked all members to shut down. */
  shutdownRequestedBy: string | undefined
  readonly #targets = new Map<string, TargetTasks>()

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get state(): StreamsGroupState {
    if (this.isEmpty) return 'Empty'
    if (this.topology?.epoch !== this.validatedTopologyEpoch) return 'NotReady'
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.members.values()) if (!isReconciledTo(member, this.assignmentEpoch)) return 'Reconciling'
    return 'Stable'
  }

  get isEmpty(): boolean {
    return this.members.size === 0
  }

  targetOf(memberId: string): TargetTasks {
    return this.#targets.get(memberId) ?? noTargetTasks
  }

  hasTarget(memberId: string): boolean {
    return this.#targets.has(memberId)
  }

  replay(record: ModernRecord): void {
    if (record.kind !== 'streams') return
    switch (record.part) {
      case 'group':
        return this.#replayGroup(record.value)
      case 'member':
        if (record.value === null) return this.#remove(record.memberId)
        return this.#put({ ...this.#memberOrNew(record.memberId), metadata: record.value })
      case 'current':
        if (record.value !== null) {
          return this.#put({ ...this.#memberOrNew(record.memberId), ...progressOf(record.value) })
        }
        if (!this.members.has(record.memberId)) return
        return this.#put({ ...this.#memberOrNew(record.memberId), ...takenBack })
      case 'target':
        if (record.value === null) this.#targets.delete(record.memberId)
        else this.#targets.set(record.memberId, targetOf(record.value))
        return
      case 'targetEpoch':
        this.assignmentEpoch = record.value?.assignmentEpoch ?? -1
        this.assignmentTimestamp = record.value?.assignmentTimestamp ?? 0
        return
      case 'topology':
        this.topology = record.value === null ? undefined : topologyOf(record.value)
    }
  }

  isSubscribedTo(topic: string): boolean {
    return !this.isEmpty && this.topology?.readerOf.has(topic) === true
  }

  commitProblem(committer: Committer, attempt: CommitAttempt): ErrorName | null {
    const { memberId, groupInstanceId, generationIdOrMemberEpoch: epoch } = committer
    if (epoch < 0 && this.isEmpty) return null
    // A transactional producer that says nothing of a group commits for whoever it likes.
    if (attempt.isTransactional && epoch === -1 && memberId === '' && groupInstanceId === null) return null
    const member = this.members.get(memberId)
    if (member === undefined) return 'UNKNOWN_MEMBER_ID'
    if (!attempt.isTransactional && attempt.apiVersion < 9) return 'UNSUPPORTED_VERSION'
    if (epoch === member.memberEpoch) return null
    if (epoch > member.memberEpoch) return 'STALE_MEMBER_EPOCH'
    for (const { topic, partition } of attempt.partitions) {
      if (epoch < this.#givenAt(member, topic, partition)) return 'STALE_MEMBER_EPOCH'
    }
    return null
  }

  fetchProblem(memberId: string | null, memberEpoch: number): ErrorName | null {
    if (memberId === null && memberEpoch < 0) return null
    const member = this.members.get(memberId ?? '')
    if (member === undefined) return 'UNKNOWN_MEMBER_ID'
    return member.memberEpoch === memberEpoch ? null : 'STALE_MEMBER_EPOCH'
  }

  offsetDeleteProblem(): ErrorName | null {
    return null
  }

  offsetsAgeFrom(): (offset: CommittedOffset) => number {
    return (offset) => offset.commitTimestamp
  }

  tombstones(): CoordinatorRecord[] {
    const { groupId } = this
    const each = (part: 'current' | 'target' | 'member'): StreamsGroupRecord[] =>
      [...this.members.keys()].map((memberId) => ({ kind: 'streams', groupId, part, memberId, value: null }))
    return [
      ...each('current'),
      ...each('target'),
      { kind: 'streams', groupId, part: 'targetEpoch', value: null },
      ...each('member'),
      { kind: 'streams', groupId, part: 'group', value: null },
      { kind: 'streams', groupId, part: 'topology', value: null },
    ]
  }

  /** The epoch at which a member got the task that reads a partition; infinite when it has no such task. */
  #givenAt(member: Member, topic: string, partition: number): number {
    const id = this.topology?.readerOf.get(topic)?.subtopologyId
    if (id === undefined) return Number.POSITIVE_INFINITY
    const { assigned, pendingRevocation } = member
    const epoch = assigned.active.get(id)?.get(partition) ?? pendingRevocation.active.get(id)?.get(partition)
    return epoch ?? Number.POSITIVE_INFINITY
  }

  #replayGroup(value: (StreamsGroupRecord & { part: 'group' })['value']): void {
    this.isGone = value === null
    if (value === null) return
    this.groupEpoch = value.epoch
    this.metadataHash = value.metadataHash
    this.validatedTopologyEpoch = value.validatedTopologyEpoch
    this.assignmentConfigs = Object.fromEntries(
      (value.lastAssignmentConfigs ?? []).map((each) => [each.key, each.value]),
    )
  }

  #memberOrNew(memberId: string): Member {
    return this.members.get(memberId) ?? newMember(memberId)
  }

  #put(member: Member): void {
    const known = this.members.get(member.memberId)
    if (known !== undefined) this.owners.remove(known)
    this.members.set(member.memberId, member)
    this.owners.add(member)
    this.endpoints.forget(member.memberId)
  }

  #remove(memberId: string): void {
    const known = this.members.get(memberId)
    if (known === undefined) return
    this.owners.remove(known)
    this.members.delete(memberId)
    this.endpoints.forget(memberId)
    if (this.isEmpty) this.shutdownRequestedBy = undefined
  }
}

const takenBack = {
  memberEpoch: -1,
  previousMemberEpoch: -1,
  assigned: noGivenTasks,
  pendingRevocation: noGivenTasks,
} as const

function targetOf(record: NonNullable<(StreamsGroupRecord & { part: 'target' })['value']>): TargetTasks {
  return {
    active: tasksOf(record.activeTasks),
    standby: tasksOf(record.standbyTasks),
    warmup: tasksOf(record.warmupTasks),
  }
}
