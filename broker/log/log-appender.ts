import { batches as batchesIn, type RecordBatch } from '#core/records/batch.ts'

import { extentOf, stamp, type AppendOptions, type AppendResult } from './append.ts'
import {
  appendRules,
  checkClientBatch,
  needsRecompression,
  recompressed,
  wholeBatch,
  type AppendRules,
} from './batch-checks.ts'
import type { TopicConfig } from './config.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { KnownBatch, ProducerStates } from './producer-state.ts'
import type { SegmentLog } from './segment-log.ts'

/** What an append works on. */
export interface AppenderParts {
  readonly name: string
  readonly bytes: SegmentLog
  readonly epochs: LeaderEpochs
  readonly producers: ProducerStates
  /** Hears of records that are in the file now. */
  readonly appended: (records: number) => void
}

/** The way of batches into the log: checked, given their offsets, written, counted. Nothing is changed before the write succeeds. */
export class LogAppender {
  readonly #parts: AppenderParts
  #rules: AppendRules

  constructor(parts: AppenderParts, config: TopicConfig) {
    this.#parts = parts
    this.#rules = appendRules(config)
  }

  /** Takes new settings at once. */
  updateConfig(config: TopicConfig): void {
    this.#rules = appendRules(config)
  }

  append(batches: Buffer, options: AppendOptions, nowMs: number): AppendResult {
    const fromClient = options.origin === 'client'
    const first = fromClient ? checkClientBatch(batches, this.#rules, nowMs, this.#parts.name) : wholeBatch(batches, 0)
    const duplicate = this.#checkProducers(batches, first, options)
    if (duplicate) return this.#repeated(duplicate)
    const recompresses = fromClient && needsRecompression(first, this.#rules)
    const bytes = recompresses ? recompressed(first, this.#rules, this.#parts.name) : batches
    return this.#write(bytes, options, nowMs)
  }

  #checkProducers(batches: Buffer, first: RecordBatch, options: AppendOptions): KnownBatch | undefined {
    const { producers } = this.#parts
    const { origin, transactionVersion } = options
    if (origin === 'client') return producers.check(first, origin, transactionVersion)
    for (const batch of batchesIn(batches)) producers.check(batch, origin, transactionVersion)
    return undefined
  }

  #repeated(known: KnownBatch): AppendResult {
    // Also where records keep the times of their senders: so does Apache Kafka.
    const { baseOffset, lastOffset, timestamp: logAppendTime } = known
    return { baseOffset, lastOffset, logAppendTime, duplicate: true }
  }

  #write(batches: Buffer, options: AppendOptions, nowMs: number): AppendResult {
    const { bytes, epochs, producers } = this.#parts
    const { origin } = options
    const stampTime = this.#rules.logAppendTime && (origin === 'client' || origin === 'coordinator')
    const logAppendTime = stampTime ? nowMs : -1
    const extent = extentOf(batches, bytes.endOffset, origin === 'replica', logAppendTime)
    bytes.makeRoom(batches.length, extent, nowMs)
    const staged = bytes.stage(batches, extent.baseOffset)
    stamp(staged, extent.baseOffset, options, logAppendTime, epochs)
    bytes.write(staged, extent)
    for (const batch of batchesIn(staged)) {
      const aborted = producers.update(batch)
      if (aborted) bytes.segments.active.transactions.add(aborted)
    }
    this.#parts.appended(extent.lastOffset - extent.baseOffset + 1)
    return { baseOffset: extent.baseOffset, lastOffset: extent.lastOffset, logAppendTime, duplicate: false }
  }
}
