import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OffsetLedger } from '../../../streams/runtime/ledger.ts'

describe('offset ledger', () => {
  it('commits up to the first record that is not done, whatever the order in which they finish', () => {
    const orders = fc.integer({ min: 1, max: 40 }).chain((count) =>
      fc.record({
        gaps: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: count, maxLength: count }),
        order: fc.shuffledSubarray(
          Array.from({ length: count }, (_, i) => i),
          { minLength: count, maxLength: count },
        ),
        // How many records finish before the next one is opened.
        eager: fc.array(fc.boolean(), { minLength: count, maxLength: count }),
      }),
    )
    fc.assert(
      fc.property(orders, ({ gaps, order, eager }) => {
        const ledger = new OffsetLedger()
        let offset = 0
        const held = gaps.map((gap) => ({ offset: (offset += gap), holds: 0 }))
        const done = new Set<number>()
        let opened = 0
        const finish = (i: number): void => {
          ledger.release(held[i]!)
          done.add(i)
          let first = 0
          while (done.has(first)) first++
          expect(ledger.committable).toBe(first === 0 ? undefined : held[first - 1]!.offset + 1)
        }
        for (const i of order) {
          while (opened <= i || (opened < held.length && eager[opened] === true)) ledger.open(held[opened++]!)
          finish(i)
        }
        expect(ledger.size).toBe(0)
      }),
    )
  })

  it('a record with several holders is done when the last of them lets go', () => {
    const ledger = new OffsetLedger()
    const record = { offset: 7, holds: 0 }
    ledger.open(record)
    record.holds++
    ledger.release(record)
    expect(ledger.committable).toBeUndefined()
    ledger.release(record)
    expect(ledger.committable).toBe(8)
  })
})
