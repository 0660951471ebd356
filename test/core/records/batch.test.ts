import { describe, expect, it } from 'vitest'

import { BatchBuilder, recordSizeBound } from '#core/records/batch-builder.ts'
import { batches, RecordBatch } from '#core/records/batch.ts'
import { compressionNames } from '#core/records/compression/index.ts'
import type { Header } from '#core/records/record.ts'
import { noHeaders } from '#core/records/record.ts'

type Plain = readonly [
  timestamp: number,
  key: string | null,
  value: string | null,
  headers: readonly (readonly [string, string | null])[],
]

const samples: readonly Plain[] = [
  [1_700_000_000_000, 'key', 'value', []],
  [
    1_700_000_000_005,
    null,
    'no key',
    [
      ['trace', 'abc'],
      ['empty', ''],
      ['none', null],
      ['ключ', 'ü'],
    ],
  ],
  [1_699_999_999_000, 'tombstone', null, []],
  [1_700_000_000_000, '', '', []],
  [1_700_000_009_999, 'large', 'x'.repeat(70_000), []],
]

const bytes = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text))
const headersOf = (headers: Plain[3]): Header[] => headers.map(([key, value]) => ({ key, value: bytes(value) }))

function build(options: ConstructorParameters<typeof BatchBuilder>[0] = {}): Buffer {
  const builder = new BatchBuilder(options)
  for (const [timestamp, key, value, headers] of samples)
    builder.append(timestamp, bytes(key), bytes(value), headersOf(headers))
  return builder.build()
}

const plain = (batch: RecordBatch): Plain[] =>
  [...batch.records()].map(({ timestamp, key, value, headers }) => [
    timestamp,
    key?.toString() ?? null,
    value?.toString() ?? null,
    headers.map((header) => [header.key, header.value === null ? null : Buffer.from(header.value).toString()]),
  ])

describe('a record batch', () => {
  it.each(compressionNames)('keeps its records with compression %s', (compression) => {
    const batch = RecordBatch.at(build({ compression, baseOffset: 40 }))
    expect(batch.isCrcValid()).toBe(true)
    expect(batch.compression).toBe(compression)
    expect(plain(batch)).toEqual(samples)
    expect([...batch.records()].map((record) => record.offset)).toEqual([40, 41, 42, 43, 44])
    expect([batch.baseTimestamp, batch.maxTimestamp]).toEqual([samples[0]![0], samples[4]![0]])
    expect([batch.recordCount, batch.lastOffsetDelta, batch.lastOffset]).toEqual([5, 4, 44])
  })

  it('says who sent it, and wraps sequences after 2^31-1', () => {
    const batch = RecordBatch.at(
      build({ producerId: 2 ** 40 + 1, producerEpoch: 3, baseSequence: 0x7ffffffe, isTransactional: true }),
    )
    expect([batch.producerId, batch.producerEpoch, batch.baseSequence, batch.lastSequence]).toEqual([
      2 ** 40 + 1,
      3,
      0x7ffffffe,
      2,
    ])
    expect([batch.isTransactional, batch.isControl, batch.timestampType]).toEqual([true, false, 'CreateTime'])
    const plainBatch = RecordBatch.at(build())
    expect([plainBatch.producerId, plainBatch.producerEpoch, plainBatch.baseSequence, plainBatch.lastSequence]).toEqual(
      [-1, -1, -1, -1],
    )
  })

  it('takes offset and leader epoch without a new checksum, and a new one for times and producers', () => {
    const batch = RecordBatch.at(build())
    const { crc } = batch
    batch.setBaseOffset(2 ** 33 + 5)
    batch.setPartitionLeaderEpoch(12)
    expect([batch.baseOffset, batch.partitionLeaderEpoch, batch.crc, batch.isCrcValid()]).toEqual([
      2 ** 33 + 5,
      12,
      crc,
      true,
    ])
    batch.setMaxTimestampAndRecomputeCrc('LogAppendTime', 1_800_000_000_000)
    batch.setProducerAndRecomputeCrc(9, 1, 100)
    expect(batch.isCrcValid()).toBe(true)
    expect(plain(batch).map(([timestamp]) => timestamp)).toEqual(samples.map(() => 1_800_000_000_000))
    expect([batch.producerId, batch.producerEpoch, batch.baseSequence]).toEqual([9, 1, 100])
  })

  it('sees every flipped bit behind the checksum', () => {
    const good = build({ compression: 'none' }).subarray(0)
    for (let at = 21; at < 200; at++) {
      const bad = Buffer.from(good)
      bad[at]! ^= 0x10
      expect(RecordBatch.at(bad).isCrcValid()).toBe(false)
    }
  })

  it('gives views, not copies, and shares the empty header list', () => {
    const buffer = build()
    const [first] = RecordBatch.at(buffer).records()
    expect(first!.key!.buffer).toBe(buffer.buffer)
    expect(first!.headers).toBe(noHeaders)
  })

  it('grows by no more than the bound of each record', () => {
    const builder = new BatchBuilder()
    for (const [timestamp, key, value, headers] of samples) {
      const before = builder.sizeInBytes
      builder.append(timestamp, bytes(key), bytes(value), headersOf(headers))
      expect(builder.sizeInBytes - before).toBeLessThanOrEqual(
        recordSizeBound(bytes(key), bytes(value), headersOf(headers)),
      )
    }
    expect(builder.build().length).toBe(builder.sizeInBytes)
  })
})

describe('a row of batches', () => {
  it('stops at a tail that is cut anywhere', () => {
    const one = build()
    const three = Buffer.concat([one, one, one])
    expect([...batches(three)]).toHaveLength(3)
    for (const cut of [1, 12, 61, 100, one.length - 1, one.length]) {
      expect([...batches(three.subarray(0, three.length - cut))]).toHaveLength(2)
    }
  })

  it('refuses a length that no batch has', () => {
    const bad = build()
    for (const length of [0, -1, 48, -2147483648]) {
      bad.writeInt32BE(length, 8)
      expect(() => [...batches(bad)]).toThrow(/a length of/)
    }
  })
})

describe('damaged records', () => {
  const code = (buffer: Buffer): string => {
    try {
      for (const record of RecordBatch.at(buffer).records()) record.headers.at(0)
      return 'read'
    } catch (error) {
      return (error as { code?: string }).code ?? String(error)
    }
  }

  it('give RECORDS_CORRUPT, whatever byte is wrong', () => {
    const builder = new BatchBuilder()
    for (const [timestamp, key, , headers] of samples)
      builder.append(timestamp, bytes(key), Buffer.from('v'), headersOf(headers))
    const good = builder.build()
    for (let at = 57; at < good.length; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const bad = Buffer.from(good)
        bad[at] = value
        expect(['read', 'RECORDS_CORRUPT']).toContain(code(bad))
      }
    }
  })

  it('of the old formats are named as such', () => {
    const old = build()
    old.writeInt8(1, 16)
    expect(() => RecordBatch.at(old).records()).toThrow('magic 1 instead of 2')
  })
})
