import { errorTable } from '#core/errors/table.ts'
import type { Serde } from '#core/serde/serde.ts'

/** What bytes and values can be refused for. */
export const serdeErrors = errorTable({
  SERDE_LENGTH: {
    retry: 'never',
    message: 'a {type} takes {expected} bytes, got {actual}',
    hint: 'The topic holds another type: check its serde.',
  },
  SERDE_JSON: {
    retry: 'never',
    message: 'a value of topic "{topic}" is not JSON: {problem}',
    hint: 'The topic holds another format: check its serde.',
  },
  SERDE_RANGE: { retry: 'never', message: '{value} does not fit a {type}' },
  SERDE_SCHEMA: { retry: 'never', message: 'a value of topic "{topic}" does not match its schema: {problem}' },
})

const fixed = <T>(
  type: string,
  length: number,
  write: (target: Buffer, value: T) => unknown,
  read: (source: Buffer) => T,
): Serde<T> => ({
  serialize(value) {
    const target = Buffer.allocUnsafe(length)
    try {
      write(target, value)
    } catch (cause) {
      throw serdeErrors.SERDE_RANGE({ value: String(value), type }, cause)
    }
    return target
  },
  deserialize(bytes) {
    if (bytes.length !== length) throw serdeErrors.SERDE_LENGTH({ type, expected: length, actual: bytes.length })
    return read(bytes)
  },
})

const string: Serde<string> = {
  serialize: (value) => Buffer.from(value, 'utf8'),
  deserialize: (bytes) => bytes.toString('utf8'),
}

const bytes: Serde<Buffer> = {
  serialize: (value) => value,
  deserialize: (source) => Buffer.from(source),
}

/** 32-bit signed, big-endian: Kafka's IntegerSerializer. */
const int32 = fixed<number>(
  'int32',
  4,
  (target, value) => target.writeInt32BE(value),
  (source) => source.readInt32BE(),
)
/** 64-bit signed, big-endian, as bigint: Kafka's LongSerializer. */
const int64 = fixed<bigint>(
  'int64',
  8,
  (target, value) => target.writeBigInt64BE(value),
  (source) => source.readBigInt64BE(),
)

/** The same bytes as `int64` for values that a double holds exactly; others are refused rather than rounded. */
const long = fixed<number>(
  'int64',
  8,
  (target, value) => {
    if (!Number.isSafeInteger(value)) throw new RangeError('not a safe integer')
    target.writeInt32BE(Math.floor(value / 0x1_0000_0000), 0)
    target.writeUInt32BE(value >>> 0, 4)
  },
  (source) => {
    const value = source.readInt32BE(0) * 0x1_0000_0000 + source.readUInt32BE(4)
    if (!Number.isSafeInteger(value)) throw serdeErrors.SERDE_RANGE({ value, type: 'safe integer' })
    return value
  },
)
const float64 = fixed<number>(
  'float64',
  8,
  (target, value) => target.writeDoubleBE(value),
  (source) => source.readDoubleBE(),
)

const uuidText = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A UUID as its 36-character text, which is what Kafka's UUIDSerializer writes. */
const uuid: Serde<string> = {
  serialize(value) {
    if (!uuidText.test(value)) throw serdeErrors.SERDE_RANGE({ value, type: 'uuid' })
    return Buffer.from(value, 'latin1')
  },
  deserialize(source) {
    const text = source.toString('latin1')
    if (!uuidText.test(text)) throw serdeErrors.SERDE_RANGE({ value: text, type: 'uuid' })
    return text
  },
}

function json<T = unknown>(): Serde<T> {
  return {
    serialize: (value) => Buffer.from(JSON.stringify(value), 'utf8'),
    deserialize(source, topic = '?') {
      try {
        return JSON.parse(source.toString('utf8')) as T
      } catch (cause) {
        throw serdeErrors.SERDE_JSON({ topic, problem: (cause as Error).message }, cause)
      }
    },
  }
}

/** The serdes that come with the package; `int64` gives bigint, `long` the same bytes as number. */
export const serdes = { string, bytes, json, int32, int64, long, float64, uuid } as const
