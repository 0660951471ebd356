import { RecordBatch } from '#core/records/batch.ts'
import { codecId, compressionNames, type CompressionName } from '#core/records/compression/index.ts'
import { batchHeaderBytes } from '#core/records/layout.ts'
import { recompress } from '#core/records/recompress.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import type { TopicConfig } from './config.ts'
import { checkRecords, InvalidRecords, type RecordFault } from './record-checks.ts'

export { InvalidRecords, type RecordFault }

/** The settings that decide what a client may append, taken out of the topic's settings once. */
export interface AppendRules {
  readonly maxMessageBytes: number
  readonly logAppendTime: boolean
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
  readonly compacted: boolean
  /** Records are decoded and checked one by one. */
  readonly checksRecords: boolean
  /** The codec to store in; undefined keeps the client's. */
  readonly compression: CompressionName | undefined
  readonly compressionLevel: number | undefined
}

/** Worked out when the settings change, so that an append looks nothing up by name. */
export function appendRules(config: TopicConfig): AppendRules {
  const type = config['compression.type']
  const compacted = config['cleanup.policy'].includes('compact')
  const levels: Partial<Record<string, number>> = {
    gzip: config['compression.gzip.level'],
    zstd: config['compression.zstd.level'],
  }
  return {
    maxMessageBytes: config['max.message.bytes'],
    logAppendTime: config['message.timestamp.type'] === 'LogAppendTime',
    timestampBeforeMaxMs: config['message.timestamp.before.max.ms'],
    timestampAfterMaxMs: config['message.timestamp.after.max.ms'],
    compacted,
    // A header says when the first and the newest record were made; the oldest may be any of them.
    checksRecords:
      compacted ||
      config['millrace.validate.records'] ||
      config['message.timestamp.before.max.ms'] < Number.MAX_SAFE_INTEGER,
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

const tooLarge = (sizeInBytes: number, rules: AppendRules, name: string): ProtocolError =>
  new ProtocolError(
    'MESSAGE_TOO_LARGE',
    `a batch of ${sizeInBytes} bytes for ${name}, max.message.bytes is ${rules.maxMessageBytes}`,
  )

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
 * checksum. Records are decoded where the topic is compacted, where it bounds how old they may be, and where
 * millrace.validate.records asks for it. Kafka decodes all of them always; what that would find (a count or an offset
 * inside that is wrong) is found by whoever reads them.
 */
export function checkClientBatch(bytes: Buffer, rules: AppendRules, nowMs: number, name: string): RecordBatch {
  const batch = wholeBatch(bytes, 0)
  const { sizeInBytes } = batch
  if (sizeInBytes !== bytes.length) invalid(`one batch per partition, ${bytes.length - sizeInBytes} bytes follow it`)
  if (sizeInBytes > rules.maxMessageBytes) {
    throw tooLarge(sizeInBytes, rules, name)
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
  checkTimes(batch, rules, nowMs, name)
  return batch
}

function checkTimes(batch: RecordBatch, rules: AppendRules, nowMs: number, name: string): void {
  if (!rules.logAppendTime && batch.timestampType === 'LogAppendTime')
    throw new InvalidRecords('INVALID_TIMESTAMP', 'producers may not set LogAppendTime')
  // With the broker's own times those of the client do not count.
  const earliest = rules.logAppendTime ? Number.NEGATIVE_INFINITY : nowMs - rules.timestampBeforeMaxMs
  const latest = rules.logAppendTime ? Number.POSITIVE_INFINITY : nowMs + rules.timestampAfterMaxMs
  const { maxTimestamp } = batch
  const late = maxTimestamp > latest
  // Only what is refused anyway is decoded for it, to name the records.
  if (!rules.checksRecords && !late) return
  const newest = checkRecords(batch, { needsKeys: rules.compacted, earliest, latest }, name)
  if (late) throw new InvalidRecords('INVALID_TIMESTAMP', `timestamp ${maxTimestamp} is later than ${latest}`)
  // Some clients do not tell the newest time; look-ups go by it. The bytes are the request's own and read by nobody else.
  if (newest !== maxTimestamp) batch.setMaxTimestampAndRecomputeCrc(batch.timestampType, newest)
}

/** Whether a batch must be packed anew for the topic; control batches stay as they are. */
export const needsRecompression = (batch: RecordBatch, rules: AppendRules): boolean =>
  rules.compression !== undefined && codecId(rules.compression) !== batch.codec && !batch.isControl

/** The batch packed as the topic wants it. Throws CORRUPT_MESSAGE for bytes that cannot be unpacked, and MESSAGE_TOO_LARGE. */
export function recompressed(batch: RecordBatch, rules: AppendRules, name: string): Buffer {
  let bytes: Buffer
  try {
    bytes = recompress(batch, rules.compression!, rules.compressionLevel)
  } catch (error) {
    return corrupt(`a batch for ${name}: ${(error as Error).message}`)
  }
  if (bytes.length > rules.maxMessageBytes) throw tooLarge(bytes.length, rules, name)
  return bytes
}
