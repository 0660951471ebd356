import type { ErrorName } from '#core/wire/errors.ts'
import type { CommitAttempt, Committer, ModernGroup } from '../group-kinds.ts'
import type { CommittedOffset, CoordinatorRecord, ModernRecord } from '../records.ts'
import { type ConsumerMember, isReconciledTo, newMember, usesClassic, withCurrent, withMetadata } from './member.ts'
import { type Partitions, none, partitionsOf } from './partitions.ts'
import type { ConsumerGroupRecord, ResolvedRegex } from './records.ts'
import { subscribedTopics } from './subscriptions.ts'

/** The states of a consumer group, spelled as Kafka shows them. */
export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

/** A consumer group (KIP-848): what its records say. */
export class ConsumerGroup implements ModernGroup {
  readonly type = 'consumer'
  readonly protocolType = 'consumer'
  readonly groupId: string
  isGone = false
  /** Grows with every change of members, subscriptions or topics; 1 before the first, of which there is no record. */
  groupEpoch = 1
  /** Of the subscribed topics when the group epoch was bumped last. */
  metadataHash = 0n
  /** The group epoch that the target assignment was made for; 1 before the first, of which there is no record. */
  assignmentEpoch = 1
  /** When it was made, ms since the epoch; 0 when that does not matter. */
  assignmentTimestampMs = 0
  /** A coordinator before Kafka 4.1 left a record of its topics, which is to be taken back. */
  hasTopicsRecord = false
  readonly members = new Map<string, ConsumerMember>()
  /** Member ids by instance id. */
  readonly staticMembers = new Map<string, string>()
  /** What each member is to own in the end. */
  readonly targets = new Map<string, Partitions>()
  /** Regular expressions and the topics that they matched. */
  readonly regexes = new Map<string, ResolvedRegex>()
  /** Who holds a partition, or has yet to give it up, by topic id. */
  readonly #owners = new Map<string, Map<number, string>>()
  readonly #patterns = new Map<string, number>()
  /** Soft state: topics were not looked at since they may have changed. */
  mustRefresh = true

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get state(): ConsumerGroupState {
    if (this.members.size === 0) return 'Empty'
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.members.values()) {
      if (!isReconciledTo(member, this.assignmentEpoch)) return 'Reconciling'
    }
    return 'Stable'
  }

  get isEmpty(): boolean {
    return this.members.size === 0
  }

  /** The member that has this instance id now. */
  staticMember(instanceId: string | null): ConsumerMember | undefined {
    const memberId = instanceId === null ? undefined : this.staticMembers.get(instanceId)
    return memberId === undefined ? undefined : this.members.get(memberId)
  }

  /** What a member is to own; a static member that takes the place of another has that one's part. */
  targetOf(memberId: string, instanceId: string | null): Partitions {
    const previous = instanceId === null ? undefined : this.staticMembers.get(instanceId)
    return this.targets.get(previous ?? memberId) ?? none
  }

  /** Whether a member owns a partition or has yet to give it up. */
  isTaken(topicId: string, partition: number): boolean {
    return this.#owners.get(topicId)?.has(partition) === true
  }

  /** Regular expressions that members subscribe with, and how many do. */
  get patterns(): ReadonlyMap<string, number> {
    return this.#patterns
  }

  replay(record: ModernRecord): void {
    if (record.kind === 'consumer') this.#replay(record)
  }

  #replay(record: ConsumerGroupRecord): void {
    switch (record.part) {
      case 'group':
        this.isGone = record.value === null
        this.groupEpoch = record.value?.epoch ?? 1
        this.metadataHash = record.value?.metadataHash ?? 0n
        return
      case 'topics':
        this.hasTopicsRecord = record.value !== null
        return
      case 'member':
        if (record.value === null) return this.#remove(record.memberId)
        return this.#put(withMetadata(this.#member(record.memberId), record.value))
      case 'targetEpoch':
        this.assignmentEpoch = record.value?.assignmentEpoch ?? 1
        this.assignmentTimestampMs = record.value?.assignmentTimestamp ?? 0
        return
      case 'target':
        if (record.value === null) this.targets.delete(record.memberId)
        else this.targets.set(record.memberId, partitionsOf(record.value.topicPartitions))
        return
      case 'current':
        return this.#replayCurrent(record)
      case 'regex':
        if (record.value === null) this.regexes.delete(record.regex)
        else this.regexes.set(record.regex, record.value)
    }
  }

  #replayCurrent({ memberId, value }: Extract<ConsumerGroupRecord, { part: 'current' }>): void {
    if (value !== null) return this.#put(withCurrent(this.#member(memberId), value))
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.#put({ ...member, memberEpoch: -1, previousMemberEpoch: -1, assigned: none, revoking: none })
  }

  topicsChanged(names: ReadonlySet<string>): void {
    if (this.mustRefresh) return
    for (const topic of subscribedTopics(this.members.values(), this.regexes)) {
      if (!names.has(topic)) continue
      this.mustRefresh = true
      return
    }
  }

  isSubscribedTo(topic: string): boolean {
    return subscribedTopics(this.members.values(), this.regexes).has(topic)
  }

  commitProblem(committer: Committer, attempt: CommitAttempt): ErrorName | null {
    const { memberId, groupInstanceId, generationIdOrMemberEpoch: epoch } = committer
    if (epoch < 0 && this.isEmpty) return null
    // A producer that names nobody commits for whoever it is, as producers did before KIP-447.
    if (attempt.isTransactional && epoch === -1 && memberId === '' && groupInstanceId === null) return null
    const member = this.members.get(memberId)
    if (member === undefined) return 'UNKNOWN_MEMBER_ID'
    if (!attempt.isTransactional && !usesClassic(member) && attempt.apiVersion < 9) return 'UNSUPPORTED_VERSION'
    if (epoch === member.memberEpoch) return null
    const stale = usesClassic(member) ? 'ILLEGAL_GENERATION' : 'STALE_MEMBER_EPOCH'
    if (epoch > member.memberEpoch) return stale
    // An epoch that passed is good enough for partitions that the member has owned since before it (KIP-1251).
    for (const { topic, partition } of attempt.partitions) {
      const topicId = attempt.topicId(topic) ?? ''
      const assignedAt = member.assigned.get(topicId)?.get(partition) ?? member.revoking.get(topicId)?.get(partition)
      if (assignedAt === undefined || epoch < assignedAt) return stale
    }
    return null
  }

  fetchProblem(memberId: string | null, memberEpoch: number): ErrorName | null {
    if (memberId === null && memberEpoch < 0) return null
    const member = memberId === null ? undefined : this.members.get(memberId)
    if (member === undefined) return 'UNKNOWN_MEMBER_ID'
    if (memberEpoch === member.memberEpoch) return null
    return usesClassic(member) ? 'ILLEGAL_GENERATION' : 'STALE_MEMBER_EPOCH'
  }

  offsetDeleteProblem(): null {
    return null
  }

  offsetsAgeFrom(): (offset: CommittedOffset) => number {
    return (offset) => offset.commitTimestamp
  }

  tombstones(): CoordinatorRecord[] {
    const { groupId } = this
    const of = (part: 'current' | 'target' | 'member'): CoordinatorRecord[] =>
      Array.from(this.members.keys(), (memberId) => ({ kind: 'consumer', groupId, part, memberId, value: null }))
    const records = [...of('current'), ...of('target')]
    records.push({ kind: 'consumer', groupId, part: 'targetEpoch', value: null }, ...of('member'))
    for (const regex of this.regexes.keys())
      records.push({ kind: 'consumer', groupId, part: 'regex', regex, value: null })
    records.push({ kind: 'consumer', groupId, part: 'topics', value: null })
    records.push({ kind: 'consumer', groupId, part: 'group', value: null })
    return records
  }

  #member(memberId: string): ConsumerMember {
    return this.members.get(memberId) ?? newMember(memberId)
  }

  #put(member: ConsumerMember): void {
    this.#release(member.memberId)
    this.members.set(member.memberId, member)
    this.#countPattern(member, 1)
    if (member.instanceId !== null) this.staticMembers.set(member.instanceId, member.memberId)
    for (const owned of [member.assigned, member.revoking]) {
      for (const [topicId, partitions] of owned) {
        let owners = this.#owners.get(topicId)
        if (owners === undefined) this.#owners.set(topicId, (owners = new Map()))
        for (const partition of partitions.keys()) owners.set(partition, member.memberId)
      }
    }
  }

  #remove(memberId: string): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.#release(memberId)
    this.members.delete(memberId)
    const { instanceId } = member
    if (instanceId !== null && this.staticMembers.get(instanceId) === memberId) this.staticMembers.delete(instanceId)
  }

  /** Lets go of what a member owns; what another one was given meanwhile, in a log that is compacted, stays. */
  #release(memberId: string): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.#countPattern(member, -1)
    for (const owned of [member.assigned, member.revoking]) {
      for (const [topicId, partitions] of owned) {
        const owners = this.#owners.get(topicId)
        if (owners === undefined) continue
        for (const partition of partitions.keys()) if (owners.get(partition) === memberId) owners.delete(partition)
        if (owners.size === 0) this.#owners.delete(topicId)
      }
    }
  }

  #countPattern({ subscribedTopicRegex: pattern }: ConsumerMember, by: number): void {
    if (pattern === null || pattern === '') return
    const count = (this.#patterns.get(pattern) ?? 0) + by
    if (count === 0) this.#patterns.delete(pattern)
    else this.#patterns.set(pattern, count)
  }
}
