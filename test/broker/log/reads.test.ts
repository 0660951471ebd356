import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Files } from '#core/ports/files.ts'
import type { VirtualTime } from '#core/ports/virtual-time.ts'
import { batches, RecordBatch } from '#core/records/batch.ts'
import type { LogRead, PartitionLog } from '../../../broker/log/partition-log.ts'
import {
  asClient,
  batchesFrom,
  batchOf,
  oneLog,
  openLogs,
  startMs,
  topicConfig,
  valuesFrom,
} from '../../support/logs.ts'

const found = (read: LogRead): RecordBatch[] => read.chunks.flatMap((chunk) => [...batches(chunk)])

/** Files on a disk that takes its time for large reads. */
function slowFiles(files: Files, time: VirtualTime, disk: { readMs: number }): Files {
  const wait = (length: number): void => (length > 1000 ? time.advance(disk.readMs) : undefined)
  return {
    ...files,
    open(path, options) {
      const file = files.open(path, options)
      const { read, readAsync } = file
      return Object.assign(file, {
        read(...args: Parameters<typeof read>) {
          wait(args[2])
          return read.apply(file, args)
        },
        readAsync(...args: Parameters<typeof readAsync>) {
          wait(args[2])
          return readAsync.apply(file, args)
        },
      })
    },
  }
}

describe('a read', () => {
  it('is the same from memory and from files, for any offset, size and bound', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 9000 })), {
          minLength: 1,
          maxLength: 40,
        }),
        fc.array(
          fc.tuple(
            fc.double({ min: 0, max: 1, noNaN: true }),
            fc.integer({ min: 0, max: 200_000 }),
            fc.double({ min: 0, max: 1, noNaN: true }),
            fc.boolean(),
          ),
          { minLength: 1, maxLength: 20 },
        ),
        async (writes, reads) => {
          const config = { 'segment.bytes': 60_000, 'index.interval.bytes': 500 }
          const cached = await oneLog(config)
          const stored = await oneLog(config, { tailCacheBytes: 0 })
          for (const { log } of [cached, stored]) {
            for (const [count, size] of writes)
              log.append(batchOf(Array.from({ length: count }, () => 'x'.repeat(size))), asClient)
          }
          // The newest chunk always stays in memory: a clean stop empties it.
          await stored.logs.close()
          const fromFiles = (await openLogs(stored)).logs.get('t', 0)!
          const end = cached.log.logEndOffset
          const all = await batchesFrom(cached.log)
          for (const [from, maxBytes, bound, atLeastOneBatch] of reads) {
            const offset = Math.min(end - 1, Math.floor(from * end))
            const upTo = Math.floor(bound * (end + 1))
            const options = { upTo, atLeastOneBatch }
            const memory = found(await cached.log.read(offset, maxBytes, options))
            const files = found(await fromFiles.read(offset, maxBytes, options))
            checkRead(memory, all, offset, maxBytes, options)
            checkRead(files, all, offset, maxBytes, options)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  /** Whole batches in order from the one with the offset, within both bounds, and something if anything may be had. */
  function checkRead(
    read: readonly RecordBatch[],
    all: readonly RecordBatch[],
    offset: number,
    maxBytes: number,
    options: { upTo: number; atLeastOneBatch: boolean },
  ): void {
    const first = all.findIndex((batch) => batch.lastOffset >= offset)
    const expected = all.slice(first, first + read.length)
    expect(read.map((batch) => [batch.baseOffset, batch.crc])).toEqual(
      expected.map((batch) => [batch.baseOffset, batch.crc]),
    )
    const size = read.reduce((sum, batch) => sum + batch.sizeInBytes, 0)
    expect(size <= maxBytes || (options.atLeastOneBatch && read.length === 1)).toBe(true)
    for (const batch of read) expect(batch.lastOffset).toBeLessThan(options.upTo)
    const next = all[first]!
    const allowed = next.lastOffset < options.upTo && offset < options.upTo
    if (allowed && (options.atLeastOneBatch || next.sizeInBytes <= maxBytes)) expect(read.length).toBeGreaterThan(0)
  }

  it('of the end is empty, and beyond it is out of range', async () => {
    const { log } = await oneLog()
    log.append(batchOf(['a', 'b']), asClient)
    expect(await log.read(2, 1000)).toEqual({ chunks: [], sizeInBytes: 0 })
    expect(() => log.read(3, 1000)).toThrow(/not 3/)
    expect(() => log.read(-1, 1000)).toThrow(/not -1/)
    log.advanceHighWatermark(2)
    log.deleteRecordsBefore(1)
    expect(() => log.read(0, 1000)).toThrow(/holds offsets 1 to 2, not 0/)
    expect(await valuesFrom(log, 1)).toEqual(['1:b'])
  })

  it('of a large old piece is made at once while the disk keeps up, and is a promise when it does not', async () => {
    const bench = await oneLog()
    for (let i = 0; i < 30; i++) bench.log.append(batchOf(['x'.repeat(10_000)]), asClient)
    expect(bench.log.read(0, 1 << 20)).not.toBeInstanceOf(Promise)
    await bench.logs.close()
    const disk = { readMs: 0 }
    const log = (await openLogs({ ...bench, files: slowFiles(bench.files, bench.time, disk) })).logs.get('t', 0)!
    const isLater = async (maxBytes: number): Promise<boolean> => {
      const read = log.read(0, maxBytes)
      expect((await read).sizeInBytes).toBeGreaterThan(maxBytes < 100_000 ? 10_000 : 300_000)
      return read instanceof Promise
    }
    expect(await isLater(1 << 20)).toBe(false)
    disk.readMs = 10
    // The first that waits is the one that tells.
    expect(await isLater(1 << 20)).toBe(false)
    expect(await isLater(1 << 20)).toBe(true)
    expect(await isLater(20_000)).toBe(false)
    disk.readMs = 0
    expect(await isLater(1 << 20)).toBe(true)
    expect(await isLater(1 << 20)).toBe(false)
  })

  it('goes on while its segment is deleted', async () => {
    const bench = await oneLog({ 'segment.bytes': 200_000 })
    for (let i = 0; i < 40; i++) bench.log.append(batchOf(['x'.repeat(10_000)]), asClient)
    await bench.logs.close()
    const files = slowFiles(bench.files, bench.time, { readMs: 10 })
    const log = (await openLogs({ ...bench, files })).logs.get('t', 0)!
    await log.read(0, 150_000)
    const reading = log.read(0, 150_000)
    expect(reading).toBeInstanceOf(Promise)
    log.advanceHighWatermark(40)
    log.deleteRecordsBefore(40)
    for (const batch of found(await reading)) expect(batch.isCrcValid()).toBe(true)
  })

  it('never sees a buffer change that it was given', async () => {
    const { log } = await oneLog()
    log.append(batchOf(['a']), asClient)
    const read = found(await log.read(0, 1000))
    log.truncateTo(0)
    log.append(batchOf(['b']), asClient)
    expect(String([...read[0]!.records()][0]!.value)).toBe('a')
    expect(await valuesFrom(log)).toEqual(['0:b'])
  })

  it('from the middle of a batch begins with that batch', async () => {
    const { log } = await oneLog()
    log.append(batchOf(['a', 'b', 'c']), asClient)
    expect(found(await log.read(2, 1000)).map((batch) => batch.baseOffset)).toEqual([0])
  })

  it('scans a log from start to end in whole batches', async () => {
    const bench = await oneLog({ 'segment.bytes': 900_000 })
    for (let i = 0; i < 300; i++) bench.log.append(batchOf(['x'.repeat(10_000)]), asClient)
    const offsets = (log: PartitionLog, from?: number, upTo?: number): number[] =>
      [...log.scan(from, upTo)].flatMap((bytes) => [...batches(bytes)]).map((batch) => batch.baseOffset)
    const all = Array.from({ length: 300 }, (_, i) => i)
    expect(offsets(bench.log)).toEqual(all)
    await bench.logs.close()
    const log = (await openLogs(bench)).logs.get('t', 0)!
    expect(offsets(log)).toEqual(all)
    expect(offsets(log, 100, 200)).toEqual(all.slice(100, 200))
  })
})

describe('a lookup by time', () => {
  it('finds the first record at or after a time, in any segment and codec, after a restart too', async () => {
    const bench = await oneLog({ 'segment.bytes': 700, 'index.interval.bytes': 100 })
    const times = [5, 3, 9, 9, 12, 11, 30, 20, 31, 31, 40, 35]
    for (let i = 0; i < times.length; i += 2) {
      const compression = i % 4 ? 'gzip' : 'none'
      const [a, b] = [times[i]!, times[i + 1]!]
      bench.log.append(batchOf([`v${i}`], { timestamp: startMs + a, compression }), {
        leaderEpoch: i,
        origin: 'client',
      })
      bench.log.append(batchOf([`v${i + 1}`], { timestamp: startMs + b, compression }), {
        leaderEpoch: i,
        origin: 'client',
      })
    }
    const check = (log: PartitionLog): void => {
      for (let time = 0; time <= 41; time++) {
        const index = times.findIndex((each) => each >= time)
        const expected =
          index < 0
            ? undefined
            : { offset: index, timestamp: startMs + times[index]!, leaderEpoch: index - (index % 2) }
        expect([time, log.offsetForTimestamp(startMs + time)]).toEqual([time, expected])
      }
      expect(log.maxTimestampOffset()).toEqual({ offset: 10, timestamp: startMs + 40, leaderEpoch: 10 })
    }
    check(bench.log)
    await bench.logs.close()
    check((await openLogs(bench)).logs.get('t', 0)!)
  })

  it('looks inside batches, and not before the log start', async () => {
    const { log } = await oneLog()
    log.append(batchOf(['a', 'b', 'c']), asClient)
    expect(log.offsetForTimestamp(startMs + 2)?.offset).toBe(2)
    log.advanceHighWatermark(3)
    log.deleteRecordsBefore(1)
    expect(log.offsetForTimestamp(0)?.offset).toBe(1)
  })

  it('of an empty log finds nothing', async () => {
    const { log } = await oneLog()
    expect([log.offsetForTimestamp(0), log.maxTimestampOffset()]).toEqual([undefined, undefined])
  })
})

describe('settings', () => {
  it('count at once', async () => {
    const { files, log } = await oneLog()
    log.append(batchOf(['a']), asClient)
    log.updateConfig(topicConfig({ 'segment.bytes': 100, 'max.message.bytes': 90 }))
    log.append(batchOf(['b']), asClient)
    expect(files.list('/data/t-0').filter((name) => name.endsWith('.log'))).toHaveLength(2)
    expect(() => log.append(batchOf(['c'.repeat(50)]), asClient)).toThrow(/max.message.bytes is 90/)
  })
})
