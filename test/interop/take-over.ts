/**
 * The way out: a directory that our broker has filled and left cleanly is read whole by Apache Kafka's log reader and served
 * by Apache Kafka itself, with what `millrace leave` printed and nothing else. And the way back.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import kafkajs from 'kafkajs'

import { systemFiles } from '#core/ports/system-files.ts'
import { leaveProperties } from '../../broker/leave.ts'
import { startBroker } from '../../broker/start.ts'
import type { Check } from '../support/check.ts'
import { command, freePort, kafkaTool, peer } from '../support/peers.ts'

/** Its hash is negative: in the wrong partition of the offsets topic it would not be found. */
const groupId = 'millrace'

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')
const clientOf = (bootstrap: string) => new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING })

/** What a cluster shows of itself, in a form that two brokers can be compared by. */
interface View {
  readonly topics: Readonly<Record<string, number>>
  readonly records: Readonly<Record<string, readonly string[]>>
  readonly settings: Readonly<Record<string, string>>
  readonly offsets: readonly { readonly partition: number; readonly offset: string }[]
}

async function readAll(bootstrap: string, topic: string, count: number): Promise<string[]> {
  const args = [
    '--topic',
    topic,
    '--from-beginning',
    '--max-messages',
    String(count),
    '--timeout-ms',
    '30000',
    '--formatter-property',
    'print.key=true',
  ]
  return lines(await kafkaTool(['console-consumer', '--bootstrap-server', bootstrap, ...args])).sort()
}

async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + 30_000; ; await pause(200)) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > end) throw error
    }
  }
}

async function view(bootstrap: string): Promise<View> {
  const admin = clientOf(bootstrap).admin()
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata()
  const counts = Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions.length]))
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [
      { type: 2, name: 'many' },
      { type: 2, name: 'short' },
    ],
  })
  const settings = Object.fromEntries(
    resources.flatMap(({ resourceName, configEntries }) =>
      configEntries
        .filter(({ isDefault }) => !isDefault)
        .map(({ configName, configValue }) => [`${resourceName} ${configName}`, configValue]),
    ),
  )
  // A coordinator that has just started is still reading its log.
  const committed = await patiently(() => admin.fetchOffsets({ groupId }))
  const offsets = committed
    .flatMap(({ partitions }) => partitions.map(({ partition, offset }) => ({ partition, offset })))
    .sort((a, b) => a.partition - b.partition)
  await admin.disconnect()
  const records = { many: await readAll(bootstrap, 'many', 500), packed: await readAll(bootstrap, 'packed', 500) }
  return { topics: counts, records, settings, offsets }
}

/** Fills a broker with what a directory can hold: partitions, codecs, settings, groups, deleted topics and records. */
async function fill(bootstrap: string): Promise<void> {
  const kafka = clientOf(bootstrap)
  const admin = kafka.admin()
  await admin.connect()
  const entries = [
    { name: 'retention.ms', value: '-1' },
    { name: 'segment.bytes', value: '1048576' },
  ]
  await admin.createTopics({
    topics: [
      { topic: 'many', numPartitions: 3, configEntries: entries },
      { topic: 'short', numPartitions: 1 },
      { topic: 'gone' },
      { topic: 'packed' },
    ],
  })
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  const messages = Array.from({ length: 500 }, (_, i) => ({ key: `k${i}`, value: `v${i}`, headers: { h: String(i) } }))
  for (let at = 0; at < 500; at += 50) await producer.send({ topic: 'many', messages: messages.slice(at, at + 50) })
  await producer.send({ topic: 'packed', compression: kafkajs.CompressionTypes.GZIP, messages })
  await producer.send({ topic: 'short', messages })
  await producer.disconnect()
  await admin.deleteTopics({ topics: ['gone'] })
  await admin.fetchTopicOffsets('short')
  await admin.deleteTopicRecords({ topic: 'short', partitions: [{ partition: 0, offset: '400' }] })
  await admin.createPartitions({ topicPartitions: [{ topic: 'short', count: 2 }] })
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: 2, name: 'short', configEntries: [{ name: 'cleanup.policy', value: 'compact,delete' }] }],
  })
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50 })
  await consumer.connect()
  await consumer.subscribe({ topic: 'many', fromBeginning: true })
  let seen = 0
  await new Promise<void>(
    (done) =>
      void consumer.run({
        eachMessage: async () => {
          if (++seen === 500) done()
        },
      }),
  )
  await consumer.disconnect()
  await admin.disconnect()
}

/** Apache Kafka on the given server.properties, stopped when the body ends. */
export async function withApache<T>(
  folder: string,
  properties: string,
  port: number,
  body: () => Promise<T>,
): Promise<T> {
  writeFileSync(join(folder, 'server.properties'), properties)
  const { stdout } = await command(peer('kafka/kafka.sh'), ['classpath'])
  const log = openSync(join(folder, 'apache.log'), 'w')
  const args = [
    '-Xmx512m',
    `-Dlog4j2.configurationFile=${peer('kafka/log4j2.properties')}`,
    '-cp',
    stdout.trim(),
    'kafka.Kafka',
    join(folder, 'server.properties'),
  ]
  const server = spawn('java', args, { stdio: ['ignore', log, log] })
  try {
    await answers(port, server, () => readFileSync(join(folder, 'apache.log'), 'utf8'))
    const result = await body()
    const complaints = lines(readFileSync(join(folder, 'apache.log'), 'utf8')).filter(
      // That a busy machine is slow is none.
      (line) => /ERROR|FATAL|corrupt|Exception/i.test(line) && !line.includes('Exceptionally slow controller event'),
    )
    assert.deepEqual(complaints, [], 'what Apache Kafka logged')
    return result
  } finally {
    if (server.exitCode === null) {
      server.kill('SIGTERM')
      await new Promise((done) => server.once('exit', done))
    }
    closeSync(log)
  }
}

async function answers(port: number, server: ChildProcess, log: () => string): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await pause(200)) {
    if (server.exitCode !== null) throw new Error(`Apache Kafka ended with ${server.exitCode}\n${log()}`)
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true))
      socket.on('error', () => done(false))
      socket.on('connect', () => socket.destroy())
    })
    if (open && (await clientAnswers(port))) return
  }
  throw new Error(`Apache Kafka did not answer\n${log()}`)
}

async function clientAnswers(port: number): Promise<boolean> {
  const admin = new kafkajs.Kafka({
    brokers: [`127.0.0.1:${port}`],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
  }).admin()
  try {
    await admin.connect()
    return (await admin.describeCluster()).brokers.length > 0
  } catch {
    return false
  } finally {
    await admin.disconnect()
  }
}

const complaint = /isvalid: false|Mismatch|^\s*\d+ is followed by|corrupt|Could not|Exception|invalid|unrecognized/i

/** Every file of the directory through Apache's reader, with the decoder that its topic calls for. */
async function dumpEverything(dataDir: string): Promise<number> {
  const files = { plain: [] as string[], offsets: [] as string[], metadata: [] as string[] }
  const add = (folder: string) => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name)
      if (statSync(path).isDirectory()) add(path)
      else if (/\.(log|index|timeindex|snapshot)$|^\d.*\.checkpoint$|^bootstrap\.checkpoint$/.test(name)) {
        const kind = /__cluster_metadata-0\/.*\.(log|checkpoint)$|bootstrap/.test(path)
          ? 'metadata'
          : /__consumer_offsets-\d+\/.*\.log$/.test(path)
            ? 'offsets'
            : 'plain'
        files[kind].push(path)
      }
    }
  }
  add(dataDir)
  const dump = async (paths: readonly string[], ...options: readonly string[]) => {
    const ran = await command(peer('kafka/kafka.sh'), ['dump-log', ...options, '--files', paths.join(',')])
    assert.equal(ran.code, 0, ran.stderr)
    const bad = lines(`${ran.stdout}\n${ran.stderr}`).filter((line) => complaint.test(line))
    assert.deepEqual(bad, [])
    assert.equal(lines(ran.stdout).filter((line) => line.startsWith('Dumping ')).length, paths.length)
    return ran.stdout
  }
  const metadata = await dump(files.metadata, '--cluster-metadata-decoder')
  assert.match(metadata, /"type":"PARTITION_RECORD"/)
  const offsets = await dump(files.offsets, '--offsets-decoder')
  assert.match(offsets, new RegExp(`"group":"${groupId}"`))
  await dump(
    files.plain.filter((path) => path.endsWith('.log')),
    '--deep-iteration',
    '--print-data-log',
  )
  await dump(
    files.plain.filter((path) => path.endsWith('index')),
    '--index-sanity-check',
  )
  await dump(files.plain.filter((path) => path.endsWith('.snapshot')))
  return files.plain.length + files.offsets.length + files.metadata.length
}

async function takeOver(config: Readonly<Record<string, string>>, restarts: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  try {
    const dataDir = join(folder, 'data')
    let broker = await startBroker({ dataDir, port: 0, config })
    await fill(broker.bootstrapServers)
    for (let i = 0; i < restarts; i++) {
      await broker.stop()
      broker = await startBroker({ dataDir, port: 0, config })
    }
    const ours = await view(broker.bootstrapServers)
    await broker.stop()
    assert.ok((await dumpEverything(dataDir)) > 150)

    const port = await freePort()
    const theirs = await withApache(folder, leaveProperties(systemFiles, dataDir, port), port, async () => {
      const bootstrap = `127.0.0.1:${port}`
      const seen = await view(bootstrap)
      await kafkaTool(['console-producer', '--bootstrap-server', bootstrap, '--topic', 'many'], {
        input: 'from apache\n',
      })
      return seen
    })
    assert.deepEqual(theirs, ours)

    broker = await startBroker({ dataDir, port: 0, config })
    const admin = clientOf(broker.bootstrapServers).admin()
    await admin.connect()
    const ends = (await admin.fetchTopicOffsets('many')).reduce((sum, { offset }) => sum + Number(offset), 0)
    await admin.disconnect()
    await broker.stop()
    assert.equal(ends, 501, 'records when the directory came back from Apache Kafka')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const checks: readonly Check[] = [
  { name: 'take-over: Apache Kafka serves a directory that we left, and gives it back', run: () => takeOver({}, 0) },
  {
    name: 'take-over: the same after restarts and with metadata in snapshots',
    run: () =>
      takeOver(
        { 'metadata.log.max.record.bytes.between.snapshots': '3000', 'num.partitions': '2', 'log.retention.ms': '-1' },
        3,
      ),
  },
]
