import type { OffsetCommitRequest } from '#core/wire/api/08-offset-commit.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import type { GroupSettings } from '../config.ts'
import type { CommitAttempt, Group } from '../group-kinds.ts'
import type { CommittedOffset } from '../records.ts'

/** Why nobody of a group may commit, or this one may not; null when it may. */
export function checkCommit(
  group: Group | undefined,
  request: OffsetCommitRequest,
  apiVersion: number,
  of: Pick<CommitAttempt, 'partitions' | 'topicId'>,
): ErrorName | null {
  if (group !== undefined) return group.commitProblem(request, { ...of, apiVersion, isTransactional: false })
  if (request.generationIdOrMemberEpoch < 0) return null
  return apiVersion >= 9 ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION'
}

type RequestedPartition = OffsetCommitRequest['topics'][number]['partitions'][number]

/** What is kept of a commit, or why it is refused. A retention that the client names becomes an expiry of its own. */
export function committedOffset(
  config: GroupSettings,
  partition: RequestedPartition,
  of: { readonly topicId: string; readonly retentionTimeMs: number; readonly nowMs: number },
): CommittedOffset | ErrorName {
  const { topicId, retentionTimeMs, nowMs } = of
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
    topicId,
  }
}
