import { describe, expect, it } from 'vitest'
import { PunctuationQueue } from '../../../streams/runtime/punctuation.ts'

const run = (_node: string, now: number, call: (timestamp: number) => void): void => call(now)

describe('punctuations', () => {
  it('come once after a gap and then again on the beat', () => {
    const queue = new PunctuationQueue()
    const seen: number[] = []
    queue.schedule('n', 0, 10, (time) => seen.push(time))
    for (const now of [3, 9, 10, 47, 49, 50, 51]) queue.advance(now, run)
    expect(seen).toEqual([3, 10, 47, 50])
  })

  it('due at one time run in the order in which they were made, earlier ones first', () => {
    const queue = new PunctuationQueue()
    const seen: string[] = []
    queue.schedule('n', 20, 10, () => seen.push('late'))
    queue.schedule('n', 10, 10, () => seen.push('a'))
    queue.schedule('n', 10, 10, () => seen.push('b'))
    queue.advance(20, run)
    expect(seen).toEqual(['a', 'b', 'late'])
  })

  it('may cancel themselves', () => {
    const queue = new PunctuationQueue()
    let calls = 0
    const schedule = queue.schedule('n', 0, 1, () => {
      calls++
      schedule.cancel()
    })
    queue.advance(5, run)
    queue.advance(9, run)
    expect(calls).toBe(1)
  })
})
