import { assert } from '#core/errors/assert.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import type { Alarm } from '../alarm.ts'
import type { Committer, Group } from '../group-kinds.ts'
import type { CommittedOffset, CoordinatorRecord } from '../records.ts'
import { type GroupState, mayGo } from './group-state.ts'
import { type Member, type Protocol, joinProblem, syncProblem } from './member.ts'
import { commonProtocols, consumerProtocolType, selectProtocol, subscribedTopics } from './protocols.ts'

/** How much longer the first rebalance of a group may wait, and how long its present wait is; ms. */
export interface InitialDelay {
  readonly delayMs: number
  readonly remainingMs: number
}

/**
 * A group while members come and go. All of it is soft: what survives a restart is the last generation that the leader
 * gave an assignment for, as `__consumer_offsets` holds it (see snapshot.ts). The methods keep the parts consistent with
 * one another; what happens when is decided in join.ts, sync.ts, rebalance.ts, leave.ts and session.ts.
 */
export class ClassicGroup implements Group {
  readonly type = 'classic'
  readonly groupId: string
  state: GroupState = 'Empty'
  previousState: GroupState | null = null
  /** When the group came into its state, ms since the epoch; -1 when an old record did not say. */
  stateTimestampMs: number
  generationId = 0
  protocolType: string | null = null
  protocolName: string | null = null
  leaderId: string | null = null
  /** What the members subscribed to; null when it cannot be known. */
  subscribedTopics: ReadonlySet<string> | null = null
  readonly members = new Map<string, Member>()
  /** Member ids by group.instance.id. */
  readonly staticMembers = new Map<string, string>()
  /** Ids that were given out and not come back with yet, with the alarm that takes them back. */
  readonly pendingJoin = new Map<string, Alarm>()
  /** Members of this generation that have not asked for their assignment yet. */
  readonly pendingSync = new Set<string>()
  /** Set while the first rebalance waits for more members. */
  initialDelay: InitialDelay | null = null
  newMemberAdded = false
  /** Ends the wait for members to join. */
  readonly joinAlarm: Alarm
  /** Ends the wait for members to sync. */
  readonly syncAlarm: Alarm

  constructor(groupId: string, nowMs: number, alarms: (group: ClassicGroup) => { join: Alarm; sync: Alarm }) {
    this.groupId = groupId
    this.stateTimestampMs = nowMs
    const { join, sync } = alarms(this)
    this.joinAlarm = join
    this.syncAlarm = sync
  }

  goTo(state: GroupState, nowMs: number): void {
    assert(mayGo(this.state, state), `group "${this.groupId}" goes from ${this.state} to ${state}`)
    this.previousState = this.state
    this.state = state
    this.stateTimestampMs = nowMs
  }

  /** Adds a member; the first one decides the type of the group. */
  add(member: Member, protocolType: string): void {
    const { memberId, groupInstanceId } = member
    if (this.members.size === 0) this.protocolType = protocolType
    if (groupInstanceId !== null) {
      assert(
        !this.staticMembers.has(groupInstanceId),
        `static member "${groupInstanceId}" is in "${this.groupId}" already`,
      )
      this.staticMembers.set(groupInstanceId, memberId)
    }
    this.leaderId ??= memberId
    this.members.set(memberId, member)
    this.forgetPending(memberId)
  }

  /** Drops a member; requests of it that wait are told that it is unknown now, so that a client that lives joins again. */
  remove(memberId: string): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.members.delete(memberId)
    this.pendingSync.delete(memberId)
    if (member.groupInstanceId !== null) this.staticMembers.delete(member.groupInstanceId)
    if (this.leaderId === memberId) this.leaderId = this.members.keys().next().value ?? null
    retire(member, 'UNKNOWN_MEMBER_ID', '')
  }

  /** Puts `member`, which has the same instance id, in the place of a member; requests of the old one are fenced off. */
  replace(old: Member, member: Member): void {
    this.members.delete(old.memberId)
    this.members.set(member.memberId, member)
    this.staticMembers.set(member.groupInstanceId!, member.memberId)
    if (this.pendingSync.delete(old.memberId)) this.pendingSync.add(member.memberId)
    if (this.leaderId === old.memberId) this.leaderId = member.memberId
    retire(old, 'FENCED_INSTANCE_ID', old.memberId)
  }

  forgetPending(memberId: string): void {
    this.pendingJoin.get(memberId)?.clear()
    this.pendingJoin.delete(memberId)
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId
  }

  /** Members whose JoinGroup waits for the rebalance. */
  get awaitingJoinCount(): number {
    let count = 0
    for (const member of this.members.values()) if (member.joining !== null) count++
    return count
  }

  get hasAllJoined(): boolean {
    return this.pendingJoin.size === 0 && this.awaitingJoinCount === this.members.size
  }

  /** Makes sure that the leader is one of those who joined; false when nobody did. */
  electJoinedLeader(): boolean {
    const leader = this.leaderId === null ? undefined : this.members.get(this.leaderId)
    if (leader === undefined) return false
    if (leader.joining !== null) return true
    for (const member of this.members.values()) {
      if (member.joining === null) continue
      this.leaderId = member.memberId
      return true
    }
    return false
  }

  /** Begins the next generation with the members that there are; without members the group is Empty. */
  startGeneration(nowMs: number): void {
    const members = [...this.members.values()]
    this.generationId++
    this.protocolName = selectProtocol(members)
    this.subscribedTopics = subscribedTopics(this.protocolType, this.protocolName, members)
    this.pendingSync.clear()
    this.goTo(members.length === 0 ? 'Empty' : 'CompletingRebalance', nowMs)
  }

  /** True when a member with these protocols can work together with all the others. */
  supports(protocolType: string, protocols: readonly Protocol[]): boolean {
    if (this.members.size === 0) return protocolType !== '' && protocols.length > 0
    if (protocolType !== this.protocolType) return false
    const common = commonProtocols(this.members.values())
    return protocols.some((protocol) => common.has(protocol.name))
  }

  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  /** What is wrong with a request that says it comes from this member, or null. */
  memberProblem(memberId: string, groupInstanceId: string | null): ErrorName | null {
    if (groupInstanceId !== null) {
      const known = this.staticMembers.get(groupInstanceId)
      if (known === undefined) return 'UNKNOWN_MEMBER_ID'
      if (known !== memberId) return 'FENCED_INSTANCE_ID'
    }
    return this.members.has(memberId) ? null : 'UNKNOWN_MEMBER_ID'
  }

  /** Whether the offsets of a topic are in use; when the subscription is unknown, those of a consumer group are. */
  isSubscribedTo(topic: string): boolean {
    return this.subscribedTopics?.has(topic) ?? this.protocolType === consumerProtocolType
  }

  get isEmpty(): boolean {
    return this.state === 'Empty'
  }

  commitProblem(committer: Committer, { isTransactional }: { readonly isTransactional: boolean }): ErrorName | null {
    const { generationIdOrMemberEpoch: generationId, memberId, groupInstanceId } = committer
    if (generationId < 0 && this.state === 'Empty') return null
    // A transaction may commit for a group without saying who it is: its producer is known to be the only one.
    if (isTransactional && generationId < 0 && memberId === '' && groupInstanceId === null) return null
    const problem = this.memberProblem(memberId, groupInstanceId)
    if (problem !== null) return problem
    if (generationId !== this.generationId) return 'ILLEGAL_GENERATION'
    // A member of this generation cannot have consumed under an assignment that it does not have yet.
    if (!isTransactional && this.state === 'CompletingRebalance') return 'REBALANCE_IN_PROGRESS'
    const member = this.members.get(memberId)!
    member.session.set(member.sessionTimeoutMs)
    return null
  }

  fetchProblem(): null {
    return null
  }

  offsetDeleteProblem(): ErrorName | null {
    return this.state === 'Empty' || this.protocolType === consumerProtocolType ? null : 'NON_EMPTY_GROUP'
  }

  offsetsAgeFrom(): ((offset: CommittedOffset) => number) | null {
    const sinceCommit = (offset: CommittedOffset): number => offset.commitTimestamp
    if (this.protocolType === null) return sinceCommit
    if (this.state === 'Empty') return this.stateTimestampMs < 0 ? sinceCommit : () => this.stateTimestampMs
    const isKnown = this.protocolType === consumerProtocolType && this.subscribedTopics !== null
    return isKnown && this.state === 'Stable' ? sinceCommit : null
  }

  tombstones(): CoordinatorRecord[] {
    return [{ kind: 'group', groupId: this.groupId, value: null }]
  }

  /** Stops every timer and answers every request that waits. */
  close(problem: ErrorName): void {
    this.joinAlarm.clear()
    this.syncAlarm.clear()
    for (const alarm of this.pendingJoin.values()) alarm.clear()
    for (const member of this.members.values()) retire(member, problem, member.memberId)
  }
}

/** Stops a member's session and answers its waiting requests with an error. */
function retire(member: Member, problem: ErrorName, memberId: string): void {
  member.session.clear()
  const { joining, syncing } = member
  member.joining = null
  member.syncing = null
  joining?.(joinProblem(problem, memberId))
  syncing?.(syncProblem(problem))
}
