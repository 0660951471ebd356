import { BatchBuilder } from '#core/records/batch-builder.ts'
import type { RecordBatch } from '#core/records/batch.ts'

/** The control record that ends a transaction in a partition. */
export interface TransactionMarker {
  readonly aborts: boolean
  /** Leader epoch of the coordinator that decided; -1 when the record does not say. */
  readonly coordinatorEpoch: number
  readonly timestamp: number
}

const typeAt = 2
const keyBytes = 4
const coordinatorEpochAt = 2
const valueBytes = 6
const abortType = 0
const commitType = 1

/** The marker in a control batch; undefined when compaction has taken the record out. Key: version int16, type int16 (0 abort, 1 commit). */
export function markerOf(batch: RecordBatch): TransactionMarker | undefined {
  const [record] = batch.records()
  if (record?.key === undefined || record.key === null || record.key.length < keyBytes) return undefined
  const { key, value, timestamp } = record
  const coordinatorEpoch = value && value.length >= valueBytes ? value.readInt32BE(coordinatorEpochAt) : -1
  return { aborts: key.readInt16BE(typeAt) === abortType, coordinatorEpoch, timestamp }
}

/** Whose transaction ends and how; `coordinatorEpoch` fences coordinators of earlier terms. Timestamp in ms. */
export interface MarkerOptions {
  readonly producerId: number
  readonly producerEpoch: number
  readonly aborts: boolean
  readonly coordinatorEpoch: number
  readonly timestamp: number
}

/** The control batch that ends a transaction in a partition, ready to be appended with origin `coordinator`. */
export function markerBatch(options: MarkerOptions): Buffer {
  const { producerId, producerEpoch, aborts, coordinatorEpoch, timestamp } = options
  const key = Buffer.alloc(keyBytes)
  key.writeInt16BE(aborts ? abortType : commitType, typeAt)
  const value = Buffer.alloc(valueBytes)
  value.writeInt32BE(coordinatorEpoch, coordinatorEpochAt)
  const builder = new BatchBuilder({ producerId, producerEpoch, isControl: true, isTransactional: true })
  builder.append(timestamp, key, value)
  return builder.build()
}
