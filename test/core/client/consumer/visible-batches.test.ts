import { describe, expect, it } from 'vitest'

import { AssignedPartition } from '#core/client/consumer/assigned-partition.ts'
import { visibleBatches } from '#core/client/consumer/visible-batches.ts'
import { BatchBuilder, type BatchBuilderOptions } from '#core/records/batch-builder.ts'

/** A batch whose records have these offsets; the value of each is its offset. */
function batch(offsets: readonly number[], options: BatchBuilderOptions = {}, key: Buffer | null = null): Buffer {
  const baseOffset = offsets[0]!
  const builder = new BatchBuilder({ baseOffset, ...options })
  for (const offset of offsets) builder.appendAt(offset - baseOffset, 0, key, Buffer.from(`${offset}`))
  return builder.build()
}

const marker = (offset: number, producerId: number, commit: boolean): Buffer =>
  batch(
    [offset],
    { producerId, producerEpoch: 0, isTransactional: true, isControl: true },
    Buffer.from([0, 0, 0, commit ? 1 : 0]),
  )
const inTransaction = (offsets: readonly number[], producerId: number): Buffer =>
  batch(offsets, { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true })

/** Reads all that is visible from `position` on, in polls of up to `most`. */
function readAll(records: Buffer, position: number, aborted: Parameters<typeof visibleBatches>[2], most = 100) {
  const partition = new AssignedPartition({ topic: 't', partition: 0 })
  partition.seek(position)
  partition.buffer(visibleBatches(records, position, aborted), records.length, 99)
  const offsets: number[] = []
  for (let taken = partition.take(most); taken !== undefined; taken = partition.take(most)) {
    const got = [...taken].map(({ offset, value }) => {
      expect(value!.toString()).toBe(`${offset}`)
      return offset
    })
    expect(taken.count).toBe(got.length)
    expect(taken.count).toBeLessThanOrEqual(most)
    offsets.push(...got)
  }
  return {
    offsets,
    position: partition.position,
    fetchOffset: partition.fetchOffset,
    bufferedBytes: partition.bufferedBytes,
  }
}

describe('what a fetch brought', () => {
  it('leaves out what lies before the position', () => {
    const records = Buffer.concat([batch([0, 1, 2]), batch([3, 4, 5]), batch([6])])
    expect(readAll(records, 4, null).offsets).toEqual([4, 5, 6])
    expect(readAll(records, 3, null).offsets).toEqual([3, 4, 5, 6])
  })

  it.each([1, 2, 3, 100])('counts rightly where compaction left gaps, %i at a time', (most) => {
    const records = Buffer.concat([batch([0, 4, 9], { compression: 'gzip' }), batch([12, 13])])
    expect(readAll(records, 0, null, most).offsets).toEqual([0, 4, 9, 12, 13])
    expect(readAll(records, 3, null, most).offsets).toEqual([4, 9, 12, 13])
    expect(readAll(records, 10, null, most).offsets).toEqual([12, 13])
  })

  it('goes on behind control batches at the end, and behind a cut batch not at all', () => {
    const last = batch([7, 8])
    const records = Buffer.concat([inTransaction([5], 1), marker(6, 1, true), last.subarray(0, 40)])
    expect(readAll(records, 5, null)).toEqual({ offsets: [5], position: 7, fetchOffset: 7, bufferedBytes: 0 })
    expect(readAll(marker(6, 1, true), 6, null)).toEqual({ offsets: [], position: 7, fetchOffset: 7, bufferedBytes: 0 })
  })

  it('hides aborted transactions from who reads committed, and only those', () => {
    const records = Buffer.concat([
      inTransaction([0, 1], 1),
      inTransaction([2], 2),
      batch([3]),
      marker(4, 1, false),
      inTransaction([5], 1),
      marker(6, 2, true),
      marker(7, 1, true),
    ])
    const aborted = [{ producerId: 1, firstOffset: 0 }]
    expect(readAll(records, 0, aborted).offsets).toEqual([2, 3, 5])
    expect(readAll(records, 0, []).offsets).toEqual([0, 1, 2, 3, 5])
    expect(readAll(records, 0, null).offsets).toEqual([0, 1, 2, 3, 5])
  })
})

describe('a partition that is read', () => {
  const fresh = (position: number): AssignedPartition => {
    const partition = new AssignedPartition({ topic: 't', partition: 0 })
    partition.seek(position)
    return partition
  }
  const answer = (records: Buffer, position: number) => visibleBatches(records, position, null)

  it('hands out what lies before a damaged batch, then says where the damage is', () => {
    const partition = fresh(0)
    const damaged = batch([1])
    damaged[damaged.length - 1]! ^= 1
    partition.buffer(answer(Buffer.concat([batch([0]), damaged, batch([2])]), 0), 1, 3)
    expect([...partition.take(10)!].map(({ offset }) => offset)).toEqual([0])
    expect(partition.problem).toMatchObject({
      code: 'BATCH_CORRUPT',
      message: expect.stringContaining('offset 1 of t-0'),
    })
    expect(partition.take(10)).toBeUndefined()
    partition.dismissError()
    expect(partition.problem).toBeDefined()
    partition.seek(2)
    expect(partition.problem).toBeUndefined()
  })

  it('fetches one answer ahead of the one that is handed out, and stops at an error', () => {
    const partition = fresh(0)
    expect(partition.wantsFetch(0)).toBe(true)
    partition.buffer(answer(batch([0, 1]), 0), 10, 4)
    expect(partition.wantsFetch(0)).toBe(true)
    partition.buffer(answer(batch([2, 3]), 2), 10, 4)
    expect(partition.wantsFetch(0)).toBe(false)
    partition.take(2)
    expect(partition.wantsFetch(0)).toBe(true)
    partition.bufferError(new Error('no'))
    expect(partition.wantsFetch(0)).toBe(false)
    expect([...partition.take(9)!].map(({ offset }) => offset)).toEqual([2, 3])
    expect(partition.problem?.message).toBe('no')
    partition.dismissError()
    expect([partition.problem, partition.wantsFetch(0)]).toEqual([undefined, true])
  })
})
