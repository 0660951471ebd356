import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { partitionKey, type Subscription, type TopicPartition } from '#core/client/client.ts'
import { assignTasks, tasksOf } from '../../../streams/runtime/assignor.ts'

const member = (ownedPartitions: readonly TopicPartition[] = []): Subscription => ({
  topics: [],
  userData: null,
  ownedPartitions,
  generationId: 1,
  rackId: null,
  groupInstanceId: null,
})

describe('task assignment', () => {
  it('keeps the partitions of one task together', () => {
    const groups = [
      { subtopology: 0, topics: ['a', 'b'] },
      { subtopology: 1, topics: ['c'] },
    ]
    const counts = new Map([
      ['a', 2],
      ['b', 2],
      ['c', 1],
    ])
    const result = assignTasks(
      groups,
      counts,
      new Map([
        ['m1', member()],
        ['m2', member()],
      ]),
    )
    for (const { partitions } of result.values()) {
      for (const { topic, partition } of partitions) {
        if (topic === 'a') expect(partitions).toContainEqual({ topic: 'b', partition })
      }
    }
    expect([...result.values()].flatMap((each) => each.partitions)).toHaveLength(5)
  })

  it('withholds a task from its new member until the old one has given it up', () => {
    const groups = [{ subtopology: 0, topics: ['a'] }]
    const counts = new Map([['a', 4]])
    const all = [0, 1, 2, 3].map((partition) => ({ topic: 'a', partition }))
    const first = assignTasks(
      groups,
      counts,
      new Map([
        ['m1', member(all)],
        ['m2', member()],
      ]),
    )
    expect(first.get('m1')!.partitions).toHaveLength(2)
    expect(first.get('m2')!.partitions).toEqual([])
    const second = assignTasks(
      groups,
      counts,
      new Map([
        ['m1', member(first.get('m1')!.partitions)],
        ['m2', member()],
      ]),
    )
    expect(second.get('m1')!.partitions).toEqual(first.get('m1')!.partitions)
    expect(second.get('m2')!.partitions).toHaveLength(2)
  })

  it('settles in two rounds: every task once, loads even, nothing moved that need not be', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (sizes, before, after) => {
          const groups = sizes.map((_, index) => ({ subtopology: index, topics: [`t${index}`] }))
          const counts = new Map(sizes.map((count, index) => [`t${index}`, count]))
          const settle = (start: Map<string, Subscription>): Map<string, Subscription> => {
            let members = start
            for (let round = 0; round < 2; round++) {
              const assigned = assignTasks(groups, counts, members)
              members = new Map([...members.keys()].map((id) => [id, member(assigned.get(id)!.partitions)]))
            }
            return members
          }
          const named = (count: number): string[] => Array.from({ length: count }, (_, index) => `m${index}`)
          const old = settle(new Map(named(before).map((id) => [id, member()])))
          const now = settle(new Map(named(after).map((id) => [id, old.get(id) ?? member()])))
          const placed = [...now.values()].flatMap((each) => each.ownedPartitions.map(partitionKey))
          expect(new Set(placed).size).toBe(placed.length)
          expect(placed).toHaveLength(tasksOf(groups, counts).length)
          const loads = [...now.values()].map((each) => each.ownedPartitions.length)
          expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
          if (before === after) expect(now).toEqual(old)
        },
      ),
      { numRuns: 200 },
    )
  })
})
