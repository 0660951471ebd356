import { describe, expect, it } from 'vitest'

import type { AppendOptions, PartitionLog } from '../../../broker/log/partition-log.ts'
import { markerBatch } from '../../../broker/log/transaction-marker.ts'
import { asClient, batchOf, nextLife, oneLog, openLogs, startMs, type LogBench } from '../../support/logs.ts'

const asCoordinator: AppendOptions = { leaderEpoch: 0, origin: 'coordinator' }
const secondVersion: AppendOptions = { ...asCoordinator, transactionVersion: 2 }

const sequences = new Map<string, number>()

/** Appends `count` transactional records of a producer; they go on where its last ones in this epoch ended. */
function write(log: PartitionLog, producerId: number, count = 1, epoch = 0, options = asClient): number {
  if (log.logEndOffset === 0) sequences.clear()
  const key = `${producerId} ${epoch}`
  const baseSequence = sequences.get(key) ?? 0
  const values = Array.from({ length: count }, (_, i) => `p${producerId} ${i}`)
  const batch = batchOf(values, { producerId, producerEpoch: epoch, baseSequence, isTransactional: true })
  const { baseOffset } = log.append(batch, options)
  sequences.set(key, baseSequence + count)
  return baseOffset
}

function end(
  log: PartitionLog,
  producerId: number,
  how: 'commit' | 'abort',
  options: AppendOptions = asCoordinator,
  producerEpoch = 0,
  coordinatorEpoch = 0,
): number {
  const aborts = how === 'abort'
  const marker = markerBatch({ producerId, producerEpoch, aborts, coordinatorEpoch, timestamp: startMs })
  return log.append(marker, options).baseOffset
}

const codeOf = (work: () => unknown): string => {
  try {
    return String(work())
  } catch (error) {
    return (error as { code: string }).code
  }
}

const visible = (log: PartitionLog): number => {
  log.advanceHighWatermark(log.logEndOffset)
  return log.lastStableOffset
}

const aborted = (log: PartitionLog, from = 0, upTo = log.logEndOffset): string =>
  log
    .abortedTransactions(from, upTo)
    .map((each) => `${each.producerId}@${each.firstOffset}-${each.lastOffset}`)
    .join(' ')

describe('the last stable offset', () => {
  it('stands at the first record of the earliest open transaction, and moves to the next when that one ends', async () => {
    const { log } = await oneLog()
    log.append(batchOf(['plain']), asClient)
    expect(visible(log)).toBe(1)
    write(log, 1, 2)
    write(log, 2)
    write(log, 1)
    log.append(batchOf(['plain']), asClient)
    expect(visible(log)).toBe(1)
    end(log, 1, 'commit')
    expect(visible(log)).toBe(3)
    end(log, 2, 'abort')
    expect(visible(log)).toBe(log.logEndOffset)
  })

  it('waits for the high watermark to pass the marker', async () => {
    const { log } = await oneLog()
    write(log, 1)
    log.advanceHighWatermark(1)
    end(log, 1, 'commit')
    expect([log.highWatermark, log.lastStableOffset]).toEqual([1, 0])
    log.advanceHighWatermark(2)
    expect(log.lastStableOffset).toBe(2)
  })

  it('is not held back by a marker without records', async () => {
    const { log } = await oneLog()
    end(log, 1, 'abort')
    expect(visible(log)).toBe(1)
    expect(aborted(log)).toBe('')
  })

  it('never lies below the start of the log', async () => {
    const { log } = await oneLog()
    write(log, 1, 5)
    visible(log)
    log.deleteRecordsBefore(3)
    expect(log.lastStableOffset).toBe(3)
  })
})

describe('aborted transactions', () => {
  it('are found by the range that is read, in the order of their markers', async () => {
    const { log } = await oneLog({ 'segment.bytes': 400 })
    write(log, 1)
    write(log, 2)
    write(log, 3)
    end(log, 2, 'abort')
    end(log, 3, 'commit')
    log.roll()
    log.append(batchOf(['plain']), asClient)
    log.roll()
    end(log, 1, 'abort')
    write(log, 2)
    end(log, 2, 'abort')
    expect(aborted(log)).toBe('2@1-3 1@0-6 2@7-8')
    expect(aborted(log, 0, 1)).toBe('1@0-6')
    expect(aborted(log, 4, 6)).toBe('1@0-6')
    expect(aborted(log, 7)).toBe('2@7-8')
    expect(aborted(log, 9)).toBe('')
  })

  it('end the search where nothing later can begin in the range', async () => {
    const { log } = await oneLog()
    for (let i = 0; i < 5; i++) {
      write(log, 1)
      end(log, 1, 'abort')
    }
    expect(aborted(log, 2, 4)).toBe('1@2-3')
  })

  it('stand in the .txnindex of the segment with the marker, 34 bytes each', async () => {
    const { log, logs, files } = await oneLog()
    write(log, 7)
    write(log, 8)
    end(log, 7, 'abort')
    await logs.close()
    const bytes = files.readWhole('/data/t-0/00000000000000000000.txnindex')
    const fields = [2, 10, 18, 26].map((at) => Number(bytes.readBigInt64BE(at)))
    expect([bytes.length, bytes.readInt16BE(0), ...fields]).toEqual([34, 0, 7, 0, 2, 1])
  })

  it('leave no file where there are none', async () => {
    const { log, logs, files } = await oneLog()
    write(log, 7)
    end(log, 7, 'commit')
    await logs.close()
    expect(files.list('/data/t-0').filter((name) => name.endsWith('.txnindex'))).toEqual([])
  })
})

describe('a producer in a transaction', () => {
  it('may not write outside of it', async () => {
    const { log } = await oneLog()
    write(log, 1)
    const plain = batchOf(['x'], { producerId: 1, producerEpoch: 0, baseSequence: 1 })
    expect(codeOf(() => log.append(plain, asClient))).toBe('INVALID_TXN_STATE')
    expect(log.openTransactionOf(1)).toEqual({ firstOffset: 0, producerEpoch: 0 })
    end(log, 1, 'commit')
    expect(log.openTransactionOf(1)).toBeUndefined()
  })

  it('is shown with its open transaction', async () => {
    const { log } = await oneLog()
    write(log, 1, 3)
    write(log, 2)
    end(log, 2, 'commit', asCoordinator, 0, 5)
    const shown = { lastTimestamp: startMs, producerEpoch: 0 }
    expect([...log.activeProducers()]).toEqual([
      {
        ...shown,
        producerId: 1,
        lastSequence: 2,
        lastTimestamp: startMs + 2,
        coordinatorEpoch: -1,
        currentTxnStartOffset: 0,
      },
      { ...shown, producerId: 2, lastSequence: 0, coordinatorEpoch: 5, currentTxnStartOffset: -1 },
    ])
  })

  it('is not forgotten while it is open', async () => {
    const { log, time } = await oneLog()
    write(log, 1)
    log.expireProducers(time.now() + 1e9, 1)
    expect(log.producerCount).toBe(1)
  })
})

describe('a marker', () => {
  it('is refused from an older epoch and from a coordinator of the past', async () => {
    const { log } = await oneLog()
    write(log, 1, 1, 3)
    expect(codeOf(() => end(log, 1, 'abort', asCoordinator, 2))).toBe('INVALID_PRODUCER_EPOCH')
    end(log, 1, 'abort', asCoordinator, 3, 7)
    expect(codeOf(() => end(log, 1, 'abort', asCoordinator, 3, 6))).toBe('TRANSACTION_COORDINATOR_FENCED')
  })

  it('needs a higher epoch where every transaction has its own, unless nothing is open', async () => {
    const { log } = await oneLog()
    write(log, 1)
    expect(codeOf(() => end(log, 1, 'commit', secondVersion, 0))).toBe('INVALID_PRODUCER_EPOCH')
    expect(codeOf(() => end(log, 1, 'commit', secondVersion, 1))).toBe('1')
    expect(codeOf(() => end(log, 1, 'commit', secondVersion, 1))).toBe('2')
    expect(codeOf(() => end(log, 1, 'commit', secondVersion, 0))).toBe('INVALID_PRODUCER_EPOCH')
    write(log, 2, 1, 0x7fff)
    expect(codeOf(() => end(log, 2, 'commit', secondVersion, 0x7fff))).toBe('4')
  })

  it('lets nothing of the old epoch in behind it', async () => {
    const { log } = await oneLog()
    const second: AppendOptions = { ...asClient, transactionVersion: 2 }
    write(log, 1, 2, 0, second)
    end(log, 1, 'commit', secondVersion, 1)
    expect(codeOf(() => write(log, 1, 1, 0, second))).toBe('INVALID_PRODUCER_EPOCH')
    const late = batchOf(['x'], { producerId: 1, producerEpoch: 1, baseSequence: 1, isTransactional: true })
    expect(codeOf(() => log.append(late, second))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    const unknown = batchOf(['x'], { producerId: 9, producerEpoch: 0, baseSequence: 4, isTransactional: true })
    expect(codeOf(() => log.append(unknown, second))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(log.append(unknown, asClient).baseOffset).toBe(3)
  })
})

/** Open, committed and aborted transactions over several segments. */
function mixed(log: PartitionLog): void {
  for (let i = 0; i < 6; i++) {
    write(log, 1)
    write(log, 2)
    if (i % 2 === 0) end(log, 1, i % 4 === 0 ? 'abort' : 'commit')
    if (i === 3) end(log, 2, 'abort')
    if (i === 1 || i === 4) log.roll()
  }
  log.advanceHighWatermark(log.logEndOffset)
}

const state = (log: PartitionLog): unknown => {
  log.advanceHighWatermark(log.logEndOffset)
  return {
    stable: log.lastStableOffset,
    aborted: aborted(log),
    open: [1, 2].map((id) => log.openTransactionOf(id)),
    producers: [...log.activeProducers()],
  }
}

const again = async (bench: LogBench): Promise<PartitionLog> =>
  (await openLogs({ ...bench, files: nextLife(bench.files) })).logs.get('t', 0)!

describe('transactions of a log', () => {
  it('are known after a clean stop, and go on', async () => {
    const bench = await oneLog()
    mixed(bench.log)
    const before = state(bench.log)
    await bench.logs.close()
    const log = await again(bench)
    expect(state(log)).toEqual(before)
    end(log, 2, 'abort')
    expect(aborted(log)).toBe('1@0-2 2@1-10 1@8-13 2@12-16')
  })

  it('are known after a crash, whatever indexes and snapshots are left', async () => {
    for (const lost of [[], ['.txnindex'], ['.index', '.timeindex'], ['.snapshot'], ['.txnindex', '.snapshot']]) {
      const bench = await oneLog()
      mixed(bench.log)
      const before = state(bench.log)
      for (const name of bench.files.list('/data/t-0'))
        if (lost.some((suffix) => name.endsWith(suffix))) bench.files.remove(`/data/t-0/${name}`)
      expect(state(await again(bench)), lost.join()).toEqual(before)
    }
  })

  it('are open again when their marker was torn off', async () => {
    const bench = await oneLog()
    write(bench.log, 1)
    const whole = bench.files.stat('/data/t-0/00000000000000000000.log').size
    end(bench.log, 1, 'abort')
    const marker = bench.files.stat('/data/t-0/00000000000000000000.log').size - whole
    for (let torn = 1; torn <= marker; torn++) {
      bench.files.open('/data/t-0/00000000000000000000.log').truncate(whole + marker - torn)
      const log = await again(bench)
      expect(log.openTransactionOf(1)).toEqual({ firstOffset: 0, producerEpoch: 0 })
      expect([visible(log), aborted(log)]).toEqual([0, ''])
    }
  })

  it('are found anew where the index of a sealed segment is damaged', async () => {
    const bench = await oneLog()
    mixed(bench.log)
    const before = state(bench.log)
    await bench.logs.close()
    const path = '/data/t-0/00000000000000000000.txnindex'
    const whole = bench.files.readWhole(path)
    for (const damaged of [whole.subarray(0, 30), Buffer.alloc(34, 1)]) {
      bench.files.replace(path, damaged)
      expect(state(await again(bench))).toEqual(before)
      expect(bench.files.readWhole(path)).toEqual(whole)
    }
  })

  it('go back with the log when it is cut', async () => {
    for (let cut = 0; cut < 16; cut++) {
      const whole = await oneLog()
      mixed(whole.log)
      whole.log.truncateTo(cut)
      const crashed = await again(whole)
      expect(state(whole.log), `cut at ${cut}`).toEqual(state(crashed))
      expect(whole.log.abortedTransactions(0, 99).every((each) => each.lastOffset < cut)).toBe(true)
    }
  })

  it('take their index with the segment that is dropped', async () => {
    const { log, files } = await oneLog({ 'file.delete.delay.ms': 0 })
    mixed(log)
    expect(files.list('/data/t-0').filter((name) => name.includes('.txnindex'))).toHaveLength(2)
    log.deleteRecordsBefore(-1)
    log.truncateFullyAndStartAt(100)
    expect(files.list('/data/t-0').filter((name) => name.endsWith('.txnindex'))).toEqual([])
    expect([log.lastStableOffset, aborted(log, 100)]).toEqual([100, ''])
  })
})
