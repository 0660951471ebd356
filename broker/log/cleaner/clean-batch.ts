import type { RecordBatch } from '#core/records/batch.ts'

import type { CleanedTransactions } from './cleaned-transactions.ts'
import type { KeyOffsets } from './key-offsets.ts'
import { rawRecords, withoutRecords, withRecords, type RawRecord } from './rewrite-batch.ts'

/** Where a producer that is remembered wrote last. */
export interface LastOfProducer {
  /** Last offset of its newest data, -1 when there is none in its epoch. */
  readonly lastOffset: number
  readonly producerEpoch: number
}

/** What decides about a batch that is read for cleaning. */
export interface CleaningRules {
  readonly keys: KeyOffsets
  readonly transactions: CleanedTransactions
  readonly lastOfProducers: ReadonlyMap<number, LastOfProducer>
  readonly nowMs: number
  readonly deleteRetentionMs: number
  /** Where this cleaning ends: the batch before it stays, so that the offsets up to it are not lost. */
  readonly upperBoundOffset: number
}

/**
 * What stays of a batch: `batch` itself when all of it does, bytes of a smaller one, or undefined when nothing does. Batches
 * must come in the order of the log. The rules, all of Kafka's cleaner:
 * a record stays when none of its key comes later; a tombstone among them until the delete horizon, which is set when it is
 * first cleaned; a marker until the data of its transaction is gone and then until a horizon of its own; aborted
 * data goes; the last batch of a remembered producer stays, without records if need be.
 */
export function cleanBatch(batch: RecordBatch, rules: CleaningRules): RecordBatch | Buffer | undefined {
  const discardable = rules.transactions.read(batch)
  const horizon = batch.deleteHorizonMs
  const over = horizon !== undefined && horizon <= rules.nowMs
  if (batch.recordCount === 0 || (discardable && (!batch.isControl || over))) return emptied(batch, rules)
  if (batch.isControl && !(discardable && horizon === undefined)) return batch
  const records = rawRecords(batch)
  const kept = batch.isControl ? records : records.filter((record) => isNeeded(record, over, rules.keys))
  if (kept.length === 0) return emptied(batch, rules)
  const needsHorizon = horizon === undefined && (batch.isControl || kept.some((record) => !record.hasValue))
  if (needsHorizon) return withRecords(batch, kept, rules.nowMs + rules.deleteRetentionMs)
  return kept.length === records.length ? batch : withRecords(batch, kept, horizon)
}

function isNeeded(record: RawRecord, tombstonesAreOver: boolean, keys: KeyOffsets): boolean {
  if (record.offset > keys.latestOffset) return true
  // Written before the topic was compacted: it has no key that a later record could replace.
  if (record.key === null) return false
  return record.offset >= keys.get(record.key) && (record.hasValue || !tombstonesAreOver)
}

function emptied(batch: RecordBatch, rules: CleaningRules): RecordBatch | Buffer | undefined {
  if (!isLastOfProducer(batch, rules) && batch.lastOffset + 1 !== rules.upperBoundOffset) return undefined
  return batch.recordCount === 0 ? batch : withoutRecords(batch)
}

function isLastOfProducer(batch: RecordBatch, { lastOfProducers }: CleaningRules): boolean {
  const last = lastOfProducers.get(batch.producerId)
  if (last === undefined) return false
  return last.lastOffset >= 0
    ? batch.lastOffset === last.lastOffset
    : // Its last word is a marker, which keeps its epoch.
      batch.isControl && batch.producerEpoch === last.producerEpoch
}
