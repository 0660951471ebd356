/** The names that Apache Kafka gives to the files and directories of a log. */

const digits = 20

/** A segment's base offset as the start of its file names: 20 digits. */
export const offsetName = (offset: number): string => String(offset).padStart(digits, '0')

/** The batches of a segment. */
export const logSuffix = '.log'
/** Where to look for an offset: sparse, mapped to positions. */
export const indexSuffix = '.index'
/** Where to look for a time: sparse, mapped to offsets. */
export const timeIndexSuffix = '.timeindex'
/** Transactions that were aborted in the segment; there only if there were any. */
export const txnIndexSuffix = '.txnindex'
/** State of the producers up to the offset in the name. */
export const snapshotSuffix = '.snapshot'
/** Put behind a whole name: taken out of the log, to be removed after `file.delete.delay.ms`. */
export const deletedSuffix = '.deleted'
/** Put behind a whole name: compaction is writing it, and after a crash it is worth nothing. */
export const cleanedSuffix = '.cleaned'
/** Put behind a whole name: compacted and complete, to take the place of what it was made from. */
export const swapSuffix = '.swap'

/** Suffixes of the files that belong to one segment and share its fate. */
export const segmentSuffixes = [logSuffix, indexSuffix, timeIndexSuffix, txnIndexSuffix] as const

/** In each partition: where the epochs of its leaders began. */
export const leaderEpochFile = 'leader-epoch-checkpoint'
/** In each partition: the id of its topic, which tells it from a namesake that was deleted. */
export const partitionMetadataFile = 'partition.metadata'
/** Of all partitions: below it everything is on the disk. */
export const recoveryPointFile = 'recovery-point-offset-checkpoint'
/** Of all partitions: up to where readers could see at the last checkpoint. */
export const highWatermarkFile = 'replication-offset-checkpoint'
/** Of partitions that begin within a segment: their first offset. */
export const logStartFile = 'log-start-offset-checkpoint'
/** Of compacted partitions: up to where they are clean. */
export const cleanerOffsetFile = 'cleaner-offset-checkpoint'
/** There after a clean stop only, with the broker's epoch. */
export const cleanShutdownFile = '.kafka_cleanshutdown'
/** Names the process that has the directory, by its id and start. */
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

/** True of a name by `deleteDirectory`: what is in it is gone for readers and waits for removal. */
export const isDeleteDirectory = (name: string): boolean => /\.[0-9a-f]{32}-delete$/.test(name)
