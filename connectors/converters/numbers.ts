import type { ConverterPlugin } from '../api/converter.ts'
import { optional, schemas } from '../api/schema.ts'
import type { Schema } from '../api/schema.ts'
import { connectErrors } from '../errors.ts'
import { javaClass } from './java-text.ts'

interface Fixed {
  readonly word: string
  readonly type: Schema
  readonly length: number
  readonly fits: (value: unknown) => boolean
  readonly write: (target: Buffer, value: never) => unknown
  readonly read: (source: Buffer) => unknown
}

const whole = (low: number, high: number) => (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high
const isNumber = (value: unknown): boolean => typeof value === 'number'

/** A converter that writes a number in the fixed big-endian form of Kafka's serializer of the same name. */
function fixed(name: string, form: Fixed): ConverterPlugin {
  const schema = optional(form.type)
  return {
    names: [`org.apache.kafka.connect.converters.${name}Converter`, `${name}Converter`, name],
    create: () => ({
      fromConnect(_topic, of, value) {
        if (value === null || value === undefined) return null
        // An int16 is a number like any other here, but not to Kafka's IntegerSerializer.
        const another = of && of.type !== form.type.type && /int|float/.test(of.type)
        if (another || !form.fits(value)) {
          throw connectErrors.DATA_INVALID({
            problem: `Failed to serialize to ${form.word} (was class ${javaClass(value)}): `,
          })
        }
        const target = Buffer.allocUnsafe(form.length)
        form.write(target, value as never)
        return target
      },
      toConnect(_topic, bytes) {
        if (bytes === null) return { schema, value: null }
        if (bytes.length !== form.length)
          throw connectErrors.DATA_INVALID({ problem: `Failed to deserialize ${form.word}: ` })
        return { schema, value: form.read(bytes) }
      },
    }),
  }
}

const boolean = optional(schemas.boolean)

const booleanConverter: ConverterPlugin = {
  names: ['org.apache.kafka.connect.converters.BooleanConverter', 'BooleanConverter', 'Boolean'],
  create: () => ({
    fromConnect(_topic, schema, value) {
      if (schema && schema.type !== 'boolean') {
        throw connectErrors.DATA_INVALID({
          problem: `Invalid schema type for BooleanConverter: ${schema.type.toUpperCase()}`,
        })
      }
      if (value === null || value === undefined) return null
      if (typeof value !== 'boolean') {
        throw connectErrors.DATA_INVALID({
          problem: `BooleanConverter is not compatible with objects of type class ${javaClass(value)}`,
        })
      }
      return Buffer.of(value ? 1 : 0)
    },
    toConnect(_topic, bytes) {
      if (bytes !== null && (bytes.length !== 1 || bytes[0]! > 1)) {
        throw connectErrors.DATA_INVALID({ problem: 'Failed to deserialize boolean: ' })
      }
      return { schema: boolean, value: bytes === null ? null : bytes[0] === 1 }
    },
  }),
}

/** Kafka's own forms of booleans and numbers. */
export const numberConverters: readonly ConverterPlugin[] = [
  booleanConverter,
  fixed('Short', {
    word: 'short',
    type: schemas.int16,
    length: 2,
    fits: whole(-0x8000, 0x7fff),
    write: (to, value) => to.writeInt16BE(value),
    read: (from) => from.readInt16BE(),
  }),
  fixed('Integer', {
    word: 'integer',
    type: schemas.int32,
    length: 4,
    fits: whole(-0x8000_0000, 0x7fff_ffff),
    write: (to, value) => to.writeInt32BE(value),
    read: (from) => from.readInt32BE(),
  }),
  fixed('Long', {
    word: 'long',
    type: schemas.int64,
    length: 8,
    fits: (value) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
    write: (to, value) => to.writeBigInt64BE(value),
    read: (from) => from.readBigInt64BE(),
  }),
  fixed('Float', {
    word: 'float',
    type: schemas.float32,
    length: 4,
    fits: isNumber,
    write: (to, value) => to.writeFloatBE(value),
    read: (from) => from.readFloatBE(),
  }),
  fixed('Double', {
    word: 'double',
    type: schemas.float64,
    length: 8,
    fits: isNumber,
    write: (to, value) => to.writeDoubleBE(value),
    read: (from) => from.readDoubleBE(),
  }),
]
