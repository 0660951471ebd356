/**
 * Apache Kafka's cleaner and ours agree: over random histories with transactions, tombstones and all codecs, given copies of
 * the same files, both leave the same segments with the same batches, and the same indexes of aborted transactions. And
 * Apache Kafka goes on with what our broker has compacted, and our broker with what Apache Kafka has.
 */
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import kafkajs from 'kafkajs'

import { seededRandom } from '#core/ports/random.ts'
import { systemFiles } from '#core/ports/system-files.ts'
import { batches, type RecordBatch } from '#core/records/batch.ts'
import { leaveProperties } from '../../broker/leave.ts'
import { startBroker } from '../../broker/start.ts'
import type { Check } from '../support/check.ts'
import { runJava } from '../support/java-messages.ts'
import { KeyedHistory } from '../support/keyed-history.ts'
import { oneLog, openLogs, topicConfig } from '../support/logs.ts'
import { freePort, kafkaTool } from '../support/peers.ts'
import { withApache } from '../support/apache-kafka.ts'

const segmentBytes = 4000
const deleteRetentionMs = 500
// Enough for all keys: where a pass begins in the middle of a segment, Apache's cleaner takes committed records behind an
// aborted transaction that ended before them for aborted ones and leaves their keys for later.
const keyBytes = 1 << 20
const settings = {
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
  const config = { ...settings, 'message.timestamp.type': seed % 3 === 0 ? 'LogAppendTime' : 'CreateTime' } as const
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

const topic = 'keyed'

/** Transactions of keyed records, some of them aborted; `table` takes what readers of committed data have to find. */
async function transact(bootstrap: string, table: Map<string, string>, round: number): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING })
  const producer = kafka.producer({ transactionalId: 'compaction', idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  for (let i = 0; i < 30; i++) {
    const transaction = await producer.transaction()
    const messages = [i % 7, i % 5].map((key, n) => ({ key: `k${key}`, value: `${round} ${i} ${n}` }))
    await transaction.send({ topic, messages })
    if (i % 3 === 0) await transaction.abort()
    else {
      await transaction.commit()
      for (const { key, value } of messages) table.set(key, value)
    }
    // Segments end by the time of their records.
    await pause(15)
  }
  await producer.disconnect()
}

/** The last value of each key that a reader of committed data finds, and how many records it read for that. */
async function tableOf(bootstrap: string): Promise<{ table: Map<string, string>; read: number }> {
  const args = ['--topic', topic, '--from-beginning', '--isolation-level', 'read_committed', '--timeout-ms', '15000']
  const printed = await kafkaTool([
    'console-consumer',
    '--bootstrap-server',
    bootstrap,
    ...args,
    '--formatter-property',
    'print.key=true',
  ])
  const rows = printed.split('\n').filter((line) => line.startsWith('k'))
  return { table: new Map(rows.map((line) => line.split('\t') as [string, string])), read: rows.length }
}

/** Waits until a compaction has got to the last segments. */
async function compacted(dataDir: string): Promise<void> {
  const file = join(dataDir, 'cleaner-offset-checkpoint')
  for (let seen = ''; ; await pause(3000)) {
    const now = existsSync(file) ? readFileSync(file, 'utf8') : ''
    if (now.includes(topic) && now === seen) return
    seen = now
  }
}

async function goesOn(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-compacted-'))
  const dataDir = join(folder, 'data')
  const config = {
    'log.cleaner.backoff.ms': '300',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.num.partitions': '1',
  }
  const start = () => startBroker({ dataDir, port: 0, config })
  const table = new Map<string, string>()
  try {
    let broker = await start()
    const admin = new kafkajs.Kafka({ brokers: [broker.bootstrapServers], logLevel: kafkajs.logLevel.NOTHING }).admin()
    await admin.connect()
    const entries = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01', 'segment.ms': '100' }
    const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }))
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] })
    await admin.disconnect()
    await transact(broker.bootstrapServers, table, 1)
    await compacted(dataDir)
    const ours = await tableOf(broker.bootstrapServers)
    await broker.stop()
    assert.deepEqual(sorted(ours.table), sorted(table), 'our broker, after compaction')
    assert.ok(ours.read < 40, `${ours.read} records are left of 60`)

    const port = await freePort()
    const properties = `${leaveProperties(systemFiles, dataDir, port)}\nlog.cleaner.backoff.ms=300\n`
    await withApache(folder, properties, port, async () => {
      assert.deepEqual(
        sorted((await tableOf(`127.0.0.1:${port}`)).table),
        sorted(table),
        'Apache Kafka, on our directory',
      )
      await transact(`127.0.0.1:${port}`, table, 2)
      await compacted(dataDir)
    })

    broker = await start()
    const back = await tableOf(broker.bootstrapServers)
    assert.deepEqual(sorted(back.table), sorted(table), 'our broker, on what Apache Kafka compacted')
    await transact(broker.bootstrapServers, table, 3)
    await compacted(dataDir)
    const last = await tableOf(broker.bootstrapServers)
    await broker.stop()
    assert.deepEqual(sorted(last.table), sorted(table), 'our broker, after more')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const sorted = (table: Map<string, string>): string[] => [...table].map(([key, value]) => `${key}=${value}`).sort()

export const checks: readonly Check[] = [
  { name: "Apache Kafka's cleaner leaves what ours leaves", run: agree },
  { name: 'compacted topics with transactions go to Apache Kafka and back', run: goesOn },
]
