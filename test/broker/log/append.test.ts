import { describe, expect, it } from 'vitest'

import { RecordBatch } from '#core/records/batch.ts'
import { InvalidRecords } from '../../../broker/log/batch-checks.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import { asClient, batchesFrom, batchOf, oneLog, startMs, topicConfig, valuesFrom } from '../../support/logs.ts'

const code = (work: () => unknown): string => {
  try {
    work()
    return 'fine'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

const appended = (log: PartitionLog, bytes: Buffer): string => code(() => log.append(bytes, asClient))

/** A batch with some header bytes changed and the checksum made right again. */
function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = batchOf(['a', 'b', 'c'])
  change(bytes)
  RecordBatch.at(bytes).recomputeCrc()
  return bytes
}

describe('an append', () => {
  it('gives offsets one after another and stamps the leader epoch, in a copy', async () => {
    const { log } = await oneLog()
    const bytes = batchOf(['a', 'b'])
    const before = Buffer.from(bytes)
    expect(log.append(bytes, { leaderEpoch: 5, origin: 'client' })).toEqual({
      baseOffset: 0,
      lastOffset: 1,
      logAppendTime: -1,
      duplicate: false,
    })
    expect(log.append(bytes, { leaderEpoch: 5, origin: 'client' }).baseOffset).toBe(2)
    expect(bytes.equals(before)).toBe(true)
    bytes.fill(0)
    expect(await valuesFrom(log)).toEqual(['0:a', '1:b', '2:a', '3:b'])
    expect((await batchesFrom(log)).map((batch) => batch.partitionLeaderEpoch)).toEqual([5, 5])
  })

  it('refuses what is no sound batch, and appends nothing then', async () => {
    const { log } = await oneLog({ 'max.message.bytes': 5000 })
    const good = batchOf(['a', 'b', 'c'])
    const flipped = Buffer.from(good)
    flipped[good.length - 1]! ^= 1
    const cases: readonly (readonly [string, Buffer])[] = [
      ['CORRUPT_MESSAGE', Buffer.alloc(0)],
      ['CORRUPT_MESSAGE', good.subarray(0, 60)],
      ['CORRUPT_MESSAGE', good.subarray(0, good.length - 1)],
      ['CORRUPT_MESSAGE', flipped],
      ['CORRUPT_MESSAGE', changed((bytes) => bytes.writeInt8(3, 16))],
      ['UNSUPPORTED_FOR_MESSAGE_FORMAT', changed((bytes) => bytes.writeInt8(1, 16))],
      ['INVALID_RECORD', Buffer.concat([good, good])],
      ['INVALID_RECORD', Buffer.concat([good, Buffer.alloc(1)])],
      ['INVALID_RECORD', changed((bytes) => bytes.writeInt32BE(4, 57))],
      ['INVALID_RECORD', changed((bytes) => bytes.writeInt32BE(0, 57))],
      ['INVALID_RECORD', changed((bytes) => bytes.writeInt32BE(-1, 23))],
      ['INVALID_RECORD', batchOf(['marker'], { isControl: true })],
      ['INVALID_RECORD', batchOf(['x'], { producerId: 3, producerEpoch: 0 })],
      ['UNSUPPORTED_COMPRESSION_TYPE', changed((bytes) => bytes.writeInt16BE(6, 21))],
      ['MESSAGE_TOO_LARGE', batchOf(['x'.repeat(5000)])],
      ['INVALID_TIMESTAMP', batchOf(['x'], { timestamp: startMs + 3_600_001 })],
      ['INVALID_TIMESTAMP', batchOf(['x'], { timestampType: 'LogAppendTime' })],
    ]
    for (const [expected, bytes] of cases) expect([expected, appended(log, bytes)]).toEqual([expected, expected])
    expect(log.logEndOffset).toBe(0)
    expect(appended(log, good)).toBe('fine')
  })

  it('holds timestamps to the limits of the topic, but not a missing one', async () => {
    const { log } = await oneLog({ 'message.timestamp.before.max.ms': 1000, 'message.timestamp.after.max.ms': 10 })
    expect(appended(log, batchOf(['x'], { timestamp: startMs - 1001 }))).toBe('INVALID_TIMESTAMP')
    expect(appended(log, batchOf(['x'], { timestamp: startMs + 11 }))).toBe('INVALID_TIMESTAMP')
    expect(appended(log, batchOf(['x'], { timestamp: startMs - 1000 }))).toBe('fine')
    expect(appended(log, batchOf(['x'], { timestamp: -1 }))).toBe('fine')
  })

  it('wants keys where the topic is compacted, and names the records without', async () => {
    const { log } = await oneLog({ 'cleanup.policy': ['compact'] })
    const bytes = batchOf(['a', 'b'], { key: null, compression: 'lz4' })
    expect(() => log.append(bytes, asClient)).toThrow(InvalidRecords)
    try {
      log.append(bytes, asClient)
    } catch (error) {
      expect((error as InvalidRecords).code).toBe('INVALID_RECORD')
      expect((error as InvalidRecords).recordFaults.map((fault) => fault.batchIndex)).toEqual([0, 1])
    }
    expect(appended(log, batchOf(['a'], { key: 'k' }))).toBe('fine')
  })

  it("gives the broker's time under LogAppendTime, with a checksum that fits", async () => {
    const { log, time } = await oneLog({ 'message.timestamp.type': 'LogAppendTime' })
    time.advance(5000)
    expect(log.append(batchOf(['a', 'b'], { timestamp: 1 }), asClient).logAppendTime).toBe(startMs + 5000)
    const [batch] = await batchesFrom(log)
    expect([...batch!.records()].map((record) => record.timestamp)).toEqual([startMs + 5000, startMs + 5000])
  })

  it("keeps the client's compression unless the topic has its own", async () => {
    const { log } = await oneLog()
    log.append(batchOf(['a'.repeat(500)], { compression: 'gzip' }), asClient)
    log.updateConfig(topicConfig({ 'compression.type': 'zstd' }))
    log.append(batchOf(['b'.repeat(500)], { compression: 'gzip' }), asClient)
    log.append(batchOf(['c'.repeat(500)], { compression: 'zstd' }), asClient)
    log.updateConfig(topicConfig({ 'compression.type': 'uncompressed' }))
    log.append(batchOf(['d'.repeat(500)], { compression: 'snappy' }), asClient)
    expect((await batchesFrom(log)).map((batch) => batch.compression)).toEqual(['gzip', 'zstd', 'zstd', 'none'])
    expect((await valuesFrom(log)).map((value) => value.slice(0, 3))).toEqual(['0:a', '1:b', '2:c', '3:d'])
  })

  it('takes several batches, control batches too, from this node itself', async () => {
    const { log } = await oneLog()
    const bytes = Buffer.concat([batchOf(['a', 'b']), batchOf(['marker'], { isControl: true }), batchOf(['c'])])
    expect(log.append(bytes, { leaderEpoch: 2, origin: 'coordinator' })).toMatchObject({ baseOffset: 0, lastOffset: 3 })
    expect(log.append(bytes, { leaderEpoch: 3, origin: 'raft' })).toMatchObject({ baseOffset: 4, lastOffset: 7 })
    expect((await batchesFrom(log)).map((batch) => [batch.baseOffset, batch.partitionLeaderEpoch])).toEqual([
      [0, 2],
      [2, 2],
      [3, 2],
      [4, 3],
      [6, 3],
      [7, 3],
    ])
    expect([log.endOffsetForEpoch(2), log.endOffsetForEpoch(3)]).toEqual([
      { epoch: 2, endOffset: 4 },
      { epoch: 3, endOffset: 8 },
    ])
  })

  it("keeps offsets and epochs of a leader's batches", async () => {
    const { log } = await oneLog()
    const leader = batchOf(['a', 'b'], { baseOffset: 10, partitionLeaderEpoch: 6 })
    expect(log.append(leader, { leaderEpoch: 99, origin: 'replica' })).toMatchObject({ baseOffset: 10, lastOffset: 11 })
    expect(code(() => log.append(leader, { leaderEpoch: 99, origin: 'replica' }))).toBe('CORRUPT_MESSAGE')
    expect([log.logEndOffset, log.latestEpoch]).toEqual([12, 6])
  })
})

describe('a new segment begins', () => {
  const bases = (files: { list(path: string): string[] }): number[] =>
    files
      .list('/data/t-0')
      .filter((name) => name.endsWith('.log'))
      .map((name) => Number(name.slice(0, 20)))

  it('when the batch does not fit any more', async () => {
    const { files, log } = await oneLog({ 'segment.bytes': 200 })
    for (let i = 0; i < 5; i++) log.append(batchOf(['x']), asClient)
    expect(bases(files)).toEqual([0, 2, 4])
    expect(appended(log, batchOf(['x'.repeat(200)]))).toBe('RECORD_LIST_TOO_LARGE')
  })

  it('when record time has gone on for longer than segment.ms since the first batch', async () => {
    const { files, log } = await oneLog({ 'segment.ms': 1000 })
    for (const after of [500, 0, 1500, 1501, 1502, 400])
      log.append(batchOf(['x'], { timestamp: startMs + after }), asClient)
    expect(bases(files)).toEqual([0, 3])
  })

  it('when wall time has, for records without a time', async () => {
    const { files, log, time } = await oneLog({ 'segment.ms': 1000 })
    for (let i = 0; i < 4; i++, time.advance(400)) log.append(batchOf(['x'], { timestamp: -1 }), asClient)
    expect(bases(files)).toEqual([0, 3])
  })

  it('when an index is full', async () => {
    const { files, log } = await oneLog({ 'segment.index.bytes': 48, 'index.interval.bytes': 0 })
    for (let i = 0; i < 10; i++) log.append(batchOf(['x'], { timestamp: startMs + i }), asClient)
    expect(bases(files)).toEqual([0, 4, 8])
  })

  it('when an offset is too far from the base to be indexed', async () => {
    const { files, log } = await oneLog()
    const far = 2 ** 31
    const replica = { leaderEpoch: 0, origin: 'replica' } as const
    log.append(batchOf(['a'], { partitionLeaderEpoch: 0 }), replica)
    log.append(batchOf(['b'], { partitionLeaderEpoch: 0, baseOffset: far - 1 }), replica)
    log.append(batchOf(['c'], { partitionLeaderEpoch: 0, baseOffset: far }), replica)
    expect(bases(files)).toEqual([0, far])
    expect(await valuesFrom(log)).toEqual(['0:a', `${far - 1}:b`, `${far}:c`])
  })
})
