import { describe, expect, it } from 'vitest'

import { BatchBuilder, type BatchBuilderOptions } from '#core/records/batch-builder.ts'
import { RecordBatch } from '#core/records/batch.ts'
import { compress } from '#core/records/compression/index.ts'
import { batchLayout, batchLengthOverhead } from '#core/records/layout.ts'
import { InvalidRecords } from '../../../broker/log/batch-checks.ts'
import type { TopicConfig } from '../../../broker/log/config.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import { asClient, batchesFrom, batchOf, oneLog, startMs } from '../../support/logs.ts'

const hour = 3_600_000

/** A batch with a record at each of the given times. */
function at(times: readonly number[], options: BatchBuilderOptions = {}): Buffer {
  const builder = new BatchBuilder(options)
  for (const time of times) builder.append(time, Buffer.from('k'), Buffer.from('v'))
  return builder.build()
}

function refusal(log: PartitionLog, batch: Buffer): string {
  try {
    log.append(batch, asClient)
    return 'taken'
  } catch (error) {
    const faults = error instanceof InvalidRecords ? error.recordFaults.map((each) => each.batchIndex).join() : ''
    return `${(error as { code: string }).code} ${faults}`.trim()
  }
}

const logWith = async (config: Partial<TopicConfig>): Promise<PartitionLog> => (await oneLog(config)).log

/** A batch whose bytes were changed where the checksum counts; the checksum fits. */
function changed(batch: Buffer, change: (batch: Buffer) => void): Buffer {
  change(batch)
  RecordBatch.at(batch).recomputeCrc()
  return batch
}

describe('times of records', () => {
  it('may lie an hour ahead, and who is later is named', async () => {
    const log = await logWith({})
    expect(refusal(log, at([startMs, startMs + hour]))).toBe('taken')
    expect(refusal(log, at([startMs, startMs + hour + 1, startMs, startMs + 2 * hour]))).toBe('INVALID_TIMESTAMP 1,3')
  })

  it('are each held to message.timestamp.before.max.ms, wherever they stand in the batch', async () => {
    const log = await logWith({ 'message.timestamp.before.max.ms': 1000 })
    expect(refusal(log, at([startMs, startMs - 1000, -1]))).toBe('taken')
    expect(refusal(log, at([startMs, startMs - 1001]))).toBe('INVALID_TIMESTAMP 1')
  })

  it('do not count where the broker gives its own', async () => {
    const log = await logWith({ 'message.timestamp.type': 'LogAppendTime', 'message.timestamp.before.max.ms': 1000 })
    expect(refusal(log, at([startMs - hour, startMs + 9 * hour]))).toBe('taken')
    const [batch] = await batchesFrom(log)
    expect([...batch!.records()].map((record) => record.timestamp)).toEqual([startMs, startMs])
  })
})

describe('records of a topic that has them validated', () => {
  const validated = (): Promise<PartitionLog> => logWith({ 'millrace.validate.records': true })

  it('are decoded: a batch that says one thing and holds another is refused', async () => {
    const log = await validated()
    expect(refusal(log, batchOf(['a', 'b'], { compression: 'lz4' }))).toBe('taken')
    const fewer = changed(batchOf(['a', 'b']), (batch) => {
      batch.writeInt32BE(3, batchLayout.recordCount)
      batch.writeInt32BE(2, batchLayout.lastOffsetDelta)
    })
    expect(refusal(log, fewer)).toBe('CORRUPT_MESSAGE')
    const packed = batchOf(['a', 'b'], { compression: 'gzip' })
    expect(
      refusal(
        log,
        changed(packed, (batch) => batch.fill(0, batch.length - 12)),
      ),
    ).toBe('CORRUPT_MESSAGE')
    // The offset delta of the second record: length, attributes and timestamp delta come before it.
    const size = RecordBatch.at(batchOf(['a'])).sizeInBytes
    expect(
      refusal(
        log,
        changed(batchOf(['a', 'b']), (batch) => batch.writeUInt8(0, size + 3)),
      ),
    ).toBe('INVALID_RECORD 1')
  })

  it('have the largest of their times put right in the header, as Apache Kafka does', async () => {
    const log = await validated()
    const batch = changed(at([startMs, startMs + 5]), (bytes) => bytes.writeBigInt64BE(0n, batchLayout.maxTimestamp))
    expect(refusal(log, batch)).toBe('taken')
    const [stored] = await batchesFrom(log)
    expect([stored!.maxTimestamp, log.maxTimestampOffset()?.offset]).toEqual([startMs + 5, 1])
  })

  it('are not looked at elsewhere', async () => {
    const log = await logWith({})
    const fewer = changed(batchOf(['a', 'b']), (batch) => {
      batch.writeInt32BE(3, batchLayout.recordCount)
      batch.writeInt32BE(2, batchLayout.lastOffsetDelta)
    })
    expect(refusal(log, fewer)).toBe('taken')
  })
})

describe('a batch that is packed anew', () => {
  it('is refused when it cannot be unpacked, or is too large then', async () => {
    const log = await logWith({ 'compression.type': 'uncompressed', 'max.message.bytes': 1000 })
    const large = batchOf(['x'.repeat(5000)], { compression: 'gzip' })
    expect(large.length).toBeLessThan(1000)
    expect(refusal(log, large)).toBe('MESSAGE_TOO_LARGE')
    const packed = batchOf(['a'], { compression: 'zstd' })
    expect(
      refusal(
        log,
        changed(packed, (batch) => batch.fill(7, batchLayout.records)),
      ),
    ).toBe('CORRUPT_MESSAGE')
    expect(log.logEndOffset).toBe(0)
  })

  it('keeps all but codec, length and checksum', async () => {
    const log = await logWith({ 'compression.type': 'zstd', 'compression.zstd.level': 9 })
    const sender = { producerId: 3, producerEpoch: 1, baseSequence: 8 }
    const batch = batchOf(['a', 'b'], { ...sender, compression: 'snappy' })
    log.append(batch, asClient)
    const [stored] = await batchesFrom(log)
    expect(stored).toMatchObject({ ...sender, compression: 'zstd', recordCount: 2, baseTimestamp: startMs })
    const body = compress('zstd', Buffer.from(batchOf(['a', 'b'], sender).subarray(batchLayout.records)), 9)
    expect(stored!.sizeInBytes).toBe(batchLayout.records + body.length)
    expect(stored!.sizeInBytes - batchLengthOverhead).toBe(stored!.buffer.readInt32BE(stored!.position + 8))
  })
})
