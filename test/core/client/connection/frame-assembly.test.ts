import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { FrameAssembly } from '#core/client/connection/frame-assembly.ts'

const framed = (payload: Uint8Array): Buffer => {
  const size = Buffer.alloc(4)
  size.writeInt32BE(payload.length)
  return Buffer.concat([size, payload])
}

/** Feeds a stream in reads of the given sizes, or as much as the target takes. */
function feed(assembly: FrameAssembly, stream: Buffer, sizes: readonly number[]): void {
  for (let at = 0, i = 0; at < stream.length; i++) {
    const read = stream.subarray(at, at + sizes[i % sizes.length]!)
    const count = read.copy(assembly.target())
    assembly.received(count)
    at += count
  }
}

describe('frame assembly', () => {
  it('finds the same answers however the stream is cut', () => {
    const payload = fc.oneof(
      { weight: 5, arbitrary: fc.uint8Array({ minLength: 4, maxLength: 60 }) },
      // Around the sizes at which an answer gets memory of its own, or no longer fits one read.
      fc
        .constantFrom(32_767, 32_768, 65_531, 65_532, 65_536, 200_000)
        .map((size) => new Uint8Array(size).fill(size % 251)),
    )
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1000, max: 100_000 })), {
      minLength: 1,
    })
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 6 }), sizes, (payloads, cuts) => {
        const found: Buffer[] = []
        feed(new FrameAssembly(1_000_000, (frame) => found.push(frame)), Buffer.concat(payloads.map(framed)), cuts)
        expect(found.length).toBe(payloads.length)
        found.forEach((frame, index) => expect(Buffer.compare(frame, payloads[index]!)).toBe(0))
      }),
      { numRuns: 60 },
    )
  })

  it('gives each answer memory of its own', () => {
    const found: Buffer[] = []
    const assembly = new FrameAssembly(100, (frame) => found.push(frame))
    feed(assembly, framed(Buffer.from('first')), [100])
    feed(assembly, framed(Buffer.from('other')), [100])
    expect(found.map(String)).toEqual(['first', 'other'])
  })

  it.each([-1, 3, 101])('refuses a size of %i before it takes memory for it', (size) => {
    const chunk = Buffer.alloc(8)
    chunk.writeInt32BE(size)
    expect(() => feed(new FrameAssembly(100, () => {}), chunk, [8])).toThrow('the limit is 100')
  })
})
