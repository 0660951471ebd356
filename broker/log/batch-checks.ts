import { RecordBatch } from '#core/records/batch.ts'
import { codecId, compressionNames, type CompressionName } from '#core/records/compression/index.ts'
import { batchHeaderBytes } from '#core/records/layout.ts'
import { isKnownError } from '#core/errors/table.ts'
import { ProtocolError, type ErrorName } from '#core/wire/errors.ts'

import type { TopicConfig } from './config.ts'

/** What one record of a refused batch is blamed for; Produce answers it from version 8 on. */
export interface RecordFault {
  readonly batchIndex: number
  readonly message: string
}

/** A batch refused for what is in it, with the records that are to blame where that is known. */
export class InvalidRecords extends ProtocolError {
  readonly recordFaults: readonly RecordFault[]

  constructor(code: ErrorName, message: string, recordFaults: readonly RecordFault[] = []) {
    super(code, message)
    this.recordFaults = recordFaults
  }
}

/** The settings that decide what a client may append, taken out of the topic's settings once. */
export interface AppendRules {
  readonly maxMessageBytes: number
  readonly logAppendTime: boolean
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
  readonly compacted: boolean
  /** The codec to store in; undefined keeps the client's. */
  readonly compression: CompressionName | undefined
  readonly compressionLevel: number | undefined
}

export function appendRules(config: TopicConfig): AppendRules {
  const type = config['compression.type']
  const levels: Partial<Record<string, number>> = {
    gzip: config['compression.gzip.level'],
    zstd: config['compression.zstd.level'],
  }
  return {
    maxMessageBytes: config['max.message.bytes'],
    logAppendTime: config['message.timestamp.type'] === 'LogAppendTime',
    timestampBeforeMaxMs: config['message.timestamp.before.max.ms'],
    timestampAfterMaxMs: config['message.timestamp.after.max.ms'],
    compacted: config['cleanup.policy'].includes('compact'),
    compression: type === 'producer' ? undefined : type === 'uncompressed' ? 'none' : type,
    compressionLevel: levels[type],
  }
}

const corrupt = (message: string): never => {
  throw new ProtocolError('CORRUPT_MESSAGE', message)
}
const invalid = (message: string): never => {
  throw new InvalidRecords('INVALID_RECORD', message)
}

/** The batch at `position`, if it is whole and of version 2; throws CORRUPT_MESSAGE or UNSUPPORTED_FOR_MESSAGE_FORMAT. */
export function wholeBatch(bytes: Buffer, position: number): RecordBatch {
  if (bytes.length - position < batchHeaderBytes) corrupt(`${bytes.length - position} bytes are too few for a batch`)
  const batch = RecordBatch.at(bytes, position)
  const { magic, sizeInBytes } = batch
  if (magic < 2)
    throw new ProtocolError(
      'UNSUPPORTED_FOR_MESSAGE_FORMAT',
      `message format ${magic} is not taken any more, only version 2`,
    )
  if (magic !== 2) corrupt(`message format ${magic} is not known`)
  if (sizeInBytes < batchHeaderBytes || position + sizeInBytes > bytes.length)
    corrupt(`a batch says it has ${sizeInBytes} bytes`)
  return batch
}

/**
 * Everything that a client's batch must be before it may be appended. Looks at the header and reads the bytes once for the
 * checksum; records are decoded only where the topic is compacted, whose records need keys. Kafka decodes all of
 * them; what that would find (a count or an offset inside that is wrong) is found by whoever reads them.
 */
export function checkClientBatch(bytes: Buffer, rules: AppendRules, nowMs: number, name: string): RecordBatch {
  const batch = wholeBatch(bytes, 0)
  const { sizeInBytes } = batch
  if (sizeInBytes !== bytes.length) invalid(`one batch per partition, ${bytes.length - sizeInBytes} bytes follow it`)
  if (sizeInBytes > rules.maxMessageBytes) {
    throw new ProtocolError(
      'MESSAGE_TOO_LARGE',
      `a batch of ${sizeInBytes} bytes for ${name}, max.message.bytes is ${rules.maxMessageBytes}`,
    )
  }
  if (!batch.isCrcValid()) corrupt(`the checksum of a batch for ${name} is wrong`)
  const { recordCount, lastOffsetDelta } = batch
  if (recordCount <= 0) invalid(`a batch of ${recordCount} records`)
  if (lastOffsetDelta !== recordCount - 1)
    invalid(`a batch of ${recordCount} records whose last offset delta is ${lastOffsetDelta}`)
  if (batch.codec >= compressionNames.length)
    throw new ProtocolError('UNSUPPORTED_COMPRESSION_TYPE', `codec ${batch.codec} is not known`)
  if (batch.isControl) invalid('clients may not write control records')
  if (batch.producerId >= 0 && batch.baseSequence < 0)
    invalid(`sequence ${batch.baseSequence} with producer id ${batch.producerId}`)
  checkTimestamps(batch, rules, nowMs)
  if (rules.compacted) checkKeys(batch, name)
  return batch
}

function checkTimestamps(batch: RecordBatch, rules: AppendRules, nowMs: number): void {
  if (rules.logAppendTime) return
  if (batch.timestampType === 'LogAppendTime')
    throw new InvalidRecords('INVALID_TIMESTAMP', 'producers may not set LogAppendTime')
  const { maxTimestamp, baseTimestamp } = batch
  const latest = nowMs + rules.timestampAfterMaxMs
  const earliest = nowMs - rules.timestampBeforeMaxMs
  const wrong =
    maxTimestamp > latest ? maxTimestamp : baseTimestamp < earliest && baseTimestamp !== -1 ? baseTimestamp : undefined
  if (wrong !== undefined) {
    throw new InvalidRecords('INVALID_TIMESTAMP', `timestamp ${wrong} lies outside ${earliest} to ${latest}`)
  }
}

function checkKeys(batch: RecordBatch, name: string): void {
  const faults: RecordFault[] = []
  let batchIndex = 0
  try {
    for (const record of batch.records()) {
      if (record.key === null) faults.push({ batchIndex, message: `${name} is compacted: a record needs a key` })
      batchIndex++
    }
  } catch (error) {
    if (!isKnownError(error)) throw error
    corrupt(error.message)
  }
  if (faults.length > 0)
    throw new InvalidRecords(
      'INVALID_RECORD',
      `${faults.length} records without a key for ${name}, which is compacted`,
      faults,
    )
}

/** Whether a batch must be packed anew for the topic; control batches stay as they are. */
export const needsRecompression = (batch: RecordBatch, rules: AppendRules): boolean =>
  rules.compression !== undefined && codecId(rules.compression) !== batch.codec && !batch.isControl
