import { describe, expect, it } from 'vitest'

import { optional, schemas } from '../../../connectors/api/schema.ts'
import { Decimal, structOf } from '../../../connectors/api/values.ts'
import { createConverter } from '../../../connectors/converters/known.ts'

const json = (config: Record<string, string> = {}) =>
  createConverter('org.apache.kafka.connect.json.JsonConverter', config, false)
const plain = (config: Record<string, string> = {}) => json({ 'schemas.enable': 'false', ...config })
const read = (converter: ReturnType<typeof json>, text: string) => converter.toConnect('t', Buffer.from(text))

const order = schemas.struct(
  {
    id: schemas.int64,
    amount: schemas.decimal(2),
    day: optional(schemas.date),
    at: schemas.timestamp,
    tags: schemas.array(schemas.string),
    counts: schemas.map(schemas.string, schemas.int32),
    codes: schemas.map(schemas.int32, schemas.boolean),
    raw: schemas.bytes,
    ratio: schemas.float32,
  },
  'shop.Order',
)
const value = {
  id: 9007199254740993n,
  amount: new Decimal(-1250n, 2),
  day: new Date(86_400_000 * 19_000),
  at: new Date(1_700_000_000_123),
  tags: ['a', 'b"c'],
  counts: new Map([['x', 1]]),
  codes: new Map([[7, true]]),
  raw: Buffer.from([0, 255]),
  ratio: Math.fround(0.1),
}

describe('the envelope', () => {
  it("is Kafka's, member for member", () => {
    const schema = schemas.struct({ id: schemas.int32, name: optional(schemas.string) }, 'x.Row')
    expect(json().fromConnect('t', schema, { id: 1, name: null })!.toString()).toBe(
      '{"schema":{"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"},' +
        '{"type":"string","optional":true,"field":"name"}],"optional":false,"name":"x.Row"},"payload":{"id":1,"name":null}}',
    )
    expect(json().fromConnect('t', schemas.float64, 1e10)!.toString()).toBe(
      '{"schema":{"type":"double","optional":false},"payload":1.0E10}',
    )
  })

  it('carries every type there and back', () => {
    for (const format of ['BASE64', 'NUMERIC']) {
      const converter = json({ 'decimal.format': format })
      expect(converter.toConnect('t', converter.fromConnect('t', order, value))).toEqual({ schema: order, value })
    }
  })

  it.each(['{"payload":1}', '{"schema":null,"payload":1,"x":0}', '1', '[]'])('refuses %s', (text) => {
    expect(() => read(json(), text)).toThrow(/requires "schema" and "payload" fields/)
  })

  it('reads a schema once and takes it from the cache after that', () => {
    const converter = json()
    const text = '{"schema":{"type":"int8","optional":true},"payload":5}'
    expect(read(converter, text).schema).toBe(read(converter, text).schema)
  })
})

describe('without schemas', () => {
  it('integers are bigints, other numbers numbers, objects plain', () => {
    expect(
      read(plain(), '{"big":12345678901234567,"half":0.5,"list":[1,null,"x"],"__proto__":{"a":true}}').value,
    ).toEqual(
      JSON.parse('{"big":0,"half":0.5,"list":[0,null,"x"],"__proto__":{"a":true}}', (name, each: unknown) =>
        name === 'big' ? 12345678901234567n : each === 0 ? 1n : each,
      ),
    )
  })

  it('writes what it reads', () => {
    const text = '{"a":[1,2.5,"x",null,true],"b":{"c":-9223372036854775808}}'
    expect(plain().fromConnect('t', null, read(plain(), text).value)!.toString()).toBe(text)
  })

  it('maps with other keys than strings become pairs', () => {
    expect(
      plain()
        .fromConnect('t', null, new Map([[1n, 'a']]))!
        .toString(),
    ).toBe('[[1,"a"]]')
  })

  it.each(['{', '{"a":}', '[1,]', 'nul', '"\\x"', '"a\nb"', '1x', "{'a':1}"])('refuses %j', (text) => {
    expect(() => read(plain(), text)).toThrow(/serialization error/)
  })

  it('refuses nesting without end instead of falling over', () => {
    expect(() => read(plain(), '['.repeat(100_000))).toThrow(/serialization error/)
  })

  it('null stays null', () => {
    expect(plain().toConnect('t', null)).toEqual({ schema: null, value: null })
    expect(plain().fromConnect('t', null, null)).toBeNull()
  })
})

describe('values that do not fit', () => {
  it.each([
    [schemas.int8, 300, /Invalid type for INT8/],
    [schemas.int64, 1, /Invalid type for INT64/],
    [schemas.string, 1, /Invalid type for STRING/],
    [schemas.boolean, null, /null value for field that is required/],
    [schemas.decimal(2), new Decimal(1n, 3), /scale/],
    [schemas.date, new Date(1), /time fields/],
    [
      schemas.struct({ a: schemas.int8 }),
      structOf(schemas.struct({ b: schemas.int8 }), { b: 1 }),
      /Mismatching schema/,
    ],
  ])('%j refuses %s', (schema, wrong, message) => {
    expect(() => json().fromConnect('t', schema, wrong)).toThrow(message)
  })

  it('settings that are wrong are named', () => {
    expect(() => json({ 'decimal.format': 'TEXT' })).toThrow(/"decimal.format": expected BASE64 or NUMERIC/)
  })
})
