import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { readVarint, readVarlong, varintSize, varlongSize, writeVarint, writeVarlong } from '#core/bytes/varint.ts'

describe('varint', () => {
  it('keeps every int32, in as many bytes as it says', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        const bytes = Buffer.alloc(6)
        const end = writeVarint(bytes, 1, value)
        const cursor = { bytes, position: 1 }
        expect(readVarint(cursor)).toBe(value)
        expect(cursor.position).toBe(end)
        expect(varintSize(value)).toBe(end - 1)
      }),
    )
  })

  it('writes what protobuf writes for zigzag', () => {
    const written = (value: number): string => {
      const bytes = Buffer.alloc(10)
      return bytes.subarray(0, writeVarlong(bytes, 0, value)).toString('hex')
    }
    expect([0, -1, 1, -64, 64, 2147483647, -2147483648, Number.MAX_SAFE_INTEGER].map(written)).toEqual([
      '00',
      '01',
      '02',
      '7f',
      '8001',
      'feffffff0f',
      'ffffffff0f',
      'feffffffffffff1f',
    ])
  })

  it('keeps every safe integer, in as many bytes as it says', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const bytes = Buffer.alloc(10)
        const end = writeVarlong(bytes, 0, value)
        expect(readVarlong({ bytes, position: 0 })).toBe(value)
        expect(varlongSize(value)).toBe(end)
      }),
    )
  })

  it('refuses a number that does not end', () => {
    expect(() => readVarint({ bytes: Buffer.alloc(9, 0xff), position: 0 })).toThrow(RangeError)
    expect(() => readVarlong({ bytes: Buffer.alloc(20, 0xff), position: 0 })).toThrow(RangeError)
    expect(() => readVarint({ bytes: Buffer.from([0x80]), position: 0 })).toThrow(RangeError)
    expect(() => readVarlong({ bytes: Buffer.from([]), position: 0 })).toThrow(RangeError)
  })
})
