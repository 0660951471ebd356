import { describe, expect, it } from 'vitest'

import { keyHashPartitioner, partitionForKey, roundRobinPartitioner } from '#core/client/producer/partitioners.ts'
import { TopicQueues } from '#core/client/producer/topic-queues.ts'
import { seededRandom } from '#core/ports/random.ts'

const record = (key: string | null) => ({ topic: 't', key: key === null ? null : Buffer.from(key), value: null })

function queues(count: number, down: readonly number[] = []) {
  const options = { partitioner: undefined, batchSize: 1000 }
  return new TopicQueues('t', count, options, seededRandom(1), (_, partition) => !down.includes(partition))
}

describe('choice of partition', () => {
  it('goes by the key', () => {
    const topic = queues(7)
    for (let i = 0; i < 100; i++) {
      expect(topic.choose(record(`key ${i}`), 10).partition).toBe(partitionForKey(Buffer.from(`key ${i}`), 7))
    }
  })

  it('fills one partition for a batch without key, then another, and all of them in the end', () => {
    const topic = queues(4)
    const chosen = Array.from({ length: 4000 }, () => topic.choose(record(null), 10).partition)
    const runs = chosen.filter((each, index) => each !== chosen[index - 1]).length
    expect(runs).toBe(40)
    const counts = [0, 1, 2, 3].map((partition) => chosen.filter((each) => each === partition).length)
    for (const count of counts) expect(count).toBeGreaterThan(500)
  })

  it('passes over partitions without a leader, unless there is no other', () => {
    const some = queues(3, [1])
    expect(new Set(Array.from({ length: 2000 }, () => some.choose(record(null), 10).partition))).toEqual(
      new Set([0, 2]),
    )
    expect(queues(1, [0]).choose(record(null), 10).partition).toBe(0)
  })

  it('refuses partitions that are not there', () => {
    expect(() => queues(2).choose({ ...record(null), partition: 2 }, 1)).toThrow('partition 2 was chosen')
    expect(() => queues(2).choose({ ...record(null), partition: -1 }, 1)).toThrow('partition -1 was chosen')
  })
})

describe('partitioners', () => {
  it('deal in turn, per topic', () => {
    const inTurn = roundRobinPartitioner()
    const turns = ['a', 'b', 'a', 'a', 'b'].map((topic) => inTurn({ ...record('k'), topic }, 2))
    expect(turns).toEqual([0, 0, 1, 0, 1])
  })

  it('hash keys and leave the rest to another', () => {
    const partitioner = keyHashPartitioner(() => 1)
    expect(partitioner(record(null), 9)).toBe(1)
    expect(partitioner(record('x'), 9)).toBe(partitionForKey(Buffer.from('x'), 9))
  })
})
