import { describe, expect, it } from 'vitest'

import { memoryFiles } from '#core/ports/memory-files.ts'
import { LeaderEpochs } from '../../../broker/log/leader-epochs.ts'

function epochs(...entries: readonly (readonly [number, number])[]) {
  const files = memoryFiles()
  const made = new LeaderEpochs(files, '/epochs')
  for (const [epoch, start] of entries) made.assign(epoch, start)
  return { files, epochs: made }
}

describe('leader epochs', () => {
  it('are on the disk as soon as they are assigned', () => {
    const { files } = epochs([0, 0], [3, 7])
    expect(files.readWhole('/epochs').toString()).toBe('0\n2\n0 0\n3 7\n')
    const again = new LeaderEpochs(files, '/epochs')
    again.load()
    expect(again.latest).toEqual({ epoch: 3, startOffset: 7 })
  })

  it('answer where an epoch ended', () => {
    const { epochs: made } = epochs([2, 10], [4, 20], [7, 30])
    const ends = [-1, 0, 2, 3, 4, 6, 7, 8].map((epoch) => made.endOffsetFor(epoch, 35))
    expect(ends).toEqual([
      { epoch: -1, endOffset: -1 },
      { epoch: 0, endOffset: 10 },
      { epoch: 2, endOffset: 20 },
      { epoch: 2, endOffset: 20 },
      { epoch: 4, endOffset: 30 },
      { epoch: 4, endOffset: 30 },
      { epoch: 7, endOffset: 35 },
      { epoch: -1, endOffset: -1 },
    ])
    expect([5, 10, 19, 20, 99].map((offset) => made.epochFor(offset))).toEqual([-1, 2, 2, 4, 7])
  })

  it('an entry takes back those that it contradicts', () => {
    expect(epochs([1, 0], [2, 10], [3, 20], [3, 15]).epochs.entries).toEqual([
      { epoch: 1, startOffset: 0 },
      { epoch: 2, startOffset: 10 },
      { epoch: 3, startOffset: 15 },
    ])
    expect(epochs([1, 0], [2, 10], [5, 10]).epochs.entries).toEqual([
      { epoch: 1, startOffset: 0 },
      { epoch: 5, startOffset: 10 },
    ])
    expect(epochs([1, 0], [1, 30]).epochs.entries).toEqual([{ epoch: 1, startOffset: 0 }])
  })

  it('follow the log when it is cut at either end', () => {
    const { files, epochs: made } = epochs([1, 0], [2, 10], [3, 20])
    made.truncateFromEnd(20)
    expect(made.latest).toEqual({ epoch: 2, startOffset: 10 })
    made.truncateFromStart(15)
    expect(made.entries).toEqual([{ epoch: 2, startOffset: 15 }])
    made.write()
    expect(files.readWhole('/epochs').toString()).toBe('0\n1\n2 15\n')
    made.truncateFromEnd(0)
    expect(made.entries).toEqual([])
  })

  it('start before the first entry change nothing', () => {
    const { epochs: made } = epochs([1, 5])
    made.truncateFromStart(3)
    expect(made.entries).toEqual([{ epoch: 1, startOffset: 5 }])
  })
})
