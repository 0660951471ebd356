import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { FrameAssembly } from '#core/client/connection/frame-assembly.ts'

const framed = (payload: Uint8Array): Buffer => {
  const size = Buffer.alloc(4)
  size.writeInt32BE(payload.length)
  return Buffer.concat([size, payload])
}

describe('frame assembly', () => {
  it('finds the same answers however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 4, maxLength: 60 })),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        (payloads, cuts) => {
          const stream = Buffer.concat(payloads.map(framed))
          const found: Buffer[] = []
          const assembly = new FrameAssembly(1000, (frame) => found.push(frame))
          for (let at = 0, i = 0; at < stream.length; i++) {
            const end = Math.min(stream.length, at + cuts[i % cuts.length]!)
            assembly.push(stream.subarray(at, end))
            at = end
          }
          expect(found.map((frame) => [...frame])).toEqual(payloads.map((payload) => [...payload]))
        },
      ),
    )
  })

  it('looks at a whole answer without copying it', () => {
    const chunk = framed(Buffer.from('answer'))
    new FrameAssembly(100, (frame) => expect(frame.buffer).toBe(chunk.buffer)).push(chunk)
  })

  it.each([-1, 3, 101])('refuses a size of %i before it takes memory for it', (size) => {
    const chunk = Buffer.alloc(8)
    chunk.writeInt32BE(size)
    expect(() => new FrameAssembly(100, () => {}).push(chunk)).toThrow('the limit is 100')
  })
})
