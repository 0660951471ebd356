import { batches } from '#core/records/batch.ts'
import type { OffsetsPartitions } from './ports.ts'
import { decodeRecord } from './records.ts'
import type { StoredState } from './stored-state.ts'

/**
 * Replays a partition from the log's start to its end. What Apache Kafka wrote is read as well: offsets committed in
 * transactions, and records of types that are not ours, which stay in the log and are passed over.
 */
export async function replayPartition(
  partitions: OffsetsPartitions,
  partition: number,
  state: StoredState,
): Promise<void> {
  for await (const bytes of partitions.read(partition)) {
    // A large partition must not keep the loop from everybody else.
    await new Promise((done) => setImmediate(done))
    for (const batch of batches(bytes)) {
      if (batch.isControl) {
        for (const { key } of batch.records()) {
          // Version, then type: 0 aborts, 1 commits; others are not about transactions.
          const type = key === null || key.length < 4 ? -1 : key.readInt16BE(2)
          if (type === 0 || type === 1) state.endTransaction(batch.producerId, type === 1)
        }
        continue
      }
      const producerId = batch.isTransactional ? batch.producerId : -1
      for (const { key, value } of batch.records()) {
        const record = key === null ? null : decodeRecord(key, value)
        if (record !== null) state.replay(record, producerId)
      }
    }
  }
}
