import { describe, expect, it } from 'vitest'

import { asClient, batchOf, nextLife, oneLog, openLogs, startMs, topicConfig, valuesFrom } from '../../support/logs.ts'

/** Ten batches of 72 bytes, two to a segment, a second apart. */
async function tenBatches(config: Parameters<typeof topicConfig>[0]) {
  const bench = await oneLog({ 'segment.bytes': 170, 'retention.ms': -1, ...config })
  for (let i = 0; i < 10; i++) bench.log.append(batchOf([String(i)], { timestamp: startMs + i * 1000 }), asClient)
  bench.log.advanceHighWatermark(10)
  return bench
}

const logFiles = (files: { list(path: string): string[] }): number[] =>
  files
    .list('/data/t-0')
    .filter((name) => name.endsWith('.log'))
    .map((name) => Number(name.slice(0, 20)))

describe('retention', () => {
  it('by age drops segments whose newest record is too old', async () => {
    const { files, log } = await tenBatches({ 'retention.ms': 1000 })
    expect(log.deleteOldSegments(startMs + 2000)).toBe(0)
    expect(log.deleteOldSegments(startMs + 4001)).toBe(288)
    expect([log.logStartOffset, logFiles(files)]).toEqual([4, [4, 6, 8]])
    expect((await valuesFrom(log))[0]).toBe('4:4')
  })

  it('by age takes the last segment too, and the log goes on behind it', async () => {
    const { files, log } = await tenBatches({ 'retention.ms': 1000 })
    log.deleteOldSegments(startMs + 100_000)
    expect([log.logStartOffset, log.logEndOffset, logFiles(files)]).toEqual([10, 10, [10]])
    expect(log.append(batchOf(['next']), asClient).baseOffset).toBe(10)
    expect(log.deleteOldSegments(startMs)).toBe(0)
  })

  it('by size drops the oldest segments that the rest is large enough without', async () => {
    const { log } = await tenBatches({ 'retention.bytes': 500 })
    log.deleteOldSegments(startMs)
    expect([log.logStartOffset, log.sizeInBytes]).toEqual([2, 576])
    log.updateConfig(topicConfig({ 'retention.bytes': 0, 'retention.ms': -1 }))
    log.deleteOldSegments(startMs)
    expect([log.logStartOffset, log.sizeInBytes]).toEqual([10, 0])
  })

  it('never takes what readers cannot see yet', async () => {
    const bench = await oneLog({ 'segment.bytes': 170, 'retention.bytes': 0 })
    for (let i = 0; i < 10; i++) bench.log.append(batchOf([String(i)]), asClient)
    bench.log.advanceHighWatermark(5)
    bench.log.deleteOldSegments(startMs)
    expect(bench.log.logStartOffset).toBe(4)
  })

  it('does nothing without cleanup.policy delete, except to what lies before the log start', async () => {
    const { files, log } = await tenBatches({ 'retention.ms': 0, 'retention.bytes': 0, 'cleanup.policy': ['compact'] })
    expect(log.deleteOldSegments(startMs + 100_000)).toBe(0)
    log.deleteRecordsBefore(5)
    expect([log.logStartOffset, logFiles(files)]).toEqual([5, [4, 6, 8]])
  })

  it('goes by the clock for records without a time', async () => {
    const { time, log } = await oneLog({ 'segment.bytes': 170, 'retention.ms': 1000 })
    for (let i = 0; i < 4; i++) log.append(batchOf([String(i)], { timestamp: -1 }), asClient)
    log.advanceHighWatermark(4)
    expect(log.deleteOldSegments(time.now() + 1000)).toBe(0)
    log.deleteOldSegments(time.now() + 1001)
    expect(log.logStartOffset).toBe(4)
  })

  it('takes files out by name first and removes them later; a restart does not see them', async () => {
    const { files, time, log } = await tenBatches({ 'retention.ms': 1000, 'file.delete.delay.ms': 500 })
    log.deleteOldSegments(startMs + 4001)
    const marked = (): string[] => files.list('/data/t-0').filter((name) => name.endsWith('.deleted'))
    expect(marked()).toContain('00000000000000000002.log.deleted')
    expect(marked()).toContain('00000000000000000002.snapshot.deleted')
    time.advance(499)
    expect(marked()).not.toEqual([])
    time.advance(1)
    expect(marked()).toEqual([])
    log.deleteOldSegments(startMs + 6001)
    const again = (await openLogs({ files: nextLife(files) })).logs.get('t', 0)!
    expect([again.logStartOffset, marked()]).toEqual([6, []])
  })

  it('runs by itself', async () => {
    const bench = await oneLog({ 'segment.bytes': 170, 'retention.ms': 1000 }, { retentionCheckMs: 300_000 })
    for (let i = 0; i < 4; i++) bench.log.append(batchOf([String(i)]), asClient)
    bench.log.advanceHighWatermark(4)
    bench.time.advance(300_000)
    expect(bench.log.logStartOffset).toBe(4)
    await bench.logs.close()
  })
})

describe('DeleteRecords', () => {
  it('moves the log start at once and for good, up to the high watermark', async () => {
    const bench = await oneLog()
    bench.log.append(batchOf(['a', 'b', 'c', 'd']), { leaderEpoch: 3, origin: 'client' })
    bench.log.advanceHighWatermark(3)
    expect(() => bench.log.deleteRecordsBefore(4)).toThrow(/up to 3, not 4/)
    expect(() => bench.log.deleteRecordsBefore(-2)).toThrow(/not -2/)
    expect(bench.log.deleteRecordsBefore(2)).toBe(2)
    expect(bench.log.deleteRecordsBefore(1)).toBe(2)
    expect(bench.log.deleteRecordsBefore(-1)).toBe(3)
    const again = (await openLogs({ files: nextLife(bench.files) })).logs.get('t', 0)!
    expect([again.logStartOffset, await valuesFrom(again)]).toEqual([3, ['3:d']])
    expect(again.epochFor(3)).toBe(3)
  })
})

describe('a cut', () => {
  it('ends the log at the whole batch before the offset, across segments', async () => {
    const { files, log } = await tenBatches({})
    log.truncateTo(7)
    expect([log.logEndOffset, log.highWatermark, logFiles(files)]).toEqual([7, 7, [0, 2, 4, 6]])
    expect(log.append(batchOf(['x']), asClient).baseOffset).toBe(7)
    log.truncateTo(4)
    expect([log.logEndOffset, logFiles(files)]).toEqual([4, [0, 2, 4]])
    expect(log.append(batchOf(['y']), asClient).baseOffset).toBe(4)
    expect(await valuesFrom(log, 3)).toEqual(['3:3', '4:y'])
    const again = (await openLogs({ files: nextLife(files) })).logs.get('t', 0)!
    expect(await valuesFrom(again, 3)).toEqual(['3:3', '4:y'])
  })

  it('takes epochs back with it', async () => {
    const { log } = await oneLog()
    for (const epoch of [1, 1, 4, 6]) log.append(batchOf(['x']), { leaderEpoch: epoch, origin: 'client' })
    log.truncateTo(3)
    expect([log.latestEpoch, log.endOffsetForEpoch(6), log.endOffsetForEpoch(3)]).toEqual([
      4,
      { epoch: -1, endOffset: -1 },
      { epoch: 1, endOffset: 2 },
    ])
  })

  it('below the start begins anew there', async () => {
    const { files, log } = await tenBatches({ 'retention.ms': 1000 })
    log.deleteOldSegments(startMs + 6001)
    log.truncateTo(3)
    expect([log.logStartOffset, log.logEndOffset, logFiles(files)]).toEqual([3, 3, [3]])
    log.truncateFullyAndStartAt(50)
    expect([log.logStartOffset, log.logEndOffset, log.append(batchOf(['x']), asClient).baseOffset]).toEqual([
      50, 50, 50,
    ])
    const again = (await openLogs({ files: nextLife(files) })).logs.get('t', 0)!
    expect([again.logStartOffset, again.logEndOffset]).toEqual([50, 51])
  })
})
