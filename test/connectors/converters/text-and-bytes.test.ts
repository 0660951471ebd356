import { describe, expect, it } from 'vitest'

import { optional, schemas } from '../../../connectors/api/schema.ts'
import { Decimal } from '../../../connectors/api/values.ts'
import { javaDouble, javaFloat, javaText } from '../../../connectors/converters/java-text.ts'
import { createConverter } from '../../../connectors/converters/known.ts'

const string = (config: Record<string, string> = {}) =>
  createConverter('org.apache.kafka.connect.storage.StringConverter', config, false)
const bytes = createConverter('org.apache.kafka.connect.converters.ByteArrayConverter', {}, false)

describe('StringConverter', () => {
  it('passes text, also text that is held as bytes', () => {
    const line = Buffer.from('grün')
    expect(string().fromConnect('t', schemas.string, 'grün')).toEqual(line)
    expect(string().fromConnect('t', schemas.string, line)).toBe(line)
    expect(string().toConnect('t', line)).toEqual({ schema: optional(schemas.string), value: 'grün' })
  })

  it('replaces what is no UTF-8 and no Unicode, as Java does', () => {
    expect(
      string()
        .fromConnect('t', schemas.string, Buffer.from([0x61, 0xff]))!
        .toString(),
    ).toBe('a\ufffd')
    expect(string().fromConnect('t', null, 'a\ud800b')!.toString()).toBe('a?b')
    expect(string().toConnect('t', Buffer.from([0x61, 0xc3])).value).toBe('a\ufffd')
  })

  it.each([
    ['UTF-16', 'fefff6', '\u00f6'.charCodeAt(0)],
    ['UTF-16LE', 'f600', 0xf6],
    ['ISO-8859-1', 'f6', 0xf6],
    ['US-ASCII', '3f', 0x3f],
  ])('speaks %s', (encoding, hex, code) => {
    const converter = string({ 'converter.encoding': encoding })
    const encoded = converter.fromConnect('t', null, 'ö')!
    expect(encoded.toString('hex')).toBe(encoding === 'UTF-16' ? 'feff00f6' : hex)
    expect((converter.toConnect('t', encoded).value as string).charCodeAt(0)).toBe(code)
  })

  it('does not know every encoding', () => {
    expect(() => string({ 'converter.encoding': 'EBCDIC' })).toThrow('Unsupported encoding EBCDIC')
  })

  it('prints other values as Java does', () => {
    const schema = schemas.struct({ a: schemas.float64, b: optional(schemas.string), c: schemas.array(schemas.int32) })
    expect(
      string()
        .fromConnect('t', schema, { a: 1, b: null, c: [1, 2] })!
        .toString(),
    ).toBe('Struct{a=1.0,c=[1, 2]}')
    expect([1e10, 1e-5, 100, 0.1, -0, 1e7, 123456.789].map(javaDouble)).toEqual([
      '1.0E10',
      '1.0E-5',
      '100.0',
      '0.1',
      '-0.0',
      '1.0E7',
      '123456.789',
    ])
    expect([0.1, 16777216, 3.4028235e38].map(javaFloat)).toEqual(['0.1', '1.6777216E7', '3.4028235E38'])
    expect(javaText(new Date(0))).toBe('Thu Jan 01 00:00:00 UTC 1970')
    expect([new Decimal(150n, 2), new Decimal(1n, -3), new Decimal(1n, 7)].map(String)).toEqual([
      '1.50',
      '1E+3',
      '1E-7',
    ])
  })
})

describe('ByteArrayConverter', () => {
  it('passes bytes, also those of text, and nothing else', () => {
    const line = Buffer.from([0x61, 0xff])
    expect(bytes.fromConnect('t', schemas.bytes, line)).toBe(line)
    expect(bytes.fromConnect('t', schemas.string, line)).toBe(line)
    expect(() => bytes.fromConnect('t', schemas.string, 'a')).toThrow(
      /Invalid schema type for ByteArrayConverter: STRING/,
    )
    expect(() => bytes.fromConnect('t', null, 1)).toThrow(/not compatible with objects of type/)
  })
})

describe('converters of numbers', () => {
  it.each([
    ['Short', -2, 'fffe'],
    ['Integer', 1, '00000001'],
    ['Long', -1n, 'ffffffffffffffff'],
    ['Float', 1.5, '3fc00000'],
    ['Double', 1.5, '3ff8000000000000'],
    ['Boolean', true, '01'],
  ])("%s writes what Kafka's serializer writes", (name, value, hex) => {
    const converter = createConverter(`org.apache.kafka.connect.converters.${name}Converter`, {}, false)
    const written = converter.fromConnect('t', null, value)!
    expect(written.toString('hex')).toBe(hex)
    expect(converter.toConnect('t', written).value).toBe(value)
    expect(() => converter.toConnect('t', Buffer.alloc(3))).toThrow(/Failed to deserialize/)
    expect(() => converter.fromConnect('t', null, 'x')).toThrow(/java\.lang\.String/)
  })
})
