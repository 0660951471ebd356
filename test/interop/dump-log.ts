/**
 * Apache Kafka's own reader of log files, DumpLogSegments, finds nothing to complain about in what we leave behind: batches and
 * records in all codecs, indexes, time indexes and producer snapshots, after a clean stop, a crash and cuts.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemFiles } from '#core/ports/system-files.ts'
import { seededRandom } from '#core/ports/random.ts'
import { compressionNames } from '#core/records/compression/index.ts'
import type { PartitionLog } from '../../broker/log/partition-log.ts'
import type { Check } from '../support/check.ts'
import { dumpFiles } from '../support/dump-files.ts'
import { KeyedHistory } from '../support/keyed-history.ts'
import { batchesFrom, batchOf, nextLife, oneLog, openLogs, startMs, topicConfig, topicId } from '../support/logs.ts'

/** Not one of the tool's options: offsets may be missing. */
const compacted = 'compacted'

/** Runs DumpLogSegments on all files of one directory that it knows and returns what it printed. */
async function dump(directory: string, suffixes: RegExp, ...options: readonly string[]): Promise<string> {
  const files = readdirSync(directory).filter((name) => suffixes.test(name))
  if (files.length === 0) throw new Error(`no files ${String(suffixes)} in ${directory}`)
  const paths = files.map((name) => join(directory, name))
  const given = options.filter((each) => each !== compacted)
  return dumpFiles(paths, given, { isCompacted: options.includes(compacted) })
}

async function holdsUp(directory: string, records: number, ...how: readonly string[]): Promise<void> {
  const printed = await dump(directory, /\.log$/, '--deep-iteration', '--print-data-log', ...how)
  const found = printed.split('\n').filter((line) => line.startsWith('| offset: ')).length
  if (found !== records) throw new Error(`${found} records were found instead of ${records}`)
  const checked = await dump(directory, /\.(time)?index$/, '--index-sanity-check')
  const passed = checked.split('\n').filter((line) => /passed sanity check|index is empty\.$/.test(line)).length
  const indexes = readdirSync(directory).filter((name) => /\.(time)?index$/.test(name)).length
  if (passed !== indexes) throw new Error(`${passed} of ${indexes} indexes passed the sanity check`)
  await dump(directory, /\.(time)?index$/, '--verify-index-only')
  await dump(directory, /\.(time)?index$/)
}

/** Fills a log with all that can be in one; returns how many records it got. */
function fill(log: PartitionLog, batchCount: number): number {
  const sequences = new Map<number, number>()
  for (let i = 0; i < batchCount; i++) {
    const values = Array.from({ length: 1 + (i % 7) }, (_, n) => `value ${i} ${n} `.repeat(1 + ((i * 13) % 40)))
    const producerId = i % 3 === 0 ? -1 : 1000 + (i % 5)
    const baseSequence = producerId < 0 ? -1 : (sequences.get(producerId) ?? 0)
    sequences.set(producerId, baseSequence + values.length)
    const batch = batchOf(values, {
      timestamp: startMs + i * 10 - (i % 11) * 200,
      key: i % 4 === 0 ? null : `key ${i}`,
      compression: compressionNames[i % compressionNames.length]!,
      ...(producerId < 0 ? {} : { producerId, producerEpoch: 2, baseSequence }),
    })
    log.append(batch, { leaderEpoch: Math.floor(i / 50), origin: 'client' })
  }
  return log.logEndOffset
}

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'millrace-dump-'))
  try {
    await body(path)
  } finally {
    rmSync(path, { recursive: true })
  }
}

const small = topicConfig({ 'segment.bytes': 60_000, 'index.interval.bytes': 2000, 'file.delete.delay.ms': 0 })

export const checks: readonly Check[] = [
  {
    name: 'a wrong index entry is complained about, so silence means something',
    run: () =>
      inFolder(async (path) => {
        const { logs } = await openLogs({ files: nextLife(systemFiles), path })
        fill(logs.create('t', 0, topicId, small), 100)
        await logs.close()
        const index = readdirSync(`${path}/t-0`).find((name) => name.endsWith('.index'))!
        systemFiles.open(`${path}/t-0/${index}`).write([Buffer.from([0, 0, 0, 1])], 0)
        const complained = await dump(`${path}/t-0`, /\.index$/, '--verify-index-only').then(
          () => false,
          (error: Error) => error.message.includes('Mismatch'),
        )
        if (!complained) throw new Error('it was not')
      }),
  },
  {
    name: 'a log with all codecs, idempotent producers and many segments, stopped cleanly',
    run: () =>
      inFolder(async (path) => {
        const { logs } = await openLogs({ files: nextLife(systemFiles), path })
        const records = fill(logs.create('t', 0, topicId, small), 400)
        await logs.close()
        await holdsUp(`${path}/t-0`, records)
        const snapshots = await dump(`${path}/t-0`, /\.snapshot$/)
        const last = snapshots.slice(snapshots.lastIndexOf('Dumping')).split('\n')
        const producers = last.filter((line) => line.startsWith('producerId: ') && line.includes('producerEpoch: 2'))
        if (producers.length !== 5) throw new Error(`5 producers expected in the last snapshot:\n${last.join('\n')}`)
      }),
  },
  {
    name: 'a log that was recovered after a crash with a torn tail',
    run: () =>
      inFolder(async (path) => {
        const first = await openLogs({ files: nextLife(systemFiles), path })
        fill(first.logs.create('t', 0, topicId, small), 200)
        const last = readdirSync(`${path}/t-0`)
          .filter((name) => name.endsWith('.log'))
          .sort()
          .at(-1)!
        const file = systemFiles.open(`${path}/t-0/${last}`)
        file.truncate(file.size() - 7)
        const { logs } = await openLogs({ files: nextLife(systemFiles), path, config: small })
        const log = logs.get('t', 0)!
        log.append(batchOf(['after the crash']), { leaderEpoch: 9, origin: 'client' })
        const records = log.logEndOffset
        await logs.close()
        await holdsUp(`${path}/t-0`, records)
      }),
  },
  {
    name: 'a log with transactions that was compacted, stopped cleanly',
    run: () =>
      inFolder(async (path) => {
        const config = { 'cleanup.policy': ['compact'], 'min.cleanable.dirty.ratio': 0, 'segment.bytes': 20_000 }
        const bench = await oneLog({ ...small, ...config }, { files: nextLife(systemFiles), path })
        const { log, logs } = bench
        const history = new KeyedHistory(seededRandom(5))
        for (let i = 0; i < 1500; i++) history.step(log, startMs)
        log.advanceHighWatermark(log.logEndOffset)
        await log.flush()
        await logs.clean()
        bench.time.advance(1)
        for (let i = 0; i < 100; i++) history.step(log, startMs)
        const records = (await batchesFrom(log)).reduce((sum, batch) => sum + batch.recordCount, 0)
        const aborted = log.abortedTransactions(0, log.logEndOffset).length
        await logs.close()
        await holdsUp(`${path}/t-0`, records, compacted)
        const indexed = await dump(`${path}/t-0`, /\.txnindex$/)
        const found = indexed.split('\n').filter((line) => line.startsWith('version: 0 producerId: ')).length
        if (found !== aborted) throw new Error(`${found} of ${aborted} aborted transactions\n${indexed}`)
        const snapshots = await dump(`${path}/t-0`, /\.snapshot$/)
        if (!/currentTxnFirstOffset: \D*\d+/.test(snapshots)) throw new Error(`no open transaction\n${snapshots}`)
      }),
  },
  {
    name: 'a log that was cut at both ends, with LogAppendTime',
    run: () =>
      inFolder(async (path) => {
        const { logs, time } = await openLogs({ files: nextLife(systemFiles), path })
        const log = logs.create('t', 0, topicId, { ...small, 'message.timestamp.type': 'LogAppendTime' })
        fill(log, 300)
        time.advance(5000)
        log.truncateTo(log.logEndOffset - 100)
        fill(log, 1)
        log.advanceHighWatermark(log.logEndOffset)
        log.deleteRecordsBefore(Math.floor(log.logEndOffset / 2))
        time.advance(1)
        const records = log.logEndOffset - log.firstSegmentOffset
        await logs.close()
        await holdsUp(`${path}/t-0`, records)
      }),
  },
]
