import type { Converter, ConverterPlugin } from '../api/converter.ts'
import { optional, schemas } from '../api/schema.ts'
import { connectErrors } from '../errors.ts'
import { javaClass } from './java-text.ts'

const schema = optional(schemas.bytes)

const converter: Converter = {
  fromConnect(_topic, of, value) {
    // Text that its source holds as bytes passes: nobody has to decode what another place wants as bytes.
    const textAsBytes = of?.type === 'string' && value instanceof Uint8Array
    if (of && of.type !== 'bytes' && !textAsBytes) {
      throw connectErrors.DATA_INVALID({
        problem: `Invalid schema type for ByteArrayConverter: ${of.type.toUpperCase()}`,
      })
    }
    if (value === null || value === undefined) return null
    if (!(value instanceof Uint8Array)) {
      throw connectErrors.DATA_INVALID({
        problem: `ByteArrayConverter is not compatible with objects of type class ${javaClass(value)}`,
      })
    }
    return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.length)
  },
  toConnect: (_topic, bytes) => ({ schema, value: bytes }),
}

/** Bytes as they are. */
export const byteArrayConverter: ConverterPlugin = {
  names: ['org.apache.kafka.connect.converters.ByteArrayConverter', 'ByteArrayConverter', 'ByteArray'],
  create: () => converter,
}
