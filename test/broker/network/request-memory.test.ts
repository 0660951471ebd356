import { describe, expect, it } from 'vitest'

import { RequestMemory } from '../../../broker/network/request-memory.ts'

describe('request memory', () => {
  it('grants in the order of asking and never more than there is', () => {
    const memory = new RequestMemory(100)
    const granted: string[] = []
    expect(memory.reserve(70)).toBe(true)
    expect(memory.reserve(40)).toBe(false)
    memory.wait(40, () => granted.push('a'))
    memory.wait(30, () => granted.push('b'))
    expect(memory.reserve(10)).toBe(false)
    memory.release(70)
    expect(granted).toEqual(['a', 'b'])
    expect(memory.reservedBytes).toBe(70)
  })

  it('lets one request pass that is larger than all of it, alone', () => {
    const memory = new RequestMemory(100)
    expect(memory.reserve(500)).toBe(true)
    expect(memory.reserve(1)).toBe(false)
    memory.release(500)
    expect(memory.reserve(1)).toBe(true)
  })

  it('goes on to the next when one who waits withdraws', () => {
    const memory = new RequestMemory(100)
    const granted: string[] = []
    memory.reserve(60)
    const withdraw = memory.wait(90, () => granted.push('large'))
    memory.wait(40, () => granted.push('small'))
    expect(granted).toEqual([])
    withdraw()
    expect(granted).toEqual(['small'])
  })
})
