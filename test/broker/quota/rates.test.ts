import { describe, expect, it } from 'vitest'

import { VirtualTime } from '#core/ports/virtual-time.ts'
import { ClientQuotas } from '../../../broker/quota/client-quotas.ts'
import { ConnectionLimits } from '../../../broker/quota/connection-limits.ts'
import { MutationLimits } from '../../../broker/quota/mutation-limits.ts'
import { OnDemand } from '../../../broker/quota/on-demand.ts'
import { Rate, pauseMs } from '../../../broker/quota/rate.ts'
import { RateLimits } from '../../../broker/quota/rate-limits.ts'

const windows = { count: 11, sizeMs: 1000 }

describe('a rate', () => {
  it('counts a hasty beginning over all samples but one', () => {
    const rate = new Rate(windows)
    rate.record(1000, 0)
    expect(rate.measure(0)).toBe(100)
    expect(rate.measure(5500)).toBeCloseTo(1000 / 10.5)
  })

  it('forgets samples that are older than all of them together', () => {
    const rate = new Rate(windows)
    rate.record(1000, 0)
    rate.record(500, 9000)
    expect(rate.measure(10_999)).toBeCloseTo(1500 / 10.999)
    expect(rate.measure(11_000)).toBe(50)
    expect(rate.isIdle(19_999)).toBe(false)
    expect(rate.isIdle(20_000)).toBe(true)
  })

  it.each([1, 10, 250])('kept to by pauses is the bound, with %s requests a second', (perSecond) => {
    const rate = new Rate(windows)
    const bound = 1000
    let now = 0
    let sent = 0
    while (now < 120_000) {
      rate.record(5000 / perSecond, now)
      sent += 5000 / perSecond
      now += Math.max(pauseMs(rate, bound, now), 1000 / perSecond)
    }
    expect(sent / (now / 1000) / bound).toBeGreaterThan(0.9)
    expect(sent / (now / 1000) / bound).toBeLessThan(1.25)
  })
})

describe('quotas on rates', () => {
  const world = () => {
    const time = new VirtualTime()
    const quotas = new ClientQuotas()
    return { time, quotas, limits: new RateLimits(quotas, 'producer_byte_rate', windows, time) }
  }

  it('cost nothing while there are none', () => {
    const { limits, quotas } = world()
    expect(limits.active).toBe(false)
    quotas.set({ user: 'ann' }, 'producer_byte_rate', 10)
    quotas.set({ user: 'ann' }, 'producer_byte_rate', 20)
    expect(limits.active).toBe(true)
    quotas.remove({ user: 'ann' }, 'producer_byte_rate')
    quotas.remove({ user: 'ann' }, 'producer_byte_rate')
    expect(limits.active).toBe(false)
    expect([...quotas.all()]).toEqual([])
  })

  it('bind by the most specific of eight', () => {
    const { quotas } = world()
    const bound = () => quotas.limitFor('producer_byte_rate', 'ann', 'app')?.bound
    const places = [
      { clientId: null },
      { clientId: 'app' },
      { user: null },
      { user: null, clientId: null },
      { user: null, clientId: 'app' },
      { user: 'ann' },
      { user: 'ann', clientId: null },
      { user: 'ann', clientId: 'app' },
    ]
    expect(bound()).toBeUndefined()
    for (const [i, entity] of places.entries()) {
      quotas.set(entity, 'producer_byte_rate', i + 1)
      expect(bound()).toBe(i + 1)
    }
    expect(quotas.limitFor('producer_byte_rate', 'bob', 'other')?.bound).toBe(4)
    expect(quotas.limitFor('producer_byte_rate', 'ann', 'other')?.bound).toBe(7)
  })

  it('are used up together by those they are for', () => {
    const { limits, quotas } = world()
    quotas.set({ user: null }, 'producer_byte_rate', 100)
    expect(limits.record('ann', 'a', 1000)).toBe(0)
    expect(limits.record('bob', 'a', 1000)).toBe(0)
    expect(limits.record('ann', 'b', 100)).toBe(1000)
    quotas.set({ clientId: null, user: 'eve' }, 'producer_byte_rate', 100)
    expect(limits.record('eve', 'a', 1000)).toBe(0)
    expect(limits.record('eve', 'b', 1000)).toBe(0)
    expect(limits.record('eve', 'b', 100)).toBe(1000)
  })

  it('do not count what is not let through, but let something large through when nothing else was', () => {
    const { limits, quotas, time } = world()
    quotas.set({ user: 'ann' }, 'producer_byte_rate', 100)
    expect(limits.mostAtOnce('ann', 'a')).toBe(1000)
    expect(limits.mostAtOnce('bob', 'a')).toBe(Number.POSITIVE_INFINITY)
    expect(limits.admit('ann', 'a', 5000)).toBe(0)
    expect(limits.admit('ann', 'a', 1)).toBeGreaterThan(0)
    time.advance(11_000)
    expect(limits.admit('ann', 'a', 900)).toBe(0)
    expect(limits.admit('ann', 'a', 900)).toBe(8000)
    expect(limits.admit('ann', 'a', 100)).toBe(0)
  })
})

describe('quotas on changes of topics', () => {
  it('may be overdrawn once, then refuse until the debt is paid', () => {
    const time = new VirtualTime()
    const quotas = new ClientQuotas()
    const limits = new MutationLimits(quotas, windows, time)
    limits.of('ann', 'a', true).take(1e6)
    quotas.set({ user: 'ann' }, 'controller_mutation_rate', 2)
    limits.of('ann', 'a', true).take(32)
    const next = limits.of('ann', 'a', true)
    expect(() => next.take(1)).toThrow(/controller_mutation_rate/)
    expect(next.pauseMs).toBe(5000)
    const older = limits.of('ann', 'a', false)
    older.take(2)
    expect(older.pauseMs).toBe(6000)
    time.advance(6000)
    const paid = limits.of('ann', 'a', true)
    paid.take(1)
    expect(paid.pauseMs).toBe(0)
    limits.of('bob', 'a', true).take(1e6)
  })
})

describe('quotas on new connections', () => {
  const world = (perSecond = 2_147_483_647) => {
    const time = new VirtualTime()
    const quotas = new ClientQuotas()
    return { time, quotas, limits: new ConnectionLimits(quotas, perSecond, windows, time) }
  }

  it('hold and refuse those of an address that makes too many', () => {
    const { limits, quotas, time } = world()
    quotas.set({ ip: '10.0.0.1' }, 'connection_creation_rate', 1)
    for (let i = 0; i < 10; i++) expect(limits.admit('10.0.0.1').waitMs).toBe(0)
    expect(limits.admit('10.0.0.1')).toEqual({ waitMs: 1000, refused: true })
    expect(limits.admit('10.0.0.2')).toEqual({ waitMs: 0, refused: false })
    quotas.set({ ip: null }, 'connection_creation_rate', 1)
    for (let i = 0; i < 10; i++) expect(limits.admit('10.0.0.3').waitMs).toBe(0)
    expect(limits.admit('10.0.0.3').refused).toBe(true)
    time.advance(11_000)
    expect(limits.admit('10.0.0.1').waitMs).toBe(0)
  })

  it('make all wait for their turn', () => {
    const { limits } = world(2)
    for (let i = 0; i < 20; i++) expect(limits.admit('10.0.0.1').waitMs).toBe(0)
    expect(limits.admit('10.0.0.1')).toEqual({ waitMs: 500, refused: false })
    expect(limits.admit('10.0.0.1')).toEqual({ waitMs: 1000, refused: false })
  })
})

describe('things on demand', () => {
  it('go when they are idle and many', () => {
    const idle = new Set<number>()
    let made = 0
    const things = new OnDemand(
      () => made++,
      (thing) => idle.has(thing),
    )
    for (let i = 0; i < 100_000; i++) {
      idle.add(things.get(`name-${i}`))
      idle.delete(0)
    }
    expect(things.size).toBeLessThanOrEqual(256)
    expect(things.get('name-0')).toBe(0)
  })
})
