import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { windows } from '../../../streams/index.ts'
import { windowStarts } from '../../../streams/operators/windows.ts'

const shape = fc
  .record({
    size: fc.integer({ min: 1, max: 500 }),
    advance: fc.integer({ min: 1, max: 500 }),
    time: fc.integer({ min: 0, max: 10_000 }),
  })
  .filter(({ size, advance }) => advance <= size)

describe('window algebra', () => {
  it('a time lies in exactly the windows that contain it, in order', () => {
    fc.assert(
      fc.property(shape, ({ size, advance, time }) => {
        const wanted: number[] = []
        for (let start = 0; start <= time; start += advance) if (time < start + size) wanted.push(start)
        expect(windowStarts(windows.hopping(size, { advance }), time)).toEqual(wanted)
      }),
    )
  })

  it('tumbling windows part time: each time has one window, and neighbours meet', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 1_000_000 }), (size, time) => {
        const [start, ...others] = windowStarts(windows.tumbling(size), time)
        expect(others).toEqual([])
        expect(start! % size).toBe(0)
        expect(windowStarts(windows.tumbling(size), start! + size)).toEqual([start! + size])
      }),
    )
  })

  it('unlimited windows take what is not before their start', () => {
    expect(windowStarts(windows.unlimited({ start: 10 }), 9)).toEqual([])
    expect(windowStarts(windows.unlimited({ start: 10 }), 10)).toEqual([10])
  })

  it.each([
    ['a size of nothing', () => windows.tumbling(0), /tumbling window size: must be more than 0 ms/],
    [
      'a step larger than the size',
      () => windows.hopping('1s', { advance: '2s' }),
      /at most the size of 1000 ms, got 2000/,
    ],
    ['no step', () => windows.hopping('1s', { advance: 0 }), /must be more than 0/],
    ['negative grace', () => windows.tumbling('1s', { grace: -1 }), /grace: must not be negative/],
    ['something that is no duration', () => windows.tumbling('1 minute' as '1m'), /"1 minute" is not a duration/],
  ])('refuse %s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})
