import { expect, it } from 'vitest'

import { VirtualTime } from '#core/ports/virtual-time.ts'

it('timers fire in order of due time, and see the time they were due at', () => {
  const time = new VirtualTime(100)
  const seen: [string, number][] = []
  time.after(30, () => seen.push(['late', time.now()]))
  time.every(20, () => seen.push(['every', time.now()]))
  const cancelled = time.after(5, () => seen.push(['never', time.now()]))
  time.after(10, () => time.after(5, () => seen.push(['nested', time.now()])))
  cancelled.cancel()
  time.advance(45)
  expect(seen).toEqual([
    ['nested', 115],
    ['every', 120],
    ['late', 130],
    ['every', 140],
  ])
  expect(time.now()).toBe(145)
})
