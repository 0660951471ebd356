import { isKnownError } from '#core/errors/table.ts'
import type { RecordBatch } from '#core/records/batch.ts'
import type { LogRecord } from '#core/records/record.ts'
import { ProtocolError, type ErrorName } from '#core/wire/errors.ts'

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

/** What the records of a batch must be. */
export interface RecordRules {
  /** The topic is compacted. */
  readonly needsKeys: boolean
  /** Times that records may have, ms. */
  readonly earliest: number
  readonly latest: number
}

/** Timestamp of a record that has none. */
const noTimestamp = -1

const isTimely = (timestamp: number, rules: RecordRules): boolean =>
  timestamp === noTimestamp || (timestamp >= rules.earliest && timestamp <= rules.latest)

/**
 * Decodes every record of a batch that a client sent and holds it to the rules: offsets count up from 0, keys where they are
 * needed, times within the bounds. Returns the largest time. Throws CORRUPT_MESSAGE for bytes that are no records, else
 * INVALID_TIMESTAMP or INVALID_RECORD that name the records.
 */
export function checkRecords(batch: RecordBatch, rules: RecordRules, name: string): number {
  const faults: RecordFault[] = []
  let untimely = false
  let maxTimestamp = noTimestamp
  let batchIndex = 0
  for (const { offset, key, timestamp } of decoded(batch)) {
    const blame = (message: string): number => faults.push({ batchIndex, message })
    if (offset !== batch.baseOffset + batchIndex)
      blame(`offset delta ${offset - batch.baseOffset} instead of ${batchIndex}`)
    if (key === null && rules.needsKeys) blame(`${name} is compacted: a record needs a key`)
    if (!isTimely(timestamp, rules)) {
      untimely = true
      blame(`timestamp ${timestamp} lies outside ${rules.earliest} to ${rules.latest}`)
    }
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    batchIndex++
  }
  if (faults.length > 0) {
    const code = untimely ? 'INVALID_TIMESTAMP' : 'INVALID_RECORD'
    throw new InvalidRecords(
      code,
      `${faults.length} faults in a batch for ${name}, first: ${faults[0]!.message}`,
      faults,
    )
  }
  return maxTimestamp
}

/** The records of a batch, all of them decoded, headers too. */
function decoded(batch: RecordBatch): LogRecord[] {
  try {
    const records = [...batch.records()]
    for (const record of records) void record.headers
    return records
  } catch (error) {
    if (!isKnownError(error)) throw error
    throw new ProtocolError('CORRUPT_MESSAGE', error.message)
  }
}
