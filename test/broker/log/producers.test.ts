import { describe, expect, it } from 'vitest'

import type { AppendOptions, PartitionLog } from '../../../broker/log/partition-log.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from '../../../broker/log/producer-snapshot.ts'
import { asClient, batchOf, nextLife, oneLog, openLogs, valuesFrom } from '../../support/logs.ts'

const highest = 0x7fffffff

/** Appends `count` records as producer 7 (or another) and says what came of it. */
function send(
  log: PartitionLog,
  baseSequence: number,
  count = 1,
  epoch = 0,
  producerId = 7,
  options: AppendOptions = asClient,
): string {
  const values = Array.from({ length: count }, (_, i) => `s${baseSequence + i}`)
  try {
    const { baseOffset, duplicate } = log.append(
      batchOf(values, { producerId, producerEpoch: epoch, baseSequence }),
      options,
    )
    return duplicate ? `again ${baseOffset}` : `${baseOffset}`
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('an idempotent producer', () => {
  it('gets the old offset for any of its last five batches, and nothing is appended', async () => {
    const { log } = await oneLog()
    for (let i = 0; i < 6; i++) expect(send(log, i * 2, 2)).toBe(String(i * 2))
    for (let i = 1; i < 6; i++) expect(send(log, i * 2, 2)).toBe(`again ${i * 2}`)
    expect(send(log, 0, 2)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(send(log, 10, 1)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(log.logEndOffset).toBe(12)
  })

  it('may begin anywhere when nothing is known of it, and then must go on', async () => {
    const { log } = await oneLog()
    expect(send(log, 40)).toBe('0')
    expect(send(log, 42)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(send(log, 41)).toBe('1')
  })

  it('wraps after 2^31-1', async () => {
    const { log } = await oneLog()
    expect(send(log, highest - 1)).toBe('0')
    expect(send(log, highest)).toBe('1')
    expect(send(log, 0)).toBe('2')
    expect(send(log, highest)).toBe('again 1')
    expect(send(log, highest, 3, 0, 8)).toBe('3')
    expect(send(log, 2, 1, 0, 8)).toBe('6')
    expect(send(log, highest, 3, 0, 8)).toBe('again 3')
  })

  it('starts at 0 in a new epoch and is refused in an old one', async () => {
    const { log } = await oneLog()
    send(log, 0, 1, 3)
    expect(send(log, 1, 1, 4)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(send(log, 0, 1, 4)).toBe('1')
    expect(send(log, 1, 1, 3)).toBe('INVALID_PRODUCER_EPOCH')
    expect(send(log, 0, 1, 3)).toBe('INVALID_PRODUCER_EPOCH')
  })

  it('is checked for its epoch only when the coordinator writes, and not at all as a replica', async () => {
    const { log } = await oneLog()
    send(log, 0, 1, 3)
    expect(send(log, 9, 1, 3, 7, { leaderEpoch: 0, origin: 'coordinator' })).toBe('1')
    expect(send(log, 9, 1, 2, 7, { leaderEpoch: 0, origin: 'coordinator' })).toBe('INVALID_PRODUCER_EPOCH')
    const stale = batchOf(['x'], {
      producerId: 7,
      producerEpoch: 1,
      baseSequence: 77,
      baseOffset: 2,
      partitionLeaderEpoch: 0,
    })
    expect(log.append(stale, { leaderEpoch: 0, origin: 'replica' }).baseOffset).toBe(2)
  })

  it('is forgotten after its expiry', async () => {
    const { log, time } = await oneLog()
    send(log, 0)
    time.advance(1000)
    log.expireProducers(time.now(), 1001)
    expect(log.producerCount).toBe(1)
    log.expireProducers(time.now(), 1000)
    expect(log.producerCount).toBe(0)
    expect(send(log, 55)).toBe('1')
  })

  it('is forgotten after another time once that is said', async () => {
    const { log, logs, time } = await oneLog({}, { retentionCheckMs: 1000, producerIdExpirationMs: 5000 })
    let expirationMs = 1_000_000
    logs.forgetProducersAfter(() => expirationMs)
    send(log, 0)
    time.advance(9000)
    expect(log.producerCount).toBe(1)
    expirationMs = 3000
    time.advance(1000)
    expect(log.producerCount).toBe(0)
    await logs.close()
  })
})

describe('what is known of producers', () => {
  it('survives a clean stop for the last batch', async () => {
    const first = await oneLog()
    for (let i = 0; i < 3; i++) send(first.log, i)
    send(first.log, 0, 5, 2, 9)
    await first.logs.close()
    const log = (await openLogs(first)).logs.get('t', 0)!
    expect([send(log, 2), send(log, 0, 5, 2, 9)]).toEqual(['again 2', 'again 3'])
    expect([send(log, 4), send(log, 3), send(log, 5, 1, 2, 9)]).toEqual(['OUT_OF_ORDER_SEQUENCE_NUMBER', '8', '9'])
  })

  it('is rebuilt after a crash from the log behind the last snapshot', async () => {
    const first = await oneLog({ 'segment.bytes': 300 })
    for (let i = 0; i < 8; i++) send(first.log, i)
    const log = (await openLogs({ ...first, files: nextLife(first.files) })).logs.get('t', 0)!
    expect([send(log, 7), send(log, 6), send(log, 8)]).toEqual(['again 7', 'again 6', '8'])
  })

  it('is rebuilt when snapshots are damaged or gone', async () => {
    for (const harm of ['damage', 'remove'] as const) {
      const first = await oneLog({ 'segment.bytes': 300 })
      for (let i = 0; i < 8; i++) send(first.log, i)
      await first.logs.close()
      for (const name of first.files.list('/data/t-0').filter((each) => each.endsWith('.snapshot'))) {
        if (harm === 'remove') first.files.remove(`/data/t-0/${name}`)
        else first.files.open(`/data/t-0/${name}`).write([Buffer.from([0xff])], 12)
      }
      const log = (await openLogs(first)).logs.get('t', 0)!
      for (let i = 3; i < 8; i++) expect(send(log, i)).toBe(`again ${i}`)
    }
  })

  it('goes back with the log when it is cut', async () => {
    const { log } = await oneLog({ 'segment.bytes': 300 })
    for (let i = 0; i < 8; i++) send(log, i)
    log.truncateTo(5)
    expect(await valuesFrom(log)).toEqual(['0:s0', '1:s1', '2:s2', '3:s3', '4:s4'])
    expect([send(log, 4), send(log, 6), send(log, 5)]).toEqual(['again 4', 'OUT_OF_ORDER_SEQUENCE_NUMBER', '5'])
  })

  it('is kept when DeleteRecords takes the batches away', async () => {
    const { log } = await oneLog()
    send(log, 0)
    log.advanceHighWatermark(1)
    log.deleteRecordsBefore(-1)
    expect(send(log, 0)).toBe('again 0')
  })
})

describe('a producer snapshot', () => {
  const row = {
    producerId: 2 ** 41,
    producerEpoch: 3,
    lastSequence: 9,
    lastOffset: 2 ** 35,
    offsetDelta: 4,
    timestamp: -1,
    coordinatorEpoch: -1,
    currentTxnFirstOffset: -1,
  }

  it('keeps its rows', () => {
    expect(decodeProducerSnapshot(encodeProducerSnapshot([row, { ...row, producerId: 1 }]))).toEqual([
      row,
      { ...row, producerId: 1 },
    ])
    expect(decodeProducerSnapshot(encodeProducerSnapshot([]))).toEqual([])
  })

  it('is not believed when a byte is wrong or missing', () => {
    const good = encodeProducerSnapshot([row])
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good)
      bad[at]! ^= 4
      expect(decodeProducerSnapshot(bad)).toBeUndefined()
      expect(decodeProducerSnapshot(good.subarray(0, at))).toBeUndefined()
    }
  })
})
