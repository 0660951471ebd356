import { describe, expect, expectTypeOf, it } from 'vitest'

import {
  api,
  array,
  bytes,
  type Decoded,
  type Encodable,
  int32,
  int64,
  records,
  string,
  structs,
} from '#core/wire/schema.ts'
import { isWithin, versionRange } from '#core/wire/versions.ts'

describe('the language of schemas', () => {
  const example = api({
    key: 1000,
    name: 'Example',
    versions: '1-4',
    flexible: '3+',
    request: {
      name: string({ nullable: '2+' }),
      count: int32({ default: 3 }),
      at: int64({ versions: '2+' }),
      wide: int64({ wide: true, default: 5n }),
      rows: structs({ id: int32(), payload: bytes() }).with({ nullable: '4+', tag: 0 }),
      batch: records({ nullable: '0+' }),
      ids: array(int32()),
    },
    response: {},
  })

  it('readers get every field', () => {
    type Request = Decoded<typeof example.request>
    expectTypeOf<Request['name']>().toEqualTypeOf<string | null>()
    expectTypeOf<Request['count']>().toEqualTypeOf<number>()
    expectTypeOf<Request['at']>().toEqualTypeOf<number>()
    expectTypeOf<Request['wide']>().toEqualTypeOf<bigint>()
    expectTypeOf<Request['rows']>().toEqualTypeOf<readonly { readonly id: number; readonly payload: Buffer }[] | null>()
    expectTypeOf<Request['batch']>().toEqualTypeOf<Buffer | null>()
    expectTypeOf<Request['ids']>().toEqualTypeOf<readonly number[]>()
  })

  it('writers may leave out what has a default or a version', () => {
    type Input = Encodable<typeof example.request>
    const input: Input = { name: null, batch: [Buffer.alloc(1)], ids: [1] }
    expectTypeOf<Decoded<typeof example.request>>().toExtend<Input>()
    expectTypeOf<undefined>().toExtend<Input['at']>()
    // @ts-expect-error: a field without a default is needed
    const without: Input = { name: 'x', batch: null }
    expect([input, without]).toHaveLength(2)
  })

  it('refuses options that it does not know, and defaults of another type', () => {
    // @ts-expect-error: misspelt
    expect(string({ nulable: '2+' }).kind).toBe('string')
    // @ts-expect-error: not a range
    expect(() => string({ versions: 'two' })).toThrow('"two" is not a version range')
    // @ts-expect-error: a default of text
    expect(int32({ default: 'x' }).default).toBe('x')
    // @ts-expect-error: a bigint without wide
    expect(int64({ default: 5n }).default).toBe(5n)
  })

  it.each([
    ['3+', 3, Infinity],
    ['0-12', 0, 12],
    ['7', 7, 7],
  ] as const)('the range %s is %i to %d', (text, low, high) => {
    expect(versionRange(text)).toEqual({ low, high })
    expect([low - 1, low, high, high + 1].map((version) => isWithin(versionRange(text), version))).toEqual([
      false,
      true,
      true,
      high === Infinity,
    ])
  })
})
