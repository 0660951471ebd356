import { describe, expect, it } from 'vitest'

import { type Seen, type Stretch, type Transaction, faults, judge } from '../support/transaction-history.ts'

const txn = (id: string, outcome: Transaction['outcome'], wrote: string[], read: string[] = []): Transaction => ({
  id,
  producer: id[0]!,
  wrote: wrote.map((value) => ({ partition: `p${value.length % 2}`, value })),
  read,
  outcome,
})
const at = (partition: string, offset: number, value: string): Seen => ({ partition, offset, value })
const judged = (transactions: Transaction[], end: Seen[], stretches: Stretch[] = []): string[] =>
  faults(judge(transactions, stretches, end)).map((line) => line.split(':')[0]!)

// A checker that finds nothing proves nothing: each rule sees its fault here.
describe('the judge of transactions', () => {
  it('finds nothing in a history without faults', () => {
    const all = [txn('a1', 'committed', ['x', 'yy']), txn('b1', 'aborted', ['z']), txn('a2', 'unknown', ['w'], ['x'])]
    const end = [at('p1', 0, 'x'), at('p0', 0, 'yy')]
    const stretch = { partition: 'p1', from: 0, upTo: 2, seen: [at('p1', 0, 'x')] }
    expect(judged(all, end, [stretch])).toEqual([])
  })

  it.each<[string, Transaction[], Seen[], Stretch[]]>([
    ['lostWrites', [txn('a1', 'committed', ['x', 'yy'])], [at('p1', 0, 'x')], []],
    ['abortedReads', [txn('a1', 'aborted', ['x', 'yy'])], [at('p1', 0, 'x')], []],
    ['torn', [txn('a1', 'unknown', ['x', 'yy'])], [at('p1', 0, 'x')], []],
    ['duplicates', [txn('a1', 'committed', ['x'])], [at('p1', 0, 'x'), at('p1', 1, 'x')], []],
    [
      'inconsistentOffsets',
      [txn('a1', 'committed', ['x']), txn('b1', 'unknown', ['y'])],
      [at('p1', 0, 'x')],
      [{ partition: 'p1', from: 0, upTo: 1, seen: [at('p1', 0, 'y')] }],
    ],
    ['reordered', [txn('a1', 'committed', ['x', 'y'])], [at('p1', 1, 'x'), at('p1', 0, 'y')], []],
    [
      'skipped',
      [txn('a1', 'committed', ['x', 'y'])],
      [at('p1', 0, 'x'), at('p1', 1, 'y')],
      [{ partition: 'p1', from: 0, upTo: 2, seen: [at('p1', 1, 'y')] }],
    ],
    [
      'circularReads',
      [txn('a1', 'committed', ['x'], ['y']), txn('b1', 'committed', ['y'], ['x'])],
      [at('p1', 0, 'x'), at('p1', 1, 'y')],
      [],
    ],
  ])('finds %s', (kind, transactions, end, stretches) => {
    expect(judged(transactions, end, stretches)).toContain(kind)
  })

  it('counts cycles of writes and lets them be', () => {
    const all = [txn('a1', 'committed', ['x', 'yy']), txn('b1', 'committed', ['z', 'ww'])]
    const end = [at('p1', 0, 'x'), at('p1', 1, 'z'), at('p0', 0, 'ww'), at('p0', 1, 'yy')]
    const verdict = judge(all, [], end)
    expect(faults(verdict)).toEqual([])
    expect(verdict.cyclesOfWrites).toBeGreaterThan(0)
  })
})
