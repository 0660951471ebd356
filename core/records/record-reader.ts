import { readVarint, readVarlong, type VarintCursor } from '#core/bytes/varint.ts'
import type { RecordBatch } from '#core/records/batch.ts'
import { recordErrors } from '#core/records/errors.ts'
import { noHeaders, type Header, type LogRecord } from '#core/records/record.ts'

/** One record on the bytes of its batch; headers are decoded when first asked for. */
class StoredRecord implements LogRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  #headers: readonly Header[] | undefined
  readonly #bytes: Buffer
  readonly #headersAt: number
  readonly #headersEnd: number

  constructor(
    offset: number,
    timestamp: number,
    key: Buffer | null,
    value: Buffer | null,
    bytes: Buffer,
    headersAt: number,
    headersEnd: number,
  ) {
    this.offset = offset
    this.timestamp = timestamp
    this.key = key
    this.value = value
    this.#bytes = bytes
    this.#headersAt = headersAt
    this.#headersEnd = headersEnd
  }

  get headers(): readonly Header[] {
    return (this.#headers ??= readHeaders(this.#bytes, this.#headersAt, this.#headersEnd, this.offset))
  }
}

/** A record without headers, which most are: four fields and no more. */
class PlainRecord implements LogRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null

  constructor(offset: number, timestamp: number, key: Buffer | null, value: Buffer | null) {
    this.offset = offset
    this.timestamp = timestamp
    this.key = key
    this.value = value
  }

  get headers(): readonly Header[] {
    return noHeaders
  }
}

function readHeaders(bytes: Buffer, at: number, end: number, offset: number): Header[] {
  const cursor = { bytes, position: at }
  const slice = (size: number): Buffer => {
    const from = cursor.position
    if (size < 0 || size > end - from) throw new RangeError(`a header field of ${size} bytes`)
    return bytes.subarray(from, (cursor.position = from + size))
  }
  try {
    const count = readVarint(cursor)
    // A header takes two bytes or more, so a count that cannot fit is known before memory is taken for it.
    if (count < 0 || count * 2 > end - cursor.position) throw new RangeError(`${count} headers`)
    const headers: Header[] = []
    for (let i = 0; i < count; i++) {
      const key = slice(readVarint(cursor)).toString('utf8')
      const size = readVarint(cursor)
      headers.push({ key, value: size < 0 ? null : slice(size) })
    }
    return headers
  } catch (error) {
    throw recordErrors.RECORDS_CORRUPT({ offset, problem: (error as Error).message }, error)
  }
}

/**
 * Decodes the records of a batch one by one. Written as an iterator by hand: it is the innermost loop of every consumer.
 */
export class RecordReader implements IterableIterator<LogRecord>, VarintCursor {
  readonly bytes: Buffer
  position: number
  readonly #end: number
  readonly #baseOffset: number
  readonly #baseTimestamp: number
  /** The one timestamp of all records under LogAppendTime, else undefined. */
  readonly #appendTime: number | undefined
  #left: number

  constructor(batch: RecordBatch, bytes: Buffer, start: number, end: number) {
    this.bytes = bytes
    this.position = start
    this.#end = end
    this.#baseOffset = batch.baseOffset
    this.#baseTimestamp = batch.baseTimestamp
    this.#appendTime = batch.timestampType === 'LogAppendTime' ? batch.maxTimestamp : undefined
    this.#left = batch.recordCount
    if (this.#left < 0) this.#fail(`${this.#left} records`)
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<LogRecord, undefined> {
    if (this.#left === 0) {
      if (this.position !== this.#end) this.#fail(`${this.#end - this.position} bytes after the last record`)
      return { done: true, value: undefined }
    }
    this.#left--
    try {
      return { done: false, value: this.#read() }
    } catch (error) {
      return this.#fail((error as Error).message, error)
    }
  }

  #read(): LogRecord {
    const { bytes } = this
    const size = readVarint(this)
    const end = this.position + size
    if (size < 0 || end > this.#end) throw new RangeError(`a record of ${size} bytes`)
    this.position++ // attributes, of which none is defined
    const timestampDelta = readVarlong(this)
    const offset = this.#baseOffset + readVarint(this)
    const key = this.#field(end)
    const value = this.#field(end)
    const headersAt = this.position
    const timestamp = this.#appendTime ?? this.#baseTimestamp + timestampDelta
    this.position = end
    if (headersAt === end - 1 && bytes[headersAt] === 0) return new PlainRecord(offset, timestamp, key, value)
    if (headersAt >= end) throw new RangeError('a record without a header count')
    return new StoredRecord(offset, timestamp, key, value, bytes, headersAt, end)
  }

  #field(end: number): Buffer | null {
    const size = readVarint(this)
    if (size < 0) return null
    const from = this.position
    if (size > end - from) throw new RangeError(`a field of ${size} bytes`)
    return this.bytes.subarray(from, (this.position = from + size))
  }

  #fail(problem: string, cause?: unknown): never {
    throw recordErrors.RECORDS_CORRUPT({ offset: this.#baseOffset, problem }, cause)
  }
}
