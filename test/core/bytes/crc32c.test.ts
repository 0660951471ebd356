import { describe, expect, it } from 'vitest'

import { crc32c, crc32cInScript } from '#core/bytes/crc32c.ts'
import { seededRandom } from '#core/ports/random.ts'

describe('crc32c', () => {
  it('gives the check values of RFC 3720 B.4', () => {
    const ascending = Buffer.from(Array.from({ length: 32 }, (_, i) => i))
    for (const checksum of [crc32c, crc32cInScript]) {
      expect(checksum(Buffer.alloc(32))).toBe(0x8a9136aa)
      expect(checksum(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
      expect(checksum(ascending)).toBe(0x46dd794e)
      expect(checksum(Buffer.from(ascending).reverse())).toBe(0x113fdb5c)
      expect(checksum(Buffer.from('123456789'))).toBe(0xe3069283)
    }
  })

  it('is the same in script and in native code, over any range', () => {
    const bytes = seededRandom(7).bytes(5000)
    for (const [start, end] of [
      [0, 5000],
      [1, 513],
      [17, 4711],
      [4999, 5000],
      [3, 3],
      [0, 512],
    ] as const) {
      expect(crc32c(bytes, start, end)).toBe(crc32cInScript(bytes, start, end))
      expect(crc32c(bytes, start, end)).toBe(crc32cInScript(Buffer.from(bytes.subarray(start, end))))
    }
  })
})
