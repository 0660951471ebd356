/**
 * Consumer groups as other people's programs use them: kafkajs, Apache Kafka's clients and tools, librdkafka (kcat) and
 * kafka-python share topics on our broker, and what they see of groups and offsets is what they see on Apache Kafka.
 */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { withBroker } from '../support/broker-under-test.ts'
import type { Check } from '../support/check.ts'
import { Skipped } from '../support/check.ts'
import { coordinatorOver } from '../support/coordinator-over.ts'
import { fill, kafkajsAt } from '../support/filled-topic.ts'
import { converse, prepare, scenarios } from '../support/group-scenarios.ts'
import { command, freePort, kafkaTool } from '../support/peers.ts'
import { until } from '../support/until.ts'
import { WireClient } from '../support/wire-client.ts'
import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import { VerifiableGroup } from '../support/verifiable-group.ts'

const quick = {
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '500',
  'auto.create.topics.enable': 'false',
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const inOrder = (values: Iterable<string | number>): number[] => Array.from(values, Number).toSorted((a, b) => a - b)

async function needs(program: string, args: readonly string[]): Promise<void> {
  if ((await command(program, args)).code !== 0) throw new Skipped(`${program} ${args.join(' ')} does not run here`)
}

/** Rows of a table that a Kafka tool printed, as objects by its head line. */
function rows(table: string): Record<string, string>[] {
  const lines = table.split('\n').filter((line) => line.trim() !== '')
  const head = lines.findIndex((line) => line.startsWith('GROUP'))
  assert.notEqual(head, -1, `no table in:\n${table}`)
  const names = lines[head]!.trim().split(/\s+/)
  return lines.slice(head + 1).map((line) =>
    Object.fromEntries(
      line
        .trim()
        .split(/\s+/)
        .map((cell, i) => [names[i] ?? `${i}`, cell]),
    ),
  )
}

const conversations: Check = {
  name: 'groups: every conversation is the one that Apache Kafka has, and its offsets are read from its own log',
  run: async () => {
    const port = await freePort()
    const directory = await mkdtemp(join(tmpdir(), 'millrace-kafka-'))
    const properties = 'group.min.session.timeout.ms=500 group.initial.rebalance.delay.ms=400'
    const env = { KAFKA_HEAP_OPTS: '-Xmx512m -Xms256m', KAFKA_PROPS: properties }
    await kafkaTool(['start', String(port), directory], { env })
    const expected: Record<string, string[]> = {}
    try {
      await prepare(`127.0.0.1:${port}`)
      for (const name of Object.keys(scenarios)) expected[name] = await converse(`127.0.0.1:${port}`, name)
      await leaveTraces(`127.0.0.1:${port}`)
    } finally {
      await kafkaTool(['stop', String(port)])
    }
    try {
      await readTraces(directory)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
    await withBroker({ ...quick, 'group.initial.rebalance.delay.ms': '400' }, async (bootstrap) => {
      await prepare(bootstrap)
      for (const name of Object.keys(scenarios)) assert.deepEqual(await converse(bootstrap, name), expected[name], name)
    })
  },
}

/** Offsets and groups that are to be found in Apache Kafka's log later; the group ids lie in different partitions. */
const traces = Array.from({ length: 20 }, (_, i) => ({ groupId: `trace-${i}`, offset: 100 + i }))

async function leaveTraces(bootstrap: string): Promise<void> {
  const client = await WireClient.connect(bootstrap)
  for (const { groupId, offset } of traces) {
    const partitions = [{ partitionIndex: 1, committedOffset: offset, committedMetadata: '' }]
    const request = { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name: 'orders', partitions }] }
    const { topics } = await client.call(offsetCommit, 9, request)
    assert.equal(topics[0]!.partitions[0]!.errorCode, 0)
  }
  client.close()
}

async function readTraces(directory: string): Promise<void> {
  const groups = await coordinatorOver(directory)
  const context = { apiVersion: 8, clientId: 'check', clientHost: '/127.0.0.1' }
  const asked = traces.map(({ groupId }) => ({ groupId, memberId: null, memberEpoch: -1, topics: null }))
  const fetched = groups.offsetFetch(context, { groupId: '', topics: null, groups: asked, requireStable: true })
  const found = fetched.groups!.map(({ groupId, topics }) => ({
    groupId,
    offset: topics[0]!.partitions[0]!.committedOffset,
  }))
  assert.deepEqual(found, traces)
  await groups.close()
}

const kafkajsGroup: Check = {
  name: 'groups: kafkajs consumers share, come and go, and continue where they left off',
  run: () =>
    withBroker(quick, async (bootstrap) => {
      await fill(bootstrap, 'shared', 6, 300)
      const kafka = kafkajsAt(bootstrap)
      const seen: string[] = []
      const start = async (): Promise<{ stop(): Promise<void>; owned(): number }> => {
        const consumer = kafka.consumer({
          groupId: 'js',
          sessionTimeout: 6000,
          heartbeatInterval: 200,
          rebalanceTimeout: 5000,
          maxWaitTimeInMs: 200,
        })
        let owned = 0
        consumer.on(
          consumer.events.GROUP_JOIN,
          ({ payload }) => (owned = payload.memberAssignment['shared']?.length ?? 0),
        )
        await consumer.connect()
        await consumer.subscribe({ topic: 'shared', fromBeginning: true })
        await consumer.run({
          autoCommitThreshold: 1,
          eachMessage: async ({ message }) => void seen.push(String(message.value)),
        })
        return { stop: () => consumer.disconnect(), owned: () => owned }
      }
      const first = await start()
      await until('all is read', () => seen.length >= 300)
      const others = [await start(), await start()]
      await until('three share six partitions', () => [first, ...others].every((each) => each.owned() === 2))
      await first.stop()
      await until('two share six partitions', () => others.every((each) => each.owned() === 3))
      const producer = kafka.producer()
      await producer.connect()
      await producer.send({
        topic: 'shared',
        messages: numbers(60).map((i) => ({ value: String(300 + i), partition: i % 6 })),
      })
      await until('the rest is read', () => seen.length >= 360)
      for (const each of others) await each.stop()
      await producer.send({ topic: 'shared', messages: [{ value: '360', partition: 3 }] })
      await producer.disconnect()
      const last = await start()
      await until('one more is read', () => seen.length >= 361)
      await last.stop()
      assert.deepEqual(inOrder(seen), numbers(361))
    }),
}

const javaTools: Check = {
  name: 'groups: console consumers commit; kafka-consumer-groups lists, describes, resets and deletes; its log is decoded',
  run: () =>
    withBroker(quick, async (bootstrap, broker) => {
      await fill(bootstrap, 'lines', 2, 40)
      const at = ['--bootstrap-server', bootstrap]
      const consume = (max: number): Promise<string> =>
        kafkaTool([
          'console-consumer',
          ...at,
          '--topic',
          'lines',
          '--group',
          'console',
          '--from-beginning',
          '--max-messages',
          String(max),
          '--timeout-ms',
          '30000',
        ])
      assert.deepEqual(inOrder((await consume(40)).trim().split('\n')), numbers(40))
      const groups = (...args: string[]): Promise<string> => kafkaTool(['consumer-groups', ...at, ...args])
      const lag = async () =>
        rows(await groups('--describe', '--group', 'console')).map((row) => [
          row['PARTITION'],
          row['CURRENT-OFFSET'],
          row['LAG'],
        ])
      assert.deepEqual(await lag(), [
        ['0', '20', '0'],
        ['1', '20', '0'],
      ])
      assert.match(await groups('--list', '--state'), /console\s+Empty/)
      assert.deepEqual(
        rows(await groups('--describe', '--group', 'console', '--state')).map((row) => row['#MEMBERS']),
        ['0'],
      )
      await groups('--group', 'console', '--topic', 'lines', '--reset-offsets', '--to-offset', '15', '--execute')
      assert.deepEqual(await lag(), [
        ['0', '15', '5'],
        ['1', '15', '5'],
      ])
      assert.equal((await consume(10)).trim().split('\n').length, 10)
      assert.match(await groups('--group', 'console', '--topic', 'lines:0', '--delete-offsets'), /Successful/)
      assert.deepEqual(await lag(), [['1', '20', '0']])
      assert.match(await groups('--delete', '--group', 'console'), /successful/i)
      assert.doesNotMatch(await groups('--list'), /console/)
      await decodeLog(broker.dataDir, /\bconsole\b/)
    }),
}

/** What `kafka-dump-log` makes of all that the coordinator wrote. */
async function decodeLog(dataDir: string, mentions: RegExp): Promise<void> {
  const logs = (await readdir(dataDir, { recursive: true })).filter((name) =>
    /__consumer_offsets-\d+\/\d+\.log$/.test(name),
  )
  const files = logs.map((name) => join(dataDir, name)).join(',')
  const dump = await kafkaTool(['dump-log', '--offsets-decoder', '--deep-iteration', '--files', files])
  assert.match(dump, mentions)
  assert.match(dump, /"type":"2"/)
  assert.match(dump, /"type":"1"/)
  assert.doesNotMatch(dump, /isvalid: false|corrupt|Error|Exception|unknown/i)
}

const kcatGroup: Check = {
  name: 'groups: kcat (librdkafka) as a balanced consumer, two at once',
  run: async () => {
    await needs('kcat', ['-V'])
    await withBroker(quick, async (bootstrap) => {
      await fill(bootstrap, 'cats', 4, 80)
      const consumer = (): Promise<string[]> =>
        command(
          'kcat',
          [
            '-b',
            bootstrap,
            '-G',
            'cats',
            '-X',
            'auto.offset.reset=earliest',
            '-X',
            'session.timeout.ms=6000',
            '-q',
            '-u',
            '-f',
            '%s\n',
            'cats',
          ],
          {
            timeoutMs: 12_000,
          },
        ).then((result) =>
          result.stdout
            .trim()
            .split('\n')
            .filter((line) => line !== ''),
        )
      const outputs = await Promise.all([consumer(), consumer()])
      assert.deepEqual(inOrder(new Set(outputs.flat())), numbers(80))
      const controls = kafkajsAt(bootstrap).admin()
      await controls.connect()
      const [offsets] = await controls.fetchOffsets({ groupId: 'cats', topics: ['cats'] })
      assert.deepEqual(
        offsets!.partitions.map((each) => each.offset),
        ['20', '20', '20', '20'],
      )
      await controls.disconnect()
    })
  },
}

const python = `
import sys, json
from kafka import KafkaConsumer
from kafka.structs import TopicPartition
c = KafkaConsumer('snakes', bootstrap_servers=sys.argv[1], group_id='py', auto_offset_reset='earliest', enable_auto_commit=False,
                  session_timeout_ms=6000, heartbeat_interval_ms=500, consumer_timeout_ms=8000)
out = []
for m in c:
    out.append(m.value.decode())
    if len(out) == int(sys.argv[2]): break
c.commit()
committed = [c.committed(TopicPartition('snakes', p)) for p in (0, 1)]
c.close()
print(json.dumps({'values': out, 'committed': committed}))
`

const pythonGroup: Check = {
  name: 'groups: kafka-python consumes, commits and continues',
  run: async () => {
    await needs('python3', ['-c', 'import kafka'])
    await withBroker(quick, async (bootstrap) => {
      await fill(bootstrap, 'snakes', 2, 30)
      const run = async (count: number) => {
        const result = await command('python3', ['-c', python, bootstrap, String(count)], { timeoutMs: 60_000 })
        assert.equal(result.code, 0, result.stderr)
        return JSON.parse(result.stdout) as { values: string[]; committed: number[] }
      }
      const first = await run(30)
      assert.deepEqual(inOrder(first.values), numbers(30))
      assert.deepEqual(first.committed, [15, 15])
      const producer = kafkajsAt(bootstrap).producer()
      await producer.connect()
      await producer.send({ topic: 'snakes', messages: [{ value: '30', partition: 0 }] })
      await producer.disconnect()
      assert.deepEqual((await run(1)).values, ['30'])
    })
  },
}

const verifiable: Check = {
  name: 'groups: three of Kafka’s verifiable consumers come and go; no partition has two owners, no record is missed or doubled',
  run: () =>
    withBroker(quick, async (bootstrap) => {
      await fill(bootstrap, 'verified', 6, 600)
      const group = new VerifiableGroup(bootstrap, 'verified', 'verify')
      const kafka = kafkajsAt(bootstrap)
      const producer = kafka.producer()
      await producer.connect()
      let sent = 600
      const more = async (count: number): Promise<void> => {
        await producer.send({
          topic: 'verified',
          messages: numbers(count).map((i) => ({ value: String(sent + i), partition: (sent + i) % 6 })),
        })
        sent += count
      }
      try {
        const a = group.start()
        await until('the first one has all partitions', () => a.owned.size === 6)
        const b = group.start()
        const c = group.start()
        await until('three share', () => [a, b, c].every((each) => each.owned.size === 2))
        await more(300)
        await until('all is read', () => group.consumedCount >= sent)
        await b.stop()
        await until('two share', () => a.owned.size === 3 && c.owned.size === 3)
        await more(300)
        await until('all is read', () => group.consumedCount >= sent)
        const d = group.start()
        await until('three share again', () => [a, c, d].every((each) => each.owned.size === 2))
        await a.stop()
        await more(300)
        await until('all is read', () => group.consumedCount >= sent)
        group.assertOneOwnerEach()
        assert.deepEqual(group.consumedTwice(), [])
        c.kill()
        await until('the last one has all partitions', () => d.owned.size === 6)
        await more(60)
        await until('all is read', () => group.consumedCount >= sent)
        group.assertOneOwnerEach()
        assert.equal(group.distinctCount, sent)
        await d.stop()
      } finally {
        group.killAll()
        await producer.disconnect()
      }
    }),
}

export const checks: readonly Check[] = [conversations, kafkajsGroup, javaTools, kcatGroup, pythonGroup, verifiable]
