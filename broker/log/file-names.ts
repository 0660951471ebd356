/** The names that Apache Kafka gives to the files and directories of a log. */

const digits = 20

/** A segment's base offset as the start of its file names: 20 digits. */
export const offsetName = (offset: number): string => String(offset).padStart(digits, '0')

export const logSuffix = '.log'
export const indexSuffix = '.index'
export const timeIndexSuffix = '.timeindex'
export const txnIndexSuffix = '.txnindex'
export const snapshotSuffix = '.snapshot'
export const deletedSuffix = '.deleted'
export const cleanedSuffix = '.cleaned'
export const swapSuffix = '.swap'

/** Suffixes of the files that belong to one segment and share its fate. */
export const segmentSuffixes = [logSuffix, indexSuffix, timeIndexSuffix, txnIndexSuffix] as const

export const leaderEpochFile = 'leader-epoch-checkpoint'
export const partitionMetadataFile = 'partition.metadata'
export const recoveryPointFile = 'recovery-point-offset-checkpoint'
export const highWatermarkFile = 'replication-offset-checkpoint'
export const logStartFile = 'log-start-offset-checkpoint'
export const cleanerOffsetFile = 'cleaner-offset-checkpoint'
export const cleanShutdownFile = '.kafka_cleanshutdown'
export const lockFile = '.lock'

/** The offset in a file name such as `00000000000000000042.log`; undefined when it has another form. */
export function offsetOf(name: string, suffix: string): number | undefined {
  if (name.length !== digits + suffix.length || !name.endsWith(suffix)) return undefined
  const stem = name.slice(0, digits)
  return /^\d+$/.test(stem) ? Number(stem) : undefined
}

/** The directory of a partition: `topic-partition`. */
export const partitionDirectory = (topic: string, partition: number): string => `${topic}-${partition}`

/** Topic and partition of a directory name; undefined for directories that are no live partition. */
export function parsePartitionDirectory(name: string): { topic: string; partition: number } | undefined {
  const match = /^([a-zA-Z0-9._-]{1,249})-(\d{1,10})$/.exec(name)
  return match ? { topic: match[1]!, partition: Number(match[2]) } : undefined
}

const longestName = 255

/** Where a partition's directory goes when it is deleted: `topic-partition.<32 hex digits>-delete`, cut to what file systems take. */
export function deleteDirectory(topic: string, partition: number, unique: string): string {
  const suffix = `-${partition}.${unique}-delete`
  return topic.slice(0, longestName - suffix.length) + suffix
}

export const isDeleteDirectory = (name: string): boolean => /\.[0-9a-f]{32}-delete$/.test(name)
