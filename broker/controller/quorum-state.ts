import { isUuid, zeroUuid } from '#core/bytes/uuid.ts'
import type { Files } from '#core/ports/files.ts'

import { brokerErrors } from '../errors.ts'

/** `quorum-state`: what a voter must never forget, the newest epoch it has seen and whom it voted for there. */
export interface QuorumState {
  /** -1 while no leader of the epoch is known. */
  readonly leaderId: number
  readonly leaderEpoch: number
  /** -1 when no vote was given. */
  readonly votedId: number
  readonly votedDirectoryId: string
}

const fileOf = (logDirectory: string): string => `${logDirectory}/quorum-state`

/** Reads the file (schema 0 or 1, JSON); undefined when there is none. Throws METADATA_CORRUPT. */
export function readQuorumState(files: Files, logDirectory: string): QuorumState | undefined {
  const file = fileOf(logDirectory)
  if (!files.exists(file)) return undefined
  let row: Record<string, unknown>
  try {
    row = JSON.parse(files.readWhole(file).toString('utf8')) as Record<string, unknown>
  } catch (cause) {
    throw brokerErrors.METADATA_CORRUPT({ directory: logDirectory, problem: 'quorum-state is not JSON' }, cause)
  }
  const { leaderId, leaderEpoch, votedId, votedDirectoryId = zeroUuid } = row
  const whole = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value)
  if (!whole(leaderId) || !whole(leaderEpoch) || !whole(votedId) || !isUuid(String(votedDirectoryId))) {
    throw brokerErrors.METADATA_CORRUPT({
      directory: logDirectory,
      problem: 'quorum-state has missing or wrong fields',
    })
  }
  return { leaderId, leaderEpoch, votedId, votedDirectoryId: String(votedDirectoryId) }
}

/** Replaces the file, durably: an epoch must be on disk before anything is written in it. */
export function writeQuorumState(files: Files, logDirectory: string, state: QuorumState): void {
  files.replace(fileOf(logDirectory), Buffer.from(JSON.stringify({ ...state, data_version: 1 })))
}
