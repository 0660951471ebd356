/**
 * Apache Kafka's cleaner and ours agree: over random histories with transactions, tombstones and all codecs, given copies of
 * the same files, both leave the same segments with the same batches, and the same indexes of aborted transactions.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { seededRandom } from '#core/ports/random.ts'
import { systemFiles } from '#core/ports/system-files.ts'
import { batches, type RecordBatch } from '#core/records/batch.ts'
import type { Check } from '../support/check.ts'
import { runJava } from '../support/java-messages.ts'
import { KeyedHistory } from '../support/keyed-history.ts'
import { oneLog, openLogs, topicConfig } from '../support/logs.ts'

const segmentBytes = 4000
const deleteRetentionMs = 500
// Enough for all keys: where a pass begins in the middle of a segment, Apache's cleaner takes committed records behind an
// aborted transaction that ended before them for aborted ones and leaves their keys for later.
const keyBytes = 1 << 20
const config = {
  'cleanup.policy': ['compact'],
  'min.cleanable.dirty.ratio': 0,
  'segment.bytes': segmentBytes,
  'index.interval.bytes': 300,
  'delete.retention.ms': deleteRetentionMs,
  'file.delete.delay.ms': 0,
}

/** One cleaning: the files before it, for Apache's, and after it, as ours left them. */
interface Round {
  readonly before: string
  readonly after: string
  readonly java: string
  readonly endOffset: number
}

const batchText = (batch: RecordBatch): string => {
  const { baseOffset, lastOffset, partitionLeaderEpoch, attributes, baseTimestamp, maxTimestamp } = batch
  const { producerId, producerEpoch, baseSequence, recordCount } = batch
  const header = { baseOffset, lastOffset, partitionLeaderEpoch, attributes, baseTimestamp, maxTimestamp }
  const records = [...batch.records()].map(({ offset, timestamp, key, value, headers }) =>
    [offset, timestamp, key?.toString('hex'), value?.toString('hex'), JSON.stringify(headers)].join(' '),
  )
  return JSON.stringify({ ...header, producerId, producerEpoch, baseSequence, recordCount, records })
}

/** What the segments of a log hold, a line a batch; the bytes too where the codec cannot make a difference. */
function contents(directory: string): string[] {
  const names = readdirSync(directory).filter((name) => /\.(log|txnindex)$/.test(name))
  return names.flatMap((name) => {
    const bytes = readFileSync(join(directory, name))
    if (name.endsWith('txnindex')) return bytes.length > 0 ? [`${name} ${bytes.toString('hex')}`] : []
    const lines = [...batches(bytes)].map((batch) => {
      if (!batch.isCrcValid()) throw new Error(`a wrong checksum at offset ${batch.baseOffset} of ${name}`)
      return batchText(batch) + (batch.codec === 0 ? batch.bytes().toString('hex') : '')
    })
    return [`${name} ${lines.length} batches`, ...lines]
  })
}

/** Lets histories grow on our log and be compacted again and again; copies of the files are kept from before and after. */
async function cleanOurs(folder: string, seed: number): Promise<Round[]> {
  const random = seededRandom(seed)
  const bench = await oneLog(config, { files: systemFiles, path: join(folder, 'ours') })
  const { time } = bench
  let { log, logs } = bench
  const history = new KeyedHistory(random)
  const rounds: Round[] = []
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 80; i++) history.step(log, time.now())
    if (random.next() < 0.6) history.settle(log, time.now())
    time.advance(Math.floor(random.next() * 600))
    log.roll()
    // Stopped cleanly, so that Apache Kafka takes the indexes as they are.
    await logs.close()
    logs = (await openLogs({ ...bench, path: join(folder, 'ours'), retentionCheckMs: 0 })).logs
    log = logs.get('t', 0)!
    log.updateConfig(topicConfig(config))
    log.advanceHighWatermark(log.logEndOffset)
    const cleanable = log.compaction.cleanable(time.now())
    if (cleanable === undefined) continue
    // The name of the directory says which partition it is.
    const copy = (when: string): string => join(folder, `${round}-${when}`, 't-0')
    cpSync(log.directory, copy('before'), { recursive: true })
    await logs.clean()
    time.advance(1)
    cpSync(log.directory, copy('after'), { recursive: true })
    const { firstDirtyOffset, firstUncleanableOffset } = cleanable
    const numbers = [
      firstDirtyOffset,
      firstUncleanableOffset,
      time.now() - 1,
      segmentBytes,
      deleteRetentionMs,
      keyBytes,
    ]
    const java = [copy('before'), ...numbers].join(' ')
    rounds.push({ before: copy('before'), after: copy('after'), java, endOffset: log.compaction.cleanedOffset! })
  }
  await logs.close()
  return rounds
}

async function agree(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-clean-'))
  try {
    const rounds: Round[] = []
    const seeds = Number(process.env['COMPACTION_SEEDS'] ?? 20)
    for (let seed = 1; seed <= seeds; seed++) rounds.push(...(await cleanOurs(join(folder, String(seed)), seed)))
    const ends = runJava('Clean.java', rounds.map(({ java }) => `${java}\n`).join(''))
    let lines = 0
    rounds.forEach(({ before, after, endOffset }, i) => {
      const [theirs, ours] = [contents(before), contents(after)]
      const at = theirs.findIndex((line, n) => line !== ours[n])
      if (at >= 0 || theirs.length !== ours.length) {
        const where = after.slice(folder.length)
        throw new Error(`${where}, line ${at}: Apache Kafka leaves\n${theirs[at]}\nand we leave\n${ours[at]}`)
      }
      if (ends[i] !== String(endOffset)) throw new Error(`clean up to ${endOffset} instead of ${ends[i]}`)
      lines += ours.length
    })
    console.log(`  ${rounds.length} compactions, ${lines} batches and indexes compared`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const checks: readonly Check[] = [{ name: "Apache Kafka's cleaner leaves what ours leaves", run: agree }]
