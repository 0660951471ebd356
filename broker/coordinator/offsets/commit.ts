import type { OffsetCommitRequest } from '#core/wire/api/08-offset-commit.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import type { GroupSettings } from '../config.ts'
import type { ClassicGroup } from '../group/classic-group.ts'
import type { CommittedOffset } from '../records.ts'

/**
 * Whether a member, or a consumer that assigns itself its partitions, may commit for the group; null if so. A commit also
 * keeps the member's session going.
 */
export function checkCommit(
  group: ClassicGroup | undefined,
  request: OffsetCommitRequest,
  apiVersion: number,
): ErrorName | null {
  const { generationIdOrMemberEpoch: generationId, memberId, groupInstanceId } = request
  if (group === undefined) {
    if (generationId < 0) return null
    return apiVersion >= 9 ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION'
  }
  if (generationId < 0 && group.state === 'Empty') return null
  const problem = group.memberProblem(memberId, groupInstanceId)
  if (problem !== null) return problem
  if (generationId !== group.generationId) return 'ILLEGAL_GENERATION'
  // A member of this generation cannot have consumed under an assignment that it does not have yet.
  if (group.state === 'CompletingRebalance') return 'REBALANCE_IN_PROGRESS'
  const member = group.members.get(memberId)!
  member.session.set(member.sessionTimeoutMs)
  return null
}

type RequestedPartition = OffsetCommitRequest['topics'][number]['partitions'][number]

/** What is kept of a commit, or why it is refused. Clients that name a retention get an expiry of their own. */
export function committedOffset(
  config: GroupSettings,
  partition: RequestedPartition,
  retentionTimeMs: number,
  nowMs: number,
): CommittedOffset | ErrorName {
  const metadata = partition.committedMetadata ?? ''
  if (metadata.length > config['offset.metadata.max.bytes']) return 'OFFSET_METADATA_TOO_LARGE'
  return {
    offset: partition.committedOffset,
    leaderEpoch: partition.committedLeaderEpoch,
    metadata,
    commitTimestamp: nowMs,
    // What a client asks for may lie beyond all dates.
    expireTimestamp:
      retentionTimeMs === -1 ? -1 : Math.min(Math.max(nowMs + retentionTimeMs, 0), Number.MAX_SAFE_INTEGER),
  }
}
