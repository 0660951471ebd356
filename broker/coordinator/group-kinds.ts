import type { ErrorName } from '#core/wire/errors.ts'
import type { CommittedOffset, CoordinatorRecord, ModernRecord } from './records.ts'

/** The kinds of groups, in the words of ListGroups. A group id belongs to one kind at a time. */
export type GroupType = 'classic' | 'consumer' | 'streams'

/** What a commit says of whoever commits. */
export interface Committer {
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** Negative when it is no member. */
  readonly generationIdOrMemberEpoch: number
}

/** What is to be committed, and how. */
export interface CommitAttempt {
  readonly apiVersion: number
  readonly isTransactional: boolean
  /** A member that lags behind may still commit for what it had before its epoch changed. */
  readonly partitions: Iterable<{ readonly topic: string; readonly partition: number }>
  topicId(topic: string): string | undefined
}

/** What committed offsets, lists and deletions ask of a group, of whatever kind it is. */
export interface Group {
  readonly type: GroupType
  readonly groupId: string
  /** As ListGroups shows it; null for a group that only keeps offsets. */
  readonly protocolType: string | null
  /** As ListGroups shows it. */
  readonly state: string
  /** Nobody is in it: it may be deleted, and it may give its id to another kind. */
  readonly isEmpty: boolean
  /** Whether the offsets of a topic are in use. */
  isSubscribedTo(topic: string): boolean
  /** Why this one may not commit, or null; a commit also shows that a member of a classic protocol lives. */
  commitProblem(committer: Committer, attempt: CommitAttempt): ErrorName | null
  /** Why this one may not read offsets, or null. Nobody in particular (a null id, a negative epoch) may. */
  fetchProblem(memberId: string | null, memberEpoch: number): ErrorName | null
  /** Why no offset at all may be deleted, or null. */
  offsetDeleteProblem(): ErrorName | null
  /** From when on an offset grows old, ms since the epoch; null where offsets do not. */
  offsetsAgeFrom(): ((offset: CommittedOffset) => number) | null
  /** The records that end it; its offsets are not part of them. */
  tombstones(): CoordinatorRecord[]
}

/**
 * A group whose members talk to the coordinator and not to one another. It is hard state through and through: `replay`
 * alone changes it, at once when a record is on its way to the log and again when the log is loaded.
 */
export interface ModernGroup extends Group {
  readonly type: 'consumer' | 'streams'
  /** True once its last record was taken back. */
  readonly isGone: boolean
  replay(record: ModernRecord): void
  /** Something happened to these topics: made, given more partitions, deleted. */
  topicsChanged?(names: ReadonlySet<string>): void
}
