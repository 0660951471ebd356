import { describe, expect, it } from 'vitest'

import { BufferPool } from '../../../broker/network/buffer-pool.ts'

describe('buffer pool', () => {
  it('hands a buffer out again once it was given back, and never while it is lent', () => {
    const pool = new BufferPool()
    const first = pool.take(20_000)
    expect(first).toHaveLength(20_000)
    expect(pool.take(20_000).buffer).not.toBe(first.buffer)
    pool.give(first)
    expect(pool.take(30_000).buffer).toBe(first.buffer)
    expect(pool.take(30_000).buffer).not.toBe(first.buffer)
  })

  it('never hands out one that was forgotten', () => {
    const pool = new BufferPool()
    const lost = pool.take(10_000)
    pool.forget(lost)
    expect(Array.from({ length: 20 }, () => pool.take(10_000).buffer)).not.toContain(lost.buffer)
  })

  it('counts what is lent, of any size', () => {
    const pool = new BufferPool()
    const taken = [1, 8192, 8193, 1_048_576, 1_048_577, 5_000_000].map((size) => pool.take(size))
    expect(pool.lentBytes).toBe(taken.reduce((sum, { length }) => sum + length, 0))
    for (const buffer of taken.slice(0, 3)) pool.give(buffer)
    for (const buffer of taken.slice(3)) pool.forget(buffer)
    expect(pool.lentBytes).toBe(0)
  })
})
