import { describe, expect, it } from 'vitest'

import { isUuid, metadataTopicUuid, randomUuid, uuidFromBytes, uuidToBytes, zeroUuid } from '#core/bytes/uuid.ts'
import { seededRandom } from '#core/ports/random.ts'

describe('uuids', () => {
  it('are 16 bytes as 22 characters', () => {
    expect(uuidFromBytes(Buffer.alloc(16))).toBe(zeroUuid)
    expect(uuidToBytes(metadataTopicUuid)).toEqual(Buffer.from('00000000000000000000000000000001', 'hex'))
    expect(() => uuidFromBytes(Buffer.alloc(15))).toThrow('16 bytes, not 15')
    expect(() => uuidToBytes('short')).toThrow('"short" is not a uuid')
  })

  it('have no second spelling', () => {
    expect(isUuid(metadataTopicUuid)).toBe(true)
    // The last character has two bits of the id; the others must be zero.
    expect(isUuid('AAAAAAAAAAAAAAAAAAAAAB')).toBe(false)
    expect(isUuid('AAAAAAAAAAAAAAAAAAAAA+')).toBe(false)
  })

  it('made at random are of version 4 and never look like an option', () => {
    const random = seededRandom(7)
    const made = Array.from({ length: 1000 }, () => randomUuid(random))
    expect(new Set(made).size).toBe(1000)
    for (const text of made) {
      expect(isUuid(text)).toBe(true)
      expect(text.startsWith('-')).toBe(false)
      expect(uuidToBytes(text)[6]! >> 4).toBe(4)
    }
  })
})
