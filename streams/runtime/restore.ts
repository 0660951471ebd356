import { partitionKey, type Client } from '#core/client/client.ts'
import type { Task } from './task.ts'

/**
 * Brings the stores of a task to where their changelogs end. The task must not have started. Restored records are
 * handed over per fetch; a changelog that is empty, or whose records were all deleted, is done at once.
 */
export async function restoreTask(client: Client, task: Task): Promise<number> {
  const changelogs = new Map(task.changelogs.map((changelog) => [partitionKey(changelog), changelog]))
  if (changelogs.size === 0) return 0
  const consumer = client.consumer({ autoOffsetReset: 'earliest', maxPollRecords: 10_000 })
  try {
    const partitions = task.changelogs.map(({ topic, partition }) => ({ topic, partition }))
    consumer.assign(partitions)
    const [begins, ends] = await Promise.all([consumer.beginningOffsets(partitions), consumer.endOffsets(partitions)])
    const open = new Set([...changelogs.keys()].filter((key) => ends.get(key)! > begins.get(key)!))
    let restored = 0
    while (open.size > 0) {
      for (const chunk of await consumer.poll(500)) {
        const key = partitionKey(chunk)
        changelogs.get(key)!.restore(chunk)
        restored += chunk.count
      }
      // Positions, not chunks: control records and compacted gaps move a position without handing anything over.
      for (const key of open) {
        const changelog = changelogs.get(key)!
        if ((await consumer.position(changelog)) >= ends.get(key)!) open.delete(key)
      }
    }
    return restored
  } finally {
    await consumer.close()
  }
}
