import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { serdes } from '../../../core/index.ts'
import { Change } from '../../../streams/record.ts'
import { changeSerde } from '../../../streams/state/change-serde.ts'
import {
  combinedKeySerde,
  foreignKeyPrefix,
  instruction,
  responseSerde,
  subscriptionSerde,
} from '../../../streams/state/foreign-key-format.ts'
import type { Instruction } from '../../../streams/state/foreign-key-format.ts'
import { murmur3Hash128 } from '../../../streams/state/murmur3.ts'

const text = serdes.string
const hex = (bytes: Buffer): string => bytes.toString('hex')
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((each) => Buffer.from(each))

describe('formats that Kafka Streams shares', () => {
  it('hashes values of any length as it does', () => {
    // Recorded from its own foreign-key joins.
    const recorded = [
      ['xxx0', '2f4f9d3e5922a2bbfed6308627e75dcc'],
      ['xxxxxxx1', 'e3ca0af21902719ec3b631f157723039'],
      ['xxxxxxxx2', '2b3dbabea0c80e8f7152b1ca333d127b'],
      ['éééééééé2', '045a5e6a42aeb4fa42dc87de25203af1'],
      ['xxxxxxxxxxxxxxx4', '22d282bf6c68ecc3e840ab55a6d624f5'],
      ['xxxxxxxxxxxxxxxxxxxxxxx7', '8848ecd61ae96a4d29fd01861007aa4f'],
      ['xxxxxxxxxxxxxxxxxxxxxxxx8', '710eefe3e3d8be74847894e3535d819f'],
      ['xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx10', '818c22d50b35ce3efbfabdf3334b046a'],
      [`${'x'.repeat(100)}16`, '1f05ce07b1be7848ac08f9ef9a47fae6'],
    ] as const
    for (const [value, hash] of recorded)
      expect([value, hex(murmur3Hash128(Buffer.from(value)))]).toEqual([value, hash])
  })

  it('writes subscriptions and answers byte for byte', () => {
    const hash = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
    const subscription = { hash, instruction: instruction.propagateOnlyIfRow, primaryKey: 'k', primaryPartition: 7 }
    expect(hex(subscriptionSerde(text).serialize(subscription))).toBe(`0103${hex(hash)}6b00000007`)
    expect(hex(subscriptionSerde(text).serialize({ ...subscription, hash: null }))).toBe('81036b00000007')
    const response = { hash, value: 'row', primaryPartition: 7 }
    expect(hex(responseSerde(text).serialize(response))).toBe(`00${hex(hash)}726f77`)
    expect(hex(responseSerde(text).serialize({ ...response, hash: null, value: null }))).toBe('80')
    expect(hex(combinedKeySerde(text, text).serialize({ foreignKey: 'f0', primaryKey: 'k' }))).toBe('0000000266306b')
  })

  it('reads what it has written', () => {
    const subscriptions = fc.record({
      hash: fc.option(bytes(16)),
      instruction: fc.constantFrom<Instruction>(0, 1, 2, 3),
      primaryKey: fc.string(),
      primaryPartition: fc.nat(),
    })
    const answers = fc.record({
      hash: fc.option(bytes(16)),
      value: fc.option(fc.string({ minLength: 1 })),
      primaryPartition: fc.constant(undefined),
    })
    const keys = fc.record({ foreignKey: fc.string(), primaryKey: fc.string() })
    fc.assert(
      fc.property(subscriptions, answers, keys, (subscription, answer, key) => {
        const [one, two, three] = [subscriptionSerde(text), responseSerde(text), combinedKeySerde(text, text)]
        expect(one.deserialize(one.serialize(subscription))).toEqual(subscription)
        expect(two.deserialize(two.serialize(answer))).toEqual(answer)
        expect(three.deserialize(three.serialize(key))).toEqual(key)
        const prefix = foreignKeyPrefix(text).serialize(key.foreignKey)
        expect(three.serialize(key).subarray(0, prefix.length)).toEqual(prefix)
      }),
    )
  })

  it('reads subscriptions of the version before, which had no partition', () => {
    expect(subscriptionSerde(text).deserialize(Buffer.from('80016b', 'hex'))).toEqual({
      hash: null,
      instruction: instruction.deleteKeyAndPropagate,
      primaryKey: 'k',
      primaryPartition: 0,
    })
    expect(() => subscriptionSerde(text).deserialize(Buffer.from('02016b', 'hex'))).toThrow('version 2')
  })

  it('writes changes with new, old or both values', () => {
    const serde = changeSerde(text)
    expect(hex(serde.serialize(new Change<string>('new', null)))).toBe('6e657701')
    expect(hex(serde.serialize(new Change<string>(null, 'old')))).toBe('6f6c6400')
    expect(hex(serde.serialize(new Change('new', 'old')))).toBe('066e65776f6c6402')
    expect(() => serde.serialize(new Change<string>(null, null))).toThrow('without old and new')
    const sides = fc.tuple(fc.option(fc.string()), fc.option(fc.string())).filter(([a, b]) => a !== null || b !== null)
    fc.assert(
      fc.property(sides, ([newValue, oldValue]) => {
        expect(serde.deserialize(serde.serialize(new Change(newValue, oldValue)))).toEqual(
          new Change(newValue, oldValue),
        )
      }),
    )
  })

  it('reads changes of versioned tables', () => {
    expect(changeSerde(text).deserialize(Buffer.from('6e65770004', 'hex'))).toEqual(
      new Change<string>('new', null, false),
    )
    expect(changeSerde(text).deserialize(Buffer.from('6e65770104', 'hex'))).toEqual(
      new Change<string>('new', null, true),
    )
    expect(() => changeSerde(text).deserialize(Buffer.from('6e6509', 'hex'))).toThrow('no kind of change')
  })
})
