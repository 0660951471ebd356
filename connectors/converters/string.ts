import { isUtf8 } from 'node:buffer'

import { defineConfig, string } from '#core/config/define.ts'

import type { Converter, ConverterPlugin } from '../api/converter.ts'
import { optional, schemas } from '../api/schema.ts'
import { charset } from './charset.ts'
import { javaText } from './java-text.ts'

const config = defineConfig({
  'converter.encoding': string({
    doc: 'Character set of the text in the topic.',
    default: 'UTF-8',
    importance: 'high',
  }),
})

const schema = optional(schemas.string)

/** Text as it is; anything else as Java would print it. Nothing of a schema travels. */
export const stringConverter: ConverterPlugin = {
  names: ['org.apache.kafka.connect.storage.StringConverter', 'StringConverter', 'String'],
  create(raw): Converter {
    const encoding = config.parse(raw, 'StringConverter')['converter.encoding']
    const { encode, decode } = charset(encoding)
    const isPlainUtf8 = /^utf-?8$/i.test(encoding)
    return {
      fromConnect(_topic, of, value) {
        if (value === null || value === undefined) return null
        if (isPlainUtf8 && of?.type === 'string' && value instanceof Uint8Array && isUtf8(value)) {
          return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.length)
        }
        return encode(typeof value === 'string' ? value : javaText(value, of))
      },
      toConnect: (_topic, bytes) => ({ schema, value: bytes === null ? null : decode(bytes) }),
    }
  },
}
