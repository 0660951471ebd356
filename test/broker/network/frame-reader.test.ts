import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { BufferPool } from '../../../broker/network/buffer-pool.ts'
import { FrameReader } from '../../../broker/network/frame-reader.ts'

const framed = (payload: Buffer): Buffer => {
  const size = Buffer.alloc(4)
  size.writeInt32BE(payload.length)
  return Buffer.concat([size, payload])
}

function readAll(
  reader: FrameReader,
  chunks: readonly Buffer[],
  admit: (size: number) => boolean = () => true,
): Buffer[] {
  const frames: Buffer[] = []
  for (const chunk of chunks) {
    const cursor = { position: 0 }
    for (;;) {
      const frame = reader.next(chunk, cursor, admit)
      if (frame === undefined) break
      frames.push(Buffer.from(frame))
    }
  }
  return frames
}

describe('frame reader', () => {
  it('finds the same frames however the bytes are cut', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 })
    fc.assert(
      fc.property(payloads, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (given, sizes) => {
        const wanted = given.map((bytes) => Buffer.from(bytes))
        const stream = Buffer.concat(wanted.map(framed))
        const chunks: Buffer[] = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length]!
          chunks.push(stream.subarray(at, at + size))
          at += size
        }
        expect(readAll(new FrameReader(1000, new BufferPool()), chunks)).toEqual(wanted)
      }),
    )
  })

  it('refuses a size before it allocates', () => {
    const size = Buffer.alloc(4)
    size.writeInt32BE(1001)
    expect(() => readAll(new FrameReader(1000, new BufferPool()), [size])).toThrow(RangeError)
    expect(() => readAll(new FrameReader(1000, new BufferPool()), [Buffer.from([0xff, 0xff, 0xff, 0xff])])).toThrow(
      RangeError,
    )
  })

  it('waits behind the size field until a large frame is admitted', () => {
    const payload = Buffer.alloc(500, 7)
    const chunk = framed(payload).subarray(0, 100)
    const rest = framed(payload).subarray(100)
    const reader = new FrameReader(1000, new BufferPool())
    const cursor = { position: 0 }
    expect(reader.next(chunk, cursor, () => false)).toBeUndefined()
    expect(cursor.position).toBe(4)
    expect(reader.next(chunk, cursor, () => true)).toBeUndefined()
    expect(reader.next(rest, { position: 0 }, () => true)).toEqual(payload)
  })
})
