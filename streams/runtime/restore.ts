import {
  partitionKey,
  type Client,
  type Consumer,
  type ConsumerRecord,
  type FetchedPartition,
  type OffsetAndMetadata,
  type TopicPartition,
} from '#core/client/client.ts'
import type { Task } from './task.ts'

/**
 * Brings the stores of a task to where their changelogs end; a table that is its own changelog only to where its input is
 * committed. The task must not have started. Restored records are handed over per fetch.
 */
export async function restoreTask(
  client: Client,
  task: Task,
  committed: ReadonlyMap<string, OffsetAndMetadata>,
): Promise<number> {
  const changelogs = new Map(task.changelogs.map((changelog) => [partitionKey(changelog), changelog]))
  if (changelogs.size === 0) return 0
  const consumer = client.consumer({ autoOffsetReset: 'earliest', maxPollRecords: 10_000 })
  try {
    const partitions = task.changelogs.map(({ topic, partition }) => ({ topic, partition }))
    consumer.assign(partitions)
    const ends = new Map(await consumer.endOffsets(partitions))
    for (const [key, { untilCommitted }] of changelogs) {
      if (untilCommitted) ends.set(key, Math.min(ends.get(key)!, committed.get(key)?.offset ?? 0))
    }
    let restored = 0
    await readUpTo(consumer, ends, partitions, (chunk) => {
      const key = partitionKey(chunk)
      changelogs.get(key)!.restore(before(chunk, ends.get(key)!))
      restored += chunk.count
    })
    return restored
  } finally {
    await consumer.close()
  }
}

/**
 * Reads assigned partitions from where they begin up to the offsets `ends`, and maybe some more. A partition that is empty, or
 * whose records were all deleted, is done at once.
 */
export async function readUpTo(
  consumer: Consumer,
  ends: ReadonlyMap<string, number>,
  partitions: readonly TopicPartition[],
  take: (chunk: FetchedPartition) => void,
): Promise<void> {
  const begins = await consumer.beginningOffsets(partitions)
  const open = new Map(partitions.map((each) => [partitionKey(each), each]))
  for (const key of open.keys()) if (ends.get(key)! <= begins.get(key)!) open.delete(key)
  while (open.size > 0) {
    for (const chunk of await consumer.poll(500)) take(chunk)
    // Positions, not chunks: control records and compacted gaps move a position without handing anything over.
    for (const [key, partition] of open) {
      if ((await consumer.position(partition)) >= ends.get(key)!) open.delete(key)
    }
  }
}

function* before(chunk: FetchedPartition, end: number): Iterable<ConsumerRecord> {
  for (const record of chunk) if (record.offset < end) yield record
}
