import { describe, expect, it } from 'vitest'

import { Acknowledgements } from '../../../connectors/runtime/acknowledgements.ts'

const batch = (name: string, at: number, records: number) => ({
  partition: { name },
  offset: { at },
  records: Array.from({ length: records }, () => ({ topic: 't', value: null })),
})
const offsets = (acknowledgements: Acknowledgements) =>
  acknowledgements.take().map(({ partition, offset }) => [partition['name'], offset!['at']])

describe('acknowledgements', () => {
  it('let an offset go only when all before it in its partition are settled', () => {
    const acknowledgements = new Acknowledgements()
    const [first, second, third] = [1, 2, 3].map((at) => acknowledgements.begin(batch('a', at, 1)))
    third!.settle()
    second!.settle()
    expect(offsets(acknowledgements)).toEqual([])
    first!.settle()
    expect(offsets(acknowledgements)).toEqual([['a', 3]])
    expect(offsets(acknowledgements)).toEqual([])
  })

  it('let partitions go by themselves', () => {
    const acknowledgements = new Acknowledgements()
    acknowledgements.begin(batch('a', 1, 1))
    const other = acknowledgements.begin(batch('b', 5, 2))
    other.settle()
    expect(offsets(acknowledgements)).toEqual([])
    other.settle()
    expect(offsets(acknowledgements)).toEqual([['b', 5]])
    expect(acknowledgements.open).toBe(1)
  })

  it('know partitions by content, and let a batch without records go in its turn', () => {
    const acknowledgements = new Acknowledgements()
    const sent = acknowledgements.begin({ ...batch('a', 1, 1), partition: { x: 1, y: 2 } })
    acknowledgements.begin({ ...batch('a', 2, 0), partition: { y: 2, x: 1 } })
    expect(acknowledgements.take()).toEqual([])
    sent.settle()
    expect(acknowledgements.take()).toEqual([{ partition: { x: 1, y: 2 }, offset: { at: 2 } }])
    expect(acknowledgements.latest({ y: 2, x: 1 })).toEqual({ at: 2 })
  })
})
