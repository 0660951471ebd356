import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { serdes } from '#core/serde/serdes.ts'
import { schemaSerde } from '#core/serde/standard-schema.ts'

describe('serdes', () => {
  it.each([
    ['string', serdes.string, 'añ', '61c3b1'],
    ['int32', serdes.int32, -2, 'fffffffe'],
    ['int64', serdes.int64, -2n, 'fffffffffffffffe'],
    ['long', serdes.long, -2, 'fffffffffffffffe'],
    ['long above 32 bits', serdes.long, 1_700_000_000_000, '0000018bcfe56800'],
    ['float64', serdes.float64, 1.5, '3ff8000000000000'],
    ['json', serdes.json<{ a: number }>(), { a: 1 }, '7b2261223a317d'],
    [
      'uuid',
      serdes.uuid,
      '123e4567-e89b-12d3-a456-426614174000',
      '31323365343536372d653839622d313264332d613435362d343236363134313734303030',
    ],
  ] as const)('%s writes the bytes that Kafka writes and reads them back', (_, serde, value, hex) => {
    const bytes = (serde as { serialize(value: unknown): Buffer }).serialize(value)
    expect(bytes.toString('hex')).toBe(hex)
    expect(serde.deserialize(bytes)).toEqual(value)
  })

  it('says which type was expected when the length is wrong', () => {
    expect(() => serdes.int64.deserialize(Buffer.from('abc'))).toThrow('a int64 takes 8 bytes, got 3')
  })

  it('refuses numbers that would be rounded', () => {
    expect(() => serdes.long.serialize(2 ** 53)).toThrow('does not fit a int64')
    expect(() => serdes.int32.serialize(2 ** 31)).toThrow('does not fit a int32')
  })

  it('names the topic whose value is not JSON', () => {
    expect(() => serdes.json().deserialize(Buffer.from('{'), 'clicks')).toThrow('a value of topic "clicks" is not JSON')
  })
})

describe('a validator as serde', () => {
  const click = schemaSerde(z.object({ page: z.string(), at: z.coerce.number() }))

  it('gives the output type of the schema', () => {
    expect(click.deserialize(Buffer.from('{"page":"/","at":"7"}'))).toEqual({ page: '/', at: 7 })
  })

  it('refuses what does not match, with the path', () => {
    expect(() => click.deserialize(Buffer.from('{"page":1,"at":7}'), 'clicks')).toThrow(/topic "clicks".*page: /)
    expect(() => click.serialize({ page: 1, at: 7 } as never, 'clicks')).toThrow(/page: /)
  })

  it('refuses validators that answer later', () => {
    const slow = schemaSerde(z.string().refine(async () => true))
    expect(() => slow.deserialize(Buffer.from('"x"'))).toThrow(/asynchronous|async/i)
  })
})
