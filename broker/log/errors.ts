import { errorTable, isKnownError } from '#core/errors/table.ts'

/** What an operator can meet in a data directory. What a client did wrong is a ProtocolError instead. */
export const logErrors = errorTable({
  LOG_DIRECTORY_IN_USE: {
    retry: 'never',
    message: 'data directory "{directory}" is in use by process {pid}',
    hint: 'Stop that process first, or give this one a directory of its own.',
  },
  LOG_CORRUPT: {
    retry: 'never',
    message: 'log file "{file}" is damaged at byte {position}: {problem}',
    hint: "These bytes were on the disk before the last stop, so cutting them would lose acknowledged records. Restore the file from a copy; or read past the damage, by offset; or stop the broker, remove the partition's entry from recovery-point-offset-checkpoint and the file .kafka_cleanshutdown, and the next start cuts the log there.",
  },
  LOG_FILE_MISSING: {
    retry: 'never',
    message: 'log in "{directory}" ends at offset {end}, but offset {recoveryPoint} was on the disk before',
    hint: "Segment files were removed or cut by something else. Restore them from a copy, or remove the partition's entry from recovery-point-offset-checkpoint to accept the loss.",
  },
  LOG_FILE_INVALID: {
    retry: 'never',
    message: 'file "{file}" cannot be read: {problem}',
    hint: 'Restore the file from a copy. A checkpoint file may be removed: its numbers are then found by reading the logs.',
  },
  LOG_EXISTS: {
    retry: 'never',
    message: 'log {topic}-{partition} exists already',
  },
  LOG_CLOSED: {
    retry: 'never',
    message: 'log {topic}-{partition} is closed',
  },
})

/** True when a log file does not hold what was written to it. */
export const isDamage = (error: unknown): boolean => isKnownError(error) && error.code === 'LOG_CORRUPT'
