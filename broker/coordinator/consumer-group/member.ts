import type { ConsumerGroupRecord, CurrentAssignment, MemberMetadata } from './records.ts'
import { type Owned, listedWithEpochs, none, ownedOf, sameOwned } from './partitions.ts'

/** How far a member is on its way to its target assignment, by the numbers of its record. */
export const memberStates = { stable: 0, unrevoked: 1, unreleased: 2, unknown: 127 } as const

/** A member of a consumer group; never changed, only replaced. */
export interface ConsumerMember {
  readonly memberId: string
  /** 0 before its first assignment, -1 while it is being removed, -2 while a static member is away. */
  readonly memberEpoch: number
  /** The epoch before, for a client that did not get the answer with the present one; -1 without one. */
  readonly previousMemberEpoch: number
  readonly state: number
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** -1 while it is not known. */
  readonly rebalanceTimeoutMs: number
  readonly serverAssignor: string | null
  /** In alphabetical order, each once. */
  readonly subscribedTopicNames: readonly string[]
  /** Null or empty without a subscription by pattern. */
  readonly subscribedTopicRegex: string | null
  /** Set for members that use the classic protocol. */
  readonly classic: MemberMetadata['classicMemberMetadata']
  readonly assigned: Owned
  /** What it has been asked to give up and may still use. */
  readonly revoking: Owned
}

/** Somebody of whom only the id is known. */
export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    memberEpoch: 0,
    previousMemberEpoch: -1,
    state: memberStates.stable,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: -1,
    serverAssignor: null,
    subscribedTopicNames: [],
    subscribedTopicRegex: '',
    classic: null,
    assigned: none,
    revoking: none,
  }
}

/** Topic names as a member keeps them. */
export const topicNames = (names: readonly string[]): string[] => [...new Set(names)].toSorted(byCodeUnits)

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** True of a member that takes part by JoinGroup and SyncGroup: its client is yet to be upgraded. */
export const usesClassic = (member: ConsumerMember): boolean => member.classic !== null

/** True when the member is where the target assignment of this epoch wants it. */
export const isReconciledTo = (member: ConsumerMember, epoch: number): boolean =>
  member.state === memberStates.stable && member.memberEpoch === epoch

/** The member as its record of metadata says. */
export function withMetadata(member: ConsumerMember, value: MemberMetadata): ConsumerMember {
  return {
    ...member,
    instanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.clientHost,
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    serverAssignor: value.serverAssignor,
    subscribedTopicNames: topicNames(value.subscribedTopicNames),
    subscribedTopicRegex: value.subscribedTopicRegex,
    classic: value.classicMemberMetadata,
  }
}

/** The member as the record of its current assignment says. */
export function withCurrent(member: ConsumerMember, value: CurrentAssignment): ConsumerMember {
  const known: readonly number[] = Object.values(memberStates)
  return {
    ...member,
    memberEpoch: value.memberEpoch,
    previousMemberEpoch: value.previousMemberEpoch,
    state: known.includes(value.state) ? value.state : memberStates.unknown,
    assigned: ownedOf(value.assignedPartitions, value.memberEpoch),
    revoking: ownedOf(value.partitionsPendingRevocation, value.memberEpoch),
  }
}

/** What the member says of itself, for the log: Kafka's ConsumerGroupMemberMetadata. */
export function memberRecord(groupId: string, member: ConsumerMember): ConsumerGroupRecord {
  const value: MemberMetadata = {
    instanceId: member.instanceId,
    rackId: member.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: [...member.subscribedTopicNames],
    subscribedTopicRegex: member.subscribedTopicRegex,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    serverAssignor: member.serverAssignor,
    classicMemberMetadata: member.classic,
  }
  return { kind: 'consumer', groupId, part: 'member', memberId: member.memberId, value }
}

/** What the member owns and how far it is, for the log: Kafka's ConsumerGroupCurrentMemberAssignment. */
export function currentRecord(groupId: string, member: ConsumerMember): ConsumerGroupRecord {
  const value: CurrentAssignment = {
    memberEpoch: member.memberEpoch,
    previousMemberEpoch: member.previousMemberEpoch,
    state: member.state,
    assignedPartitions: listedWithEpochs(member.assigned),
    partitionsPendingRevocation: listedWithEpochs(member.revoking),
  }
  return { kind: 'consumer', groupId, part: 'current', memberId: member.memberId, value }
}

/** True when the record of metadata of both would say the same. */
export function sameMetadata(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.serverAssignor === b.serverAssignor &&
    a.subscribedTopicRegex === b.subscribedTopicRegex &&
    sameNames(a.subscribedTopicNames, b.subscribedTopicNames) &&
    sameClassic(a.classic, b.classic)
  )
}

/** True when both subscribe to the same names. */
export const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i])

function sameClassic(a: ConsumerMember['classic'], b: ConsumerMember['classic']): boolean {
  if (a === null || b === null) return a === b
  return (
    a.sessionTimeoutMs === b.sessionTimeoutMs &&
    a.supportedProtocols.length === b.supportedProtocols.length &&
    a.supportedProtocols.every((mine, i) => {
      const theirs = b.supportedProtocols[i]!
      return mine.name === theirs.name && mine.metadata.equals(theirs.metadata)
    })
  )
}

/** True when the record of the current assignment of both would say the same. */
export function sameCurrent(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.memberEpoch === b.memberEpoch &&
    a.previousMemberEpoch === b.previousMemberEpoch &&
    a.state === b.state &&
    sameOwned(a.assigned, b.assigned) &&
    sameOwned(a.revoking, b.revoking)
  )
}
