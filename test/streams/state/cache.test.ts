import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecordCache } from '../../../streams/state/cache.ts'

const row = (text: string, length = text.length) => ({ value: Buffer.alloc(length, text), timestamp: 0 })

describe('record cache', () => {
  it('flushes dirty entries once, in the order of their last change', () => {
    const order = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 30 })
    fc.assert(
      fc.property(fc.array(order, { maxLength: 5 }), (rounds) => {
        const flushed: string[] = []
        const cache = new RecordCache(1 << 20).open({ record: undefined, origin: undefined }, true, (entries) =>
          flushed.push(...entries.map(({ key }) => key)),
        )
        for (const keys of rounds) {
          for (const key of keys) cache.put(key, row(key))
          const wanted = [...new Set([...keys].reverse())].reverse()
          flushed.length = 0
          cache.flush()
          expect(flushed).toEqual(wanted)
        }
      }),
    )
  })

  it('keeps within its bytes: the longest unused goes first, and with a dirty one all that is dirty', () => {
    const flushed: string[][] = []
    const shared = new RecordCache(1000)
    const cache = shared.open({ record: undefined, origin: undefined }, false, (entries) =>
      flushed.push(entries.map(({ key }) => key)),
    )
    for (const key of ['a', 'b', 'c']) cache.put(key, row(key, 235))
    expect(cache.get('a')?.row?.value.length).toBe(235)
    cache.put('d', row('d', 235))
    // 4 × 300 bytes do not fit; b is the one not touched since.
    expect(flushed).toEqual([['b', 'a', 'c', 'd']])
    expect(shared.usedBytes).toBeLessThanOrEqual(1000)
  })

  it('a flush that puts into the same store leaves that for the next one', () => {
    const flushed: string[] = []
    const cache = new RecordCache(1 << 20).open({ record: undefined, origin: undefined }, false, (entries) => {
      for (const { key } of entries) {
        flushed.push(key)
        if (key === 'a') cache.put('echo', row('e'))
      }
    })
    cache.put('a', row('a'))
    cache.flush()
    expect(flushed).toEqual(['a'])
    cache.flush()
    expect(flushed).toEqual(['a', 'echo'])
  })
})
