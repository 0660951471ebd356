import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PartitionGroup } from '../../../streams/runtime/partition-group.ts'

class Queue {
  readonly name: number
  readonly times: number[]

  constructor(name: number, times: readonly number[]) {
    this.name = name
    this.times = [...times]
  }

  get headTimestamp(): number | undefined {
    return this.times[0]
  }
}

describe('choice among the inputs of a task', () => {
  it('always reads the smallest head; of equal ones that which waits longest', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 6 }), { minLength: 1, maxLength: 7 }),
        (all) => {
          const queues = all.map((times, i) => new Queue(i, times))
          const group = new PartitionGroup<Queue>()
          const waiting: Queue[] = []
          for (const queue of queues) {
            group.offer(queue)
            if (queue.times.length > 0) waiting.push(queue)
          }
          while (waiting.length > 0) {
            const least = Math.min(...waiting.map((queue) => queue.times[0]!))
            const wanted = waiting.find((queue) => queue.times[0] === least)!
            expect(group.first).toBe(wanted)
            wanted.times.shift()
            group.advance()
            waiting.splice(waiting.indexOf(wanted), 1)
            if (wanted.times.length > 0) waiting.push(wanted)
          }
          expect(group.size).toBe(0)
        },
      ),
    )
  })

  it('an input that got more while it waited keeps its place', () => {
    const group = new PartitionGroup<Queue>()
    const a = new Queue(0, [5])
    const b = new Queue(1, [5])
    group.offer(a)
    group.offer(b)
    a.times.push(6)
    group.offer(a)
    expect(group.first).toBe(a)
    expect(group.size).toBe(2)
  })
})
