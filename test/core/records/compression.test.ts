import { gzipSync } from 'node:zlib'
import { compressSync } from 'snappy'
import { describe, expect, it } from 'vitest'

import { codecId, compress, compressionNames, decompress } from '#core/records/compression/index.ts'
import { seededRandom } from '#core/ports/random.ts'

const code = (codec: number, bytes: Buffer, maxBytes?: number): string => {
  try {
    decompress(codec, bytes, maxBytes)
    return 'unpacked'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe.each(compressionNames.filter((name) => name !== 'none'))('%s', (name) => {
  const id = codecId(name)
  const text = Buffer.from('{"level":"info","message":"started"}\n'.repeat(5000))

  it('gives back what it took, of any size', () => {
    const noise = seededRandom(1).bytes(200_000)
    for (const input of [Buffer.alloc(0), Buffer.from('x'), text, noise]) {
      expect(decompress(id, compress(name, input)).equals(input)).toBe(true)
    }
    expect(compress(name, text).length).toBeLessThan(text.length / 5)
  })

  it('refuses to unpack more than it may', () => {
    const bomb = compress(name, Buffer.alloc(64 * 1024 * 1024))
    expect(code(id, bomb, 1024 * 1024)).toBe('RECORDS_TOO_LARGE')
    expect(code(id, compress(name, text), text.length)).toBe('unpacked')
    expect(code(id, compress(name, text), text.length - 1)).toBe('RECORDS_TOO_LARGE')
  })

  it('answers damage with its own error', () => {
    const good = compress(name, text)
    const random = seededRandom(2)
    expect(code(id, good.subarray(0, good.length >> 1))).toBe('RECORDS_COMPRESSION_INVALID')
    expect(code(id, random.bytes(100))).toBe('RECORDS_COMPRESSION_INVALID')
    for (let i = 0; i < 300; i++) {
      const bad = Buffer.from(good)
      bad[Math.floor(random.next() * bad.length)]! ^= 1 << Math.floor(random.next() * 8)
      expect(['unpacked', 'RECORDS_COMPRESSION_INVALID', 'RECORDS_TOO_LARGE']).toContain(code(id, bad, text.length * 2))
    }
  })
})

it('reads raw snappy as well as the framed one that it writes', () => {
  const input = Buffer.from('raw '.repeat(100))
  expect(decompress(2, compressSync(input)).equals(input)).toBe(true)
  expect(compress('snappy', input).subarray(0, 8).toString('latin1')).toBe('\x82SNAPPY\0')
})

it('reads gzip of several members', () => {
  expect(decompress(1, Buffer.concat([gzipSync('one '), gzipSync('two')])).toString()).toBe('one two')
})

it('names a codec that does not exist', () => {
  expect(() => decompress(5, Buffer.alloc(1))).toThrow('codec 5 is not known')
})
