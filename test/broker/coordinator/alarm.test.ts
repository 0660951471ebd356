import { describe, expect, it } from 'vitest'

import { Alarm } from '../../../broker/coordinator/alarm.ts'
import { VirtualTime } from '#core/ports/virtual-time.ts'

const start = () => {
  const time = new VirtualTime()
  const rung: number[] = []
  const started = { timers: 0 }
  const timers = {
    after: (ms: number, call: () => void) => {
      started.timers++
      return time.after(ms, call)
    },
    every: time.every.bind(time),
  }
  const alarm = new Alarm({ clock: time, timers }, () => rung.push(time.now()))
  return { time, rung, started, alarm }
}

describe('an alarm', () => {
  it('rings once, at the time that was set last', () => {
    const { time, rung, alarm } = start()
    alarm.set(100)
    time.advance(60)
    alarm.set(100)
    time.advance(1000)
    expect(rung).toEqual([160])
    alarm.set(100)
    alarm.set(30)
    time.advance(1000)
    expect(rung).toEqual([160, 1090])
  })

  it('is put off without a timer each time', () => {
    const { time, rung, started, alarm } = start()
    for (let i = 0; i < 1000; i++) {
      alarm.set(100)
      time.advance(1)
    }
    time.advance(200)
    expect(rung).toEqual([1099])
    expect(started.timers).toBeLessThan(20)
  })

  it('does not ring once cleared, and waits longer than a timer of Node can', () => {
    const { time, rung, alarm } = start()
    alarm.set(10)
    alarm.clear()
    time.advance(1000)
    expect(rung).toEqual([])
    alarm.set(2 ** 32)
    time.advance(2 ** 31)
    expect(rung).toEqual([])
    time.advance(2 ** 31)
    expect(rung).toEqual([1000 + 2 ** 32])
  })
})
