import { describe, expect, it } from 'vitest'

import type { Files, OpenFile } from '#core/ports/files.ts'
import { memoryFiles } from '#core/ports/memory-files.ts'
import { BatchBuilder, type BatchBuilderOptions } from '#core/records/batch-builder.ts'
import { batches } from '#core/records/batch.ts'
import { defaultCleanerOptions } from '../../../broker/log/cleaner/config.ts'
import type { TopicConfig } from '../../../broker/log/config.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import { markerBatch } from '../../../broker/log/transaction-marker.ts'
import {
  asClient,
  batchesFrom,
  nextLife,
  oneLog,
  openLogs,
  startMs,
  topicConfig,
  type LogBench,
} from '../../support/logs.ts'

type Pair = readonly [key: string, value: string | null]

const pairs = (text: string): Pair[] =>
  text.split(' ').map((each) => {
    const [key, value] = each.split('=')
    return [key!, value === undefined || value === '' ? null : value]
  })

/** Appends records written as `key=value`, a tombstone as `key=`. */
function put(log: PartitionLog, text: string, options: BatchBuilderOptions & { timestamp?: number } = {}): void {
  const builder = new BatchBuilder(options)
  for (const [key, value] of pairs(text))
    builder.append(options.timestamp ?? startMs, Buffer.from(key), value === null ? null : Buffer.from(value))
  log.append(builder.build(), asClient)
}

const compacted = (changes: Partial<TopicConfig> = {}): Partial<TopicConfig> => ({
  'cleanup.policy': ['compact'],
  'min.cleanable.dirty.ratio': 0,
  'file.delete.delay.ms': 0,
  ...changes,
})

/** Begins a new segment, so that all before may be compacted, and does that. */
async function clean(bench: LogBench & { log: PartitionLog }): Promise<void> {
  const { log, logs } = bench
  log.roll()
  log.advanceHighWatermark(log.logEndOffset)
  await log.flush()
  await logs.clean()
}

const contents = async (log: PartitionLog): Promise<string> =>
  (await batchesFrom(log))
    .flatMap((batch) =>
      batch.isControl
        ? [`${batch.baseOffset}:${batch.recordCount === 0 ? 'empty ' : ''}marker`]
        : [...batch.records()].map(
            (each) => `${each.offset}:${String(each.key)}=${each.value ? String(each.value) : ''}`,
          ),
    )
    .join(' ')

describe('compaction', () => {
  it('keeps the last record of each key at its offset', async () => {
    const bench = await oneLog(compacted())
    put(bench.log, 'a=1 b=1 a=2')
    put(bench.log, 'c=1 b=2')
    put(bench.log, 'a=3')
    await clean(bench)
    expect(await contents(bench.log)).toBe('3:c=1 4:b=2 5:a=3')
    expect([bench.log.logStartOffset, bench.log.logEndOffset]).toEqual([0, 6])
    put(bench.log, 'c=2')
    await clean(bench)
    expect(await contents(bench.log)).toBe('4:b=2 5:a=3 6:c=2')
  })

  it('counts its runs and the bytes that it read and wrote', async () => {
    const bench = await oneLog(compacted())
    const { log, logs } = bench
    expect(logs.compacted).toMatchObject({ runs: 0, last: undefined })
    put(log, 'a=1 b=1 a=2')
    const first = log.sizeInBytes
    await clean(bench)
    const kept = log.sizeInBytes
    expect(kept).toBeLessThan(first)
    put(log, 'c=1')
    const second = log.sizeInBytes
    await clean(bench)
    expect(logs.compacted).toMatchObject({
      runs: 2,
      bytesBefore: first + second,
      bytesAfter: kept + log.sizeInBytes,
      last: { bytesBefore: second, bytesAfter: log.sizeInBytes },
      maxDirtyRatio: 0,
      uncleanable: { logs: 0, bytes: 0 },
    })
  })

  it('leaves the active segment, what is above the high watermark and what is not on the disk alone', async () => {
    const { log, logs } = await oneLog(compacted())
    put(log, 'a=1')
    put(log, 'a=2')
    log.advanceHighWatermark(2)
    await log.flush()
    await logs.clean()
    expect(await contents(log)).toBe('0:a=1 1:a=2')
    log.roll()
    put(log, 'a=3')
    log.roll()
    await log.flush()
    await logs.clean()
    expect(await contents(log)).toBe('1:a=2 2:a=3')
  })

  it('waits for the dirty share, and for nothing when a record waited too long', async () => {
    const bench = await oneLog(compacted({ 'min.cleanable.dirty.ratio': 0.6, 'max.compaction.lag.ms': 1000 }))
    const { log, time } = bench
    const recent = { timestamp: startMs + 5000 }
    time.advance(5000)
    put(log, 'a=1 b=1 c=1 d=1', recent)
    await clean(bench)
    put(log, 'a=2 b=2 c=2 d=2', recent)
    await clean(bench)
    expect(await contents(log)).toBe('0:a=1 1:b=1 2:c=1 3:d=1 4:a=2 5:b=2 6:c=2 7:d=2')
    time.advance(1001)
    await clean(bench)
    expect(await contents(log)).toBe('4:a=2 5:b=2 6:c=2 7:d=2')
  })

  it('spares what is younger than min.compaction.lag.ms', async () => {
    const bench = await oneLog(compacted({ 'min.compaction.lag.ms': 1000 }))
    put(bench.log, 'a=1')
    put(bench.log, 'a=2')
    bench.log.roll()
    put(bench.log, 'a=3', { timestamp: startMs + 500 })
    bench.time.advance(1200)
    await clean(bench)
    expect(await contents(bench.log)).toBe('1:a=2 2:a=3')
    bench.time.advance(400)
    await clean(bench)
    expect(await contents(bench.log)).toBe('2:a=3')
  })

  it('keeps a tombstone for delete.retention.ms after it was first cleaned', async () => {
    const bench = await oneLog(compacted({ 'delete.retention.ms': 1000 }))
    put(bench.log, 'a=1 b=1')
    put(bench.log, 'a=')
    await clean(bench)
    expect(await contents(bench.log)).toBe('1:b=1 2:a=')
    const [, tombstone] = await batchesFrom(bench.log)
    expect([tombstone!.deleteHorizonMs, [...tombstone!.records()][0]!.timestamp]).toEqual([startMs + 1000, startMs])
    bench.time.advance(999)
    put(bench.log, 'x=1')
    await clean(bench)
    expect(await contents(bench.log)).toBe('1:b=1 2:a= 3:x=1')
    bench.time.advance(1)
    put(bench.log, 'x=2')
    await clean(bench)
    expect(await contents(bench.log)).toBe('1:b=1 4:x=2')
  })

  it('keeps the last batch of a producer, empty if need be, with its sequences', async () => {
    const bench = await oneLog(compacted())
    const sender = { producerId: 5, producerEpoch: 1 }
    put(bench.log, 'a=1 b=1', { ...sender, baseSequence: 0 })
    put(bench.log, 'a=2 b=2', { ...sender, baseSequence: 2 })
    put(bench.log, 'a=3 b=3')
    await clean(bench)
    const [empty] = await batchesFrom(bench.log)
    expect([
      empty!.recordCount,
      empty!.baseOffset,
      empty!.lastOffset,
      empty!.baseSequence,
      empty!.lastSequence,
    ]).toEqual([0, 2, 3, 2, 3])
    for (const name of bench.files.list('/data/t-0').filter((each) => each.endsWith('.snapshot')))
      bench.files.remove(`/data/t-0/${name}`)
    const { logs } = await openLogs({ ...bench, files: nextLife(bench.files) })
    const again = logs.get('t', 0)!
    expect([...again.activeProducers()]).toMatchObject([{ producerId: 5, producerEpoch: 1, lastSequence: 3 }])
  })

  it('keeps first and last offset and sequence of a batch that loses records, and its codec', async () => {
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const bench = await oneLog(compacted())
      const sender = { producerId: 5, producerEpoch: 1, baseSequence: 7, compression }
      const headers = [{ key: 'h', value: Buffer.from('v') }]
      const builder = new BatchBuilder(sender)
      for (const key of ['a', 'b', 'c', 'a']) builder.append(startMs, Buffer.from(key), Buffer.from('1'), headers)
      bench.log.append(builder.build(), asClient)
      put(bench.log, 'a=2 c=2')
      await clean(bench)
      const [batch] = await batchesFrom(bench.log)
      const { compression: codec, baseOffset, lastOffset, baseSequence, lastSequence, recordCount } = batch!
      expect([codec, baseOffset, lastOffset, baseSequence, lastSequence, recordCount]).toEqual([
        compression,
        0,
        3,
        7,
        10,
        1,
      ])
      expect([...batch!.records()].map(({ offset, headers: kept }) => [offset, String(kept[0]?.value)])).toEqual([
        [1, 'v'],
      ])
    }
  })

  it('puts small segments together, and the log opens with them after a crash', async () => {
    const bench = await oneLog(compacted({ 'segment.bytes': 2000 }))
    for (let i = 0; i < 40; i++) {
      put(bench.log, `k${i % 7}=${i}`)
      if (i % 4 === 0) bench.log.roll()
    }
    const before = bench.files.list('/data/t-0').filter((name) => name.endsWith('.log')).length
    await clean(bench)
    await bench.logs.checkpoint()
    bench.time.advance(1)
    const expected = '33:k5=33 34:k6=34 35:k0=35 36:k1=36 37:k2=37 38:k3=38 39:k4=39'
    expect(await contents(bench.log)).toBe(expected)
    const names = bench.files.list('/data/t-0')
    expect(names.filter((name) => name.endsWith('.log')).length).toBeLessThan(before / 2)
    expect(names.filter((name) => /cleaned|swap|deleted/.test(name))).toEqual([])
    for (const lost of [[], ['recovery-point-offset-checkpoint']]) {
      const files = nextLife(bench.files)
      for (const name of lost) files.remove(`/data/${name}`)
      const log = (await openLogs({ ...bench, files })).logs.get('t', 0)!
      expect([await contents(log), log.logEndOffset]).toEqual([expected, 40])
    }
  })

  it('leaves a log that is whole after a clean stop, though all checkpoints are gone', async () => {
    const bench = await oneLog(compacted({ 'segment.bytes': 400 }))
    for (let i = 0; i < 40; i++) put(bench.log, `${i === 1 ? 'b' : 'a'}=${i}`)
    for (let i = 40; i < 60; i++) put(bench.log, `k${i}=${i}`)
    await clean(bench)
    const expected = await contents(bench.log)
    expect(expected).toMatch(/^1:b=1 39:a=39 40:/)
    await bench.logs.close()
    for (const name of bench.files.list('/data').filter((each) => each.endsWith('checkpoint')))
      bench.files.remove(`/data/${name}`)
    const log = (await openLogs({ ...bench, files: nextLife(bench.files) })).logs.get('t', 0)!
    expect([await contents(log), log.logEndOffset]).toEqual([expected, 60])
  })

  it('goes on in passes when memory is too small for all keys', async () => {
    const bench = await oneLog(compacted({ 'segment.bytes': 2000 }), {
      cleaner: { ...defaultCleanerOptions, keyBytes: 24 * 32 },
    })
    for (let i = 0; i < 200; i++) put(bench.log, `k${i % 100}=${i}`)
    await clean(bench)
    const expected = Array.from({ length: 100 }, (_, i) => `${100 + i}:k${i}=${100 + i}`).join(' ')
    expect(await contents(bench.log)).toBe(expected)
  })

  it('is remembered over a restart', async () => {
    const bench = await oneLog(compacted())
    put(bench.log, 'a=1')
    put(bench.log, 'a=2')
    await clean(bench)
    expect(bench.files.readWhole('/data/cleaner-offset-checkpoint').toString()).toBe('0\n1\nt 0 2\n')
    await bench.logs.close()
    const { logs } = await openLogs({ ...bench, config: topicConfig(compacted()) })
    expect(logs.get('t', 0)!.compaction.cleanedOffset).toBe(2)
    expect(logs.get('t', 0)!.compaction.cleanable(startMs)).toBeUndefined()
  })

  it('takes records without a key out, which were there before the topic was compacted', async () => {
    const bench = await oneLog({ 'file.delete.delay.ms': 0 })
    const builder = new BatchBuilder()
    builder.append(startMs, null, Buffer.from('x'))
    bench.log.append(builder.build(), asClient)
    put(bench.log, 'a=1')
    bench.log.updateConfig(topicConfig(compacted()))
    await clean(bench)
    expect(await contents(bench.log)).toBe('1:a=1')
  })

  it('leaves a damaged log as it is, and says so', async () => {
    const said: string[] = []
    const bench = await oneLog(compacted(), { say: (level, message) => void said.push(`${level} ${message}`) })
    put(bench.log, 'a=1')
    put(bench.log, 'a=2')
    bench.files.open('/data/t-0/00000000000000000000.log').write([Buffer.from([0xff])], 65)
    await clean(bench)
    expect(said.filter((each) => each.startsWith('error'))).toEqual([
      'error log t-0 cannot be compacted; it is left alone until the next start',
    ])
    expect(bench.files.list('/data/t-0').filter((name) => name.includes('cleaned'))).toEqual([])
    expect(bench.log.logEndOffset).toBe(2)
  })

  it('gives way when the log is cut or dropped meanwhile', async () => {
    const bench = await oneLog(compacted({ 'segment.bytes': 2000 }))
    for (let i = 0; i < 100; i++) put(bench.log, `k${i}=${i}`)
    bench.log.roll()
    bench.log.advanceHighWatermark(100)
    await bench.log.flush()
    const running = bench.logs.clean()
    bench.log.deleteRecordsBefore(90)
    await running
    expect(await contents(bench.log)).toMatch(/^90:k90=90 .*99:k99=99$/)
  })
})

describe('compaction that is under way', () => {
  /** Compacts a log and lets `act` run when the first file is begun; resolves when both are done. */
  async function interrupted(act: (bench: LogBench) => Promise<void>): Promise<LogBench & { said: string[] }> {
    const said: string[] = []
    const say = (level: string, message: string): void => void (level === 'error' && said.push(message))
    const inner = memoryFiles()
    let begun = (): void => {}
    const acted = new Promise<void>((done) => (begun = done))
    const files: Files = {
      ...inner,
      open(path, options) {
        if (path.endsWith('.log.cleaned')) begun()
        return inner.open(path, options)
      },
    }
    const bench = await oneLog(compacted({ 'segment.bytes': 2000 }), { files, say })
    for (let i = 0; i < 300; i++) put(bench.log, `k${i % 50}=${i}`)
    bench.log.roll()
    bench.log.advanceHighWatermark(300)
    await bench.log.flush()
    await Promise.all([bench.logs.clean(), acted.then(() => act(bench))])
    return { ...bench, files: inner, said }
  }

  it('ends when the log is deleted', async () => {
    const { said, files, time, logs } = await interrupted(async (bench) => bench.logs.delete('t', 0))
    time.advance(60_000)
    expect([said, files.list('/data').filter((name) => name.startsWith('t-0'))]).toEqual([[], []])
    await logs.close()
  })

  it('ends when the directory is closed, and is begun anew in the next life', async () => {
    const bench = await interrupted(({ logs }) => logs.close())
    expect([bench.said, bench.files.list('/data/t-0').filter((name) => /cleaned|swap/.test(name))]).toEqual([[], []])
    const { logs } = await openLogs(bench)
    const log = logs.get('t', 0)!
    expect((await contents(log)).split(' ')).toHaveLength(300)
    log.updateConfig(topicConfig(compacted({ 'segment.bytes': 2000 })))
    log.advanceHighWatermark(300)
    await logs.clean()
    expect((await contents(log)).split(' ')).toHaveLength(50)
  })
})

describe('readers during compaction', () => {
  it('go on in the new files, wherever they were in the old ones', async () => {
    const inner = memoryFiles()
    const gate: { wait: Promise<void> | undefined } = { wait: undefined }
    const files: Files = {
      ...inner,
      open(path, options) {
        const file = inner.open(path, options)
        const readAsync: OpenFile['readAsync'] = async (...args) => {
          const bytes = file.readAsync(...args)
          await gate.wait
          return bytes
        }
        return new Proxy(file, {
          get: (target, name) => {
            const value = name === 'readAsync' ? readAsync : Reflect.get(target, name)
            return typeof value === 'function' ? value.bind(target) : value
          },
        })
      },
    }
    const bench = await oneLog(compacted({ 'segment.bytes': 1 << 20 }), { files, tailCacheBytes: 0 })
    const { log } = bench
    const filler = 'x'.repeat(500)
    for (let i = 0; i < 400; i++) put(log, `k${i % 390}=${i}${filler}`)
    log.roll()
    const open: { gate: () => void } = { gate: () => {} }
    gate.wait = new Promise((done) => (open.gate = done))
    const reading = log.read(0, 100_000)
    gate.wait = undefined
    await clean(bench)
    open.gate()
    const first = await reading
    const next = [...batches(Buffer.concat(first.chunks))].at(-1)!.lastOffset + 1
    const after = [...batches(Buffer.concat((await log.read(next, 100_000)).chunks))]
    expect(after[0]!.baseOffset).toBe(next)
    expect(after.every((batch) => batch.isCrcValid())).toBe(true)
  })
})

describe('compaction of transactions', () => {
  const txn = (producerId: number, baseSequence = 0): BatchBuilderOptions => ({
    producerId,
    producerEpoch: 0,
    baseSequence,
    isTransactional: true,
  })
  const end = (log: PartitionLog, producerId: number, aborts: boolean): void => {
    const marker = markerBatch({ producerId, producerEpoch: 0, aborts, coordinatorEpoch: 0, timestamp: startMs })
    log.append(marker, { leaderEpoch: 0, origin: 'coordinator' })
  }

  it('takes aborted records out, and their marker when its time has come', async () => {
    const bench = await oneLog(compacted({ 'delete.retention.ms': 1000 }))
    const { log, time } = bench
    put(log, 'a=1')
    put(log, 'a=aborted', txn(1))
    end(log, 1, true)
    put(log, 'b=1', txn(1, 1))
    end(log, 1, false)
    await clean(bench)
    expect(await contents(log)).toBe('0:a=1 2:marker 3:b=1 4:marker')
    expect(log.abortedTransactions(0, 9)).toMatchObject([{ producerId: 1, firstOffset: 1, lastOffset: 2 }])
    put(log, 'x=1')
    await clean(bench)
    expect(await contents(log)).toBe('0:a=1 2:marker 3:b=1 4:marker 5:x=1')
    expect(log.abortedTransactions(0, 9)).toEqual([])
    time.advance(1000)
    put(log, 'x=2')
    await clean(bench)
    expect(await contents(log)).toBe('0:a=1 3:b=1 4:marker 6:x=2')
  })

  it('keeps a commit marker while data of its transaction is there', async () => {
    const bench = await oneLog(compacted({ 'delete.retention.ms': 0 }))
    const { log } = bench
    put(log, 'a=1', txn(1))
    end(log, 1, false)
    put(log, 'q=1', txn(2))
    await clean(bench)
    expect(await contents(log)).toBe('0:a=1 1:marker 2:q=1')
    end(log, 2, false)
    put(log, 'a=2')
    log.expireProducers(startMs + 1, 1)
    for (let i = 0; i < 3; i++) {
      put(log, `z=${i}`)
      await clean(bench)
    }
    expect(await contents(log)).toBe('2:q=1 3:marker 4:a=2 7:z=2')
  })

  it('stops at the last stable offset', async () => {
    const bench = await oneLog(compacted({ 'segment.bytes': 150 }))
    put(bench.log, 'a=1')
    put(bench.log, 'a=2', txn(1))
    bench.log.roll()
    put(bench.log, 'a=3')
    await clean(bench)
    expect(await contents(bench.log)).toBe('0:a=1 1:a=2 2:a=3')
    end(bench.log, 1, false)
    await clean(bench)
    expect(await contents(bench.log)).toBe('2:a=3 3:marker')
  })
})

describe('cleanup.policy=compact,delete', () => {
  it('compacts, and drops what is over', async () => {
    const both: TopicConfig['cleanup.policy'] = ['compact', 'delete']
    const bench = await oneLog(compacted({ 'cleanup.policy': both, 'retention.ms': 10_000 }))
    const { log, time } = bench
    put(log, 'old=1 a=1')
    put(log, 'a=2')
    await clean(bench)
    put(log, 'new=1', { timestamp: startMs + 9000 })
    log.roll()
    log.advanceHighWatermark(log.logEndOffset)
    time.advance(9000)
    log.deleteOldSegments(time.now())
    expect(await contents(log)).toBe('0:old=1 2:a=2 3:new=1')
    time.advance(2000)
    log.deleteOldSegments(time.now())
    expect(await contents(log)).toBe('3:new=1')
    expect(log.logStartOffset).toBe(3)
    put(log, 'new=2', { timestamp: time.now() })
    await clean(bench)
    expect(await contents(log)).toBe('4:new=2')
  })
})
