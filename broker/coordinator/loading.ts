import { batches } from '#core/records/batch.ts'
import type { OffsetsPartitions } from './ports.ts'
import { decodeRecord } from './records.ts'
import type { StoredState } from './stored-state.ts'

/** What a coordinator makes of its log. */
export interface LogSink {
  /** A record; `producerId` is that of the transaction to which it belongs, else -1. */
  record(key: Buffer, value: Buffer | null, producerId: number): void
  /** The end of a producer's transaction. */
  marker?(producerId: number, committed: boolean): void
}

/** Shows a coordinator its partition from the log's start to its end, in order. */
export async function replayLog(
  partitions: Pick<OffsetsPartitions, 'read'>,
  partition: number,
  sink: LogSink,
): Promise<void> {
  for await (const bytes of partitions.read(partition)) {
    // A large partition must not keep the loop from everybody else.
    await new Promise((done) => setImmediate(done))
    for (const batch of batches(bytes)) {
      if (batch.isControl) {
        for (const { key } of batch.records()) {
          // Version, then type: 0 aborts, 1 commits; others are not about transactions.
          const type = key === null || key.length < 4 ? -1 : key.readInt16BE(2)
          if (type === 0 || type === 1) sink.marker?.(batch.producerId, type === 1)
        }
        continue
      }
      const producerId = batch.isTransactional ? batch.producerId : -1
      for (const { key, value } of batch.records()) if (key !== null) sink.record(key, value, producerId)
    }
  }
}

/**
 * Replays a partition of `__consumer_offsets`. Records of types that are not ours stay in the log and are passed over.
 */
export function replayPartition(partitions: OffsetsPartitions, partition: number, state: StoredState): Promise<void> {
  return replayLog(partitions, partition, {
    record: (key, value, producerId) => {
      const record = decodeRecord(key, value)
      if (record !== null) state.replay(record, producerId)
    },
    marker: (producerId, committed) => state.endTransaction(producerId, committed),
  })
}
