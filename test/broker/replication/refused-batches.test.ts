import { describe, expect, it } from 'vitest'

import { RefusedBatches } from '../../../broker/replication/refused-batches.ts'

describe('refused batches', () => {
  it('hold back what comes after them until they are stored', () => {
    const refused = new RefusedBatches()
    expect(refused.isTooEarly(7, 3)).toBe(false)
    refused.add(7, 0, 4)
    refused.add(7, 0, 2)
    refused.add(7, 0, 6)
    expect(refused.isTooEarly(7, 4)).toBe(true)
    expect(refused.isTooEarly(8, 4)).toBe(false)
    expect(refused.isTooEarly(7, 2)).toBe(false)
    refused.forget(7)
    expect(refused.isTooEarly(7, 4)).toBe(false)
  })

  it('begin anew with an epoch, and an earlier epoch changes nothing', () => {
    const refused = new RefusedBatches()
    refused.add(7, 0, 0)
    refused.add(7, 1, 5)
    refused.add(7, 0, 0)
    expect(refused.isTooEarly(7, 5)).toBe(false)
    expect(refused.isTooEarly(7, 6)).toBe(true)
  })

  it('are forgotten when there are too many producers', () => {
    const refused = new RefusedBatches()
    for (let producerId = 0; producerId < 5000; producerId++) refused.add(producerId, 0, 0)
    expect(refused.isTooEarly(0, 1)).toBe(false)
    expect(refused.isTooEarly(4999, 1)).toBe(true)
  })
})
