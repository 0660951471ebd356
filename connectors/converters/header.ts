import type { Converter, ConverterPlugin } from '../api/converter.ts'
import { optional, schemas } from '../api/schema.ts'
import { javaText } from './java-text.ts'

const schema = optional(schemas.string)

const converter: Converter = {
  fromConnect: (_topic, of, value) => (value === null || value === undefined ? null : Buffer.from(javaText(value, of))),
  toConnect: (_topic, bytes) => ({ schema, value: bytes === null ? null : bytes.toString('utf8') }),
}

/** Headers as text. Kafka's converter of this name also guesses types when reading; here they stay text. */
export const simpleHeaderConverter: ConverterPlugin = {
  names: ['org.apache.kafka.connect.storage.SimpleHeaderConverter', 'SimpleHeaderConverter', 'Simple'],
  create: () => converter,
}
