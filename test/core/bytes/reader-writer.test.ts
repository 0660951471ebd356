import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { Reader } from '#core/bytes/reader.ts'
import { Writer } from '#core/bytes/writer.ts'

const written = (write: (writer: Writer) => void): Buffer => {
  const writer = new Writer(8)
  write(writer)
  return Buffer.concat(writer.finish())
}

const reader = (hex: string): Reader => new Reader(Buffer.from(hex, 'hex'))

describe('numbers', () => {
  it.each([
    [0, '0000000000000000'],
    [-1, 'ffffffffffffffff'],
    [2 ** 32, '0000000100000000'],
    [-(2 ** 32) - 1, 'fffffffeffffffff'],
    [Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
    [Number.MIN_SAFE_INTEGER, 'ffe0000000000001'],
  ])('int64 %d is %s', (value, hex) => {
    expect(written((w) => w.int64(value)).toString('hex')).toBe(hex)
    expect(reader(hex).int64()).toBe(value)
    expect(reader(hex).wideInt64()).toBe(BigInt(value))
  })

  it.each(['7fffffffffffffff', '8000000000000000', '0020000000000000', 'ffe0000000000000'])(
    'int64 %s is beyond what a number holds exactly',
    (hex) => {
      expect(() => reader(hex).int64()).toThrow('outside the range of exact numbers')
      const sign = hex < '8' ? 1 : -1
      expect(reader(hex).saturatedInt64()).toBe(sign * Number.MAX_SAFE_INTEGER)
      const wide = reader(hex).wideInt64()
      expect(written((w) => w.wideInt64(wide)).toString('hex')).toBe(hex)
    },
  )

  it('come back as they went, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.nat({ max: 0xffffffff }),
        fc.maxSafeInteger(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.double(),
        (int32, uint32, int64, wide, float64) => {
          const bytes = written((w) => {
            w.int8(int32 >> 24)
            w.int16(int32 >> 16)
            w.uint16(uint32 & 0xffff)
            w.int32(int32)
            w.uint32(uint32)
            w.int64(int64)
            w.wideInt64(wide)
            w.float64(float64)
            w.varint(int32)
            w.uvarint(uint32)
          })
          const r = new Reader(bytes)
          expect([r.int8(), r.int16(), r.uint16(), r.int32(), r.uint32()]).toEqual([
            int32 >> 24,
            int32 >> 16,
            uint32 & 0xffff,
            int32,
            uint32,
          ])
          expect([r.int64(), r.wideInt64(), r.float64(), r.varint(), r.uvarint()]).toEqual([
            int64,
            wide,
            float64,
            int32,
            uint32,
          ])
          expect(r.remaining).toBe(0)
        },
      ),
    )
  })

  it.each([
    ['int8', 128],
    ['int16', -32769],
    ['uint16', -1],
    ['int32', 2 ** 31],
    ['uint32', -1],
    ['int64', 2 ** 53],
    ['int32', Number.NaN],
  ] as const)('%s refuses %d', (type, value) => {
    expect(() => written((w) => w[type](value))).toThrow(`${value} is not an ${type}`)
  })

  it.each([
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [0xffffffff, 'ffffffff0f'],
  ])('the varint of %d is %s', (value, hex) => {
    expect(written((w) => w.uvarint(value)).toString('hex')).toBe(hex)
    expect(reader(hex).uvarint()).toBe(value)
  })

  it('a varint ends after five bytes, and not before its last', () => {
    expect(() => reader('ffffffffff01').uvarint()).toThrow('longer than 5 bytes')
    expect(() => reader('80').uvarint()).toThrow('2 bytes wanted at 0, but only 1 are left')
    expect(() => reader('').uvarint()).toThrow('1 bytes wanted')
  })
})

describe('texts and bytes', () => {
  it('come back as they went, whatever they are', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: 'grapheme', minLength: 20, maxLength: 150 }),
      fc.constantFrom(
        'x'.repeat(126),
        'x'.repeat(127),
        'x'.repeat(128),
        'é'.repeat(63),
        'é'.repeat(64),
        '€'.repeat(43),
      ),
    )
    fc.assert(
      fc.property(text, fc.uint8Array({ maxLength: 300 }), (string, uint8) => {
        const whole = Buffer.from(string).toString()
        const bytes = written((w) => {
          w.string(string)
          w.compactString(string)
          w.bytes(uint8)
          w.compactBytes(uint8)
        })
        const r = new Reader(bytes)
        expect([r.string(), r.compactString()]).toEqual([whole, whole])
        expect([r.bytes(), r.compactBytes()].map((each) => [...each])).toEqual([[...uint8], [...uint8]])
        expect(r.remaining).toBe(0)
      }),
    )
  })

  it('null is -1, or 0 where lengths are one more', () => {
    const bytes = written((w) => {
      w.nullableString(null)
      w.compactNullableString(null)
      w.nullableBytes(null)
      w.compactNullableBytes(null)
      w.nullableRecords(null)
      w.compactNullableRecords(null)
    })
    expect(bytes.toString('hex')).toBe('ffff' + '00' + 'ffffffff' + '00' + 'ffffffff' + '00')
    const r = new Reader(bytes)
    expect([r.nullableString(), r.compactNullableString(), r.nullableBytes(), r.compactNullableBytes()]).toEqual([
      null,
      null,
      null,
      null,
    ])
    expect(() => reader('ffff').string()).toThrow('null where a value is required')
    expect(() => reader('00').compactBytes()).toThrow('null where a value is required')
  })

  it('malformed UTF-8 becomes replacement characters, as in Java', () => {
    expect(reader('0003' + '61ff62').string()).toBe('a\ufffdb')
  })

  it('a uuid is text of 22 characters', () => {
    const bytes = written((w) => {
      w.uuid('AAAAAAAAAAAAAAAAAAAAAA')
      w.uuid('AAAAAAAAAAAAAAAAAAAAAQ')
      w.uuid('_-8BAgMEBQYHCAkKCwwNDg')
    })
    expect(bytes.toString('hex')).toBe('0'.repeat(32) + '0'.repeat(31) + '1' + 'ffef0102030405060708090a0b0c0d0e')
    const r = new Reader(bytes)
    expect([r.uuid(), r.uuid(), r.uuid()]).toEqual([
      'AAAAAAAAAAAAAAAAAAAAAA',
      'AAAAAAAAAAAAAAAAAAAAAQ',
      '_-8BAgMEBQYHCAkKCwwNDg',
    ])
    expect(() => written((w) => w.uuid('too short'))).toThrow('is not a uuid')
    expect(() => written((w) => w.uuid('AAAAAAAAAAA!AAAAAAAAAA'))).toThrow('is not a uuid')
  })
})

describe('the writer', () => {
  it('lets large records through without a copy', () => {
    const small = Buffer.alloc(100, 1)
    const large = Buffer.alloc(5000, 2)
    const writer = new Writer(16)
    writer.int8(1)
    writer.compactRecords([small, large, small])
    writer.int8(3)
    const chunks = writer.finish()
    expect(chunks).toContain(large)
    expect(Buffer.concat(chunks)).toEqual(
      Buffer.concat([Buffer.from('01d128', 'hex'), small, large, small, Buffer.of(3)]),
    )
  })

  it('never touches again what it has handed out', () => {
    const writer = new Writer(64)
    const frames: { readonly chunks: Buffer[]; readonly hex: string }[] = []
    for (let i = 0; i < 200; i++) {
      const chunks = writer.frame((w) => {
        w.string('x'.repeat(i))
        if (i % 7 === 0) w.nullableRecords(Buffer.alloc(2000, i))
        w.int32(i)
      })
      frames.push({ chunks, hex: Buffer.concat(chunks).toString('hex') })
    }
    for (const { chunks, hex } of frames) {
      const bytes = Buffer.concat(chunks)
      expect(bytes.toString('hex')).toBe(hex)
      expect(bytes.readInt32BE(0)).toBe(bytes.length - 4)
    }
  })

  it.each([0, 1, 127, 128, 16_383, 16_384, 100_000])('puts a size before %d bytes written after it', (size) => {
    const bytes = written((w) => {
      w.int8(9)
      const mark = w.beginSized()
      w.raw(Buffer.alloc(size, 7))
      w.endSized(mark)
      w.int8(9)
    })
    const r = new Reader(bytes)
    expect([r.int8(), r.uvarint()]).toEqual([9, size])
    expect(r.view(size).equals(Buffer.alloc(size, 7))).toBe(true)
    expect([r.int8(), r.remaining]).toEqual([9, 0])
  })
})
