/**
 * Our worker beside Kafka Connect 4.3.1 on the same Apache Kafka: the same connector JSON gives the same records and the same
 * file, and either goes on from the offsets that the other stored. And a whole worker killed again and again.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startBroker } from '../../broker/index.ts'
import { startWorker } from '../../connectors/runtime/worker.ts'
import { createClient } from '../../core/client/lean-client.ts'
import type { Check } from '../support/check.ts'
import { readTopic, stringConverters, until } from '../support/connect-world.ts'
import { JavaConnect, shared } from '../support/java-connect.ts'
import { projectRoot } from '../support/sources.ts'

const sourceConfig = (file: string, topic: string) => ({
  'connector.class': 'FileStreamSource',
  'tasks.max': '1',
  file,
  topic,
})
const sinkConfig = (file: string, topics: string) => ({
  'connector.class': 'FileStreamSink',
  'tasks.max': '1',
  file,
  topics,
})

/** Runs one connector of ours until something has come true, then stops it. */
async function ours(
  world: JavaConnect,
  name: string,
  config: Record<string, string>,
  done: () => boolean | Promise<boolean>,
  offsetTopic = 'our-offsets',
): Promise<void> {
  const worker = await startWorker({
    client: world.client,
    worker: { ...stringConverters, 'offset.storage.topic': offsetTopic, 'offset.flush.interval.ms': '200' },
    connectors: [{ name, config }],
  })
  await until(done)
  await worker.stop()
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  try {
    await body(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const valuesOf = async (world: JavaConnect, topic: string) =>
  (await readTopic(world.client, topic)).map(({ value }) => value)
const holds = (world: JavaConnect, topic: string, count: number) => async () =>
  (await readTopic(world.client, topic)).length >= count

/** The latest offset of a connector, as the topic has it. */
async function storedOffset(
  world: JavaConnect,
  topic: string,
  connector: string,
): Promise<{ key: string; value: Record<string, unknown> } | undefined> {
  const all = (await readTopic(world.client, topic)).filter(({ key }) => key!.startsWith(`["${connector}"`))
  const last = all.at(-1)
  return last && { key: last.key!, value: JSON.parse(last.value!) as Record<string, unknown> }
}

const storedPosition = (world: JavaConnect, topic: string, connector: string, position: number) => async () =>
  (await storedOffset(world, topic, connector))?.value['position'] === position

async function sameRecords(world: JavaConnect): Promise<void> {
  await inFolder(async (folder) => {
    const file = join(folder, 'in.txt')
    const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${'äöü€😀'.slice(0, i % 6)}`)
    writeFileSync(file, `${lines.join('\n')}\n\ndos\r\n\r\nmac\rmore\n`)
    const count = lines.length + 5
    await world.create('same', sourceConfig(file, 'same-java'))
    await until(holds(world, 'same-java', count))
    await ours(world, 'same', sourceConfig(file, 'same-ours'), holds(world, 'same-ours', count))
    const [theirs, mine] = await Promise.all([
      readTopic(world.client, 'same-java'),
      readTopic(world.client, 'same-ours'),
    ])
    assert.deepEqual(mine, theirs)
    await world.remove('same')
  })
}

async function sameOffsets(world: JavaConnect): Promise<void> {
  await inFolder(async (folder) => {
    const file = join(folder, 'in.txt')
    writeFileSync(file, 'one\ntwo\nthree\n')
    await world.create('offsets', sourceConfig(file, 'offsets-java'))
    await until(storedPosition(world, world.offsetTopic, 'offsets', 14))
    await world.remove('offsets')
    await ours(world, 'offsets', sourceConfig(file, 'offsets-ours'), holds(world, 'offsets-ours', 3))
    const [theirs, mine] = [
      await storedOffset(world, world.offsetTopic, 'offsets'),
      await storedOffset(world, 'our-offsets', 'offsets'),
    ]
    assert.equal(mine!.key, theirs!.key)
    assert.equal(mine!.value['position'], theirs!.value['position'])
  })
}

async function handOver(world: JavaConnect): Promise<void> {
  await inFolder(async (folder) => {
    const file = join(folder, 'in.txt')
    writeFileSync(file, 'one\ntwo\n')
    await ours(world, 'handed', sourceConfig(file, 'handed'), holds(world, 'handed', 2), world.offsetTopic)
    appendFileSync(file, 'three\n')
    await world.create('handed', sourceConfig(file, 'handed'))
    await until(storedPosition(world, world.offsetTopic, 'handed', 14))
    await world.remove('handed')
    appendFileSync(file, 'four\n')
    await ours(world, 'handed', sourceConfig(file, 'handed'), holds(world, 'handed', 4), world.offsetTopic)
    assert.deepEqual(await valuesOf(world, 'handed'), ['one', 'two', 'three', 'four'])
  })
}

async function sameFile(world: JavaConnect): Promise<void> {
  await inFolder(async (folder) => {
    const topic = 'to-file'
    await world.client.admin().createTopics([{ name: topic, partitions: 1, replicationFactor: 1 }])
    const producer = world.client.producer()
    const values = [...Array.from({ length: 2000 }, (_, i) => `line ${i} é`), '', null, 'last']
    for (const value of values) producer.append({ topic, key: null, value: value === null ? null : Buffer.from(value) })
    await producer.close()
    const [theirs, mine] = [join(folder, 'java.txt'), join(folder, 'ours.txt')]
    await world.create('file-java', sinkConfig(theirs, topic))
    const complete = (file: string) => () => existsSync(file) && readFileSync(file, 'utf8').endsWith('last\n')
    await until(complete(theirs))
    await world.remove('file-java')
    await ours(world, 'file-ours', sinkConfig(mine, topic), complete(mine))
    assert.equal(readFileSync(mine, 'utf8'), readFileSync(theirs, 'utf8'))
    const committed = await world.client.admin().groupOffsets('connect-file-ours')
    assert.deepEqual(
      committed.map(({ offset }) => offset),
      [values.length],
    )
  })
}

/** Starts `millrace connect` and kills it so long after it said that it was ready. */
function killedWorker(files: readonly string[], ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = join(projectRoot, 'millrace.ts')
    const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', script, 'connect', ...files], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), ms))
    child.once('error', reject)
    child.once('exit', (_code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error('the worker ended by itself')),
    )
  })
}

async function crashes(): Promise<void> {
  const kills = Number(process.env['KILLS'] ?? 15)
  const broker = await startBroker({
    memory: true,
    config: { 'group.initial.rebalance.delay.ms': '0', 'group.min.session.timeout.ms': '100' },
  })
  const client = createClient({ bootstrapServers: broker.bootstrapServers })
  try {
    await inFolder(async (folder) => {
      await client.admin().createTopics([{ name: 'crash', partitions: 3, replicationFactor: 1 }])
      const [worker, sink, out] = ['worker.json', 'sink.json', 'out.txt'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ]
      writeFileSync(
        worker,
        JSON.stringify({
          ...stringConverters,
          'bootstrap.servers': broker.bootstrapServers,
          'offset.flush.interval.ms': 20,
        }),
      )
      const overrides = {
        'consumer.override.session.timeout.ms': '500',
        'consumer.override.heartbeat.interval.ms': '100',
        'consumer.override.max.poll.records': '50',
      }
      writeFileSync(
        sink,
        JSON.stringify({ name: 'crash', ...sinkConfig(out, 'crash'), 'file.max.bytes': '20000', ...overrides }),
      )
      const producer = client.producer()
      let written = 0
      let filling = true
      const fill = (async () => {
        while (filling) {
          for (let i = 0; i < 40; i++)
            producer.append({
              topic: 'crash',
              partition: written % 3,
              key: null,
              value: Buffer.from(`line ${written++}`),
            })
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
        await producer.close()
      })()
      for (let i = 0; i < kills; i++) await killedWorker([worker, sink], 500 + Math.random() * 1500)
      filling = false
      await fill
      const last = await startWorker({
        client,
        worker: JSON.parse(readFileSync(worker, 'utf8')),
        connectors: [{ name: 'crash', config: JSON.parse(readFileSync(sink, 'utf8')) }],
      })
      await until(() => last.sinksCaughtUp())
      await last.stop()
      const { expandGlob } = await import('../../connectors/plugins/file/glob.ts')
      const { systemFiles } = await import('../../core/ports/system-files.ts')
      const lines = expandGlob(systemFiles, join(folder, 'out*.txt')).flatMap((file) =>
        readFileSync(file, 'utf8').split('\n').slice(0, -1),
      )
      const numbers = lines.map((line) => Number(line.slice(5))).toSorted((a, b) => a - b)
      assert.deepEqual(
        numbers,
        Array.from({ length: written }, (_, i) => i),
      )
      console.log(`      ${kills} kills, ${written} lines, each exactly once`)
    })
  } finally {
    await client.close()
    await broker.stop()
  }
}

const withJava = shared(4, () => JavaConnect.start())

export const checks: Check[] = [
  { name: 'the same file and JSON give the same records as Connect', run: withJava(sameRecords) },
  { name: 'offsets are stored as Connect stores them', run: withJava(sameOffsets) },
  { name: 'Connect goes on where we stopped, and we where Connect stopped', run: withJava(handOver) },
  { name: 'the same topic and JSON give the same file as Connect', run: withJava(sameFile) },
  { name: 'a worker killed again and again writes each line exactly once', run: crashes },
]
