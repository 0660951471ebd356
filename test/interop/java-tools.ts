/**
 * Apache Kafka's command line tools on our broker: offsets, record deletion, transactions, groups, versions, latency, verifiable and
 * measuring clients, and what resets a Streams application. `CLIENTS_ON=kafka` runs them on Apache Kafka.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Client } from '../../core/client/client.ts'
import { createClient } from '../../core/client/lean-client.ts'
import { findCoordinator } from '../../core/wire/api/10-find-coordinator.ts'
import { addPartitionsToTxn } from '../../core/wire/api/24-add-partitions-to-txn.ts'
import { initProducerId } from '../../core/wire/api/22-init-producer-id.ts'
import { withBroker } from '../support/broker-under-test.ts'
import type { Check } from '../support/check.ts'
import { kafkaTool, withKafka } from '../support/peers.ts'
import { readRecords } from '../support/read-records.ts'
import { WireClient } from '../support/wire-client.ts'

const onBroker = (body: (bootstrap: string) => Promise<void>): Promise<void> =>
  process.env['CLIENTS_ON'] === 'kafka'
    ? withKafka(body)
    : withBroker({ 'group.initial.rebalance.delay.ms': '0' }, body)

type Tool = (name: string, ...args: string[]) => Promise<string>

/** A check with a client of ours, and Kafka's tools pointed at the broker. */
const check = (name: string, body: (client: Client, tool: Tool, bootstrap: string) => Promise<void>): Check => ({
  name,
  run: () =>
    onBroker(async (bootstrap) => {
      const client = createClient({ bootstrapServers: bootstrap })
      try {
        await body(client, (tool, ...args) => kafkaTool([tool, '--bootstrap-server', bootstrap, ...args]), bootstrap)
      } finally {
        await client.close()
      }
    }),
})

const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '')
const first = 1_700_000_000_000

/** A topic of two partitions with ten records each, a second apart. */
async function fill(client: Client, topic: string): Promise<void> {
  await client.admin().createTopics([{ name: topic, partitions: 2, configs: { 'retention.ms': '-1' } }])
  const producer = client.producer()
  for (let i = 0; i < 20; i++)
    producer.append({
      topic,
      partition: i % 2,
      key: Buffer.from(`k${i}`),
      value: Buffer.from(`v${i}`),
      timestamp: first + i * 1000,
    })
  await producer.close()
}

async function offsets(client: Client, tool: Tool): Promise<void> {
  await fill(client, 'told')
  const at = (time: string): Promise<string[]> => tool('get-offsets', '--topic', 'told', '--time', time).then(lines)
  assert.deepEqual(await at('latest'), ['told:0:10', 'told:1:10'])
  assert.deepEqual(await at('earliest'), ['told:0:0', 'told:1:0'])
  assert.deepEqual(await at('max-timestamp'), ['told:0:9', 'told:1:9'])
  assert.deepEqual(await at(String(first + 7000)), ['told:0:4', 'told:1:3'])
  const folder = await mkdtemp(join(tmpdir(), 'millrace-tools-'))
  try {
    const file = join(folder, 'delete.json')
    await writeFile(file, '{"version":1,"partitions":[{"topic":"told","partition":1,"offset":6}]}')
    assert.match(await tool('delete-records', '--offset-json-file', file), /partition: told-1\s+low_watermark: 6/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  assert.deepEqual(await at('earliest'), ['told:0:0', 'told:1:6'])
}

/** A transaction of a producer that has gone away is seen, and ended by an operator. */
async function transactions(client: Client, tool: Tool, bootstrap: string): Promise<void> {
  await client.admin().createTopics([{ name: 'left', partitions: 1 }])
  const wire = await WireClient.connect(bootstrap)
  // Asking for the coordinator is what makes the topic of transactions.
  const asked = { keyType: 1, coordinatorKeys: ['gone'] }
  await wire.call(findCoordinator, 4, asked)
  const begin = { transactionalId: 'gone', transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 }
  let made = await wire.call(initProducerId, 4, begin)
  for (let i = 0; i < 150 && made.errorCode !== 0; i++) {
    await new Promise((done) => setTimeout(done, 200))
    made = await wire.call(initProducerId, 4, begin)
  }
  assert.equal(made.errorCode, 0)
  const { producerId, producerEpoch } = made
  const added = await wire.call(addPartitionsToTxn, 3, {
    v3AndBelowTransactionalId: 'gone',
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: [{ name: 'left', partitions: [0] }],
  })
  assert.equal(added.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode, 0)
  wire.close()
  const list = lines(await tool('transactions', 'list'))
  assert.match(list[0]!, /^TransactionalId\s+Coordinator\s+ProducerId\s+TransactionState/)
  assert.match(list[1]!, new RegExp(String.raw`^gone\s+1\s+${producerId}\s+Ongoing`))
  const described = lines(await tool('transactions', 'describe', '--transactional-id', 'gone'))
  assert.match(described[1]!, new RegExp(String.raw`\s${producerId}\s+${producerEpoch}\s+Ongoing\s+60000\s.*left-0`))
  assert.equal(lines(await tool('transactions', 'find-hanging', '--broker-id', '1')).length, 1)
  assert.match(
    await tool('transactions', 'describe-producers', '--topic', 'left', '--partition', '0'),
    /ProducerId\s+ProducerEpoch\s+LatestCoordinatorEpoch\s+LastSequence/,
  )
  await tool('transactions', 'forceTerminateTransaction', '--transactionalId', 'gone')
  const after = lines(await tool('transactions', 'list')).find((line) => line.startsWith('gone'))
  assert.match(after!, /\s(Empty|CompleteAbort)\s/)
}

async function groups(client: Client, tool: Tool): Promise<void> {
  await fill(client, 'grouped')
  const consumed = await tool(
    'console-consumer',
    '--topic',
    'grouped',
    '--group',
    'watchers',
    '--from-beginning',
    '--max-messages',
    '20',
  )
  assert.equal(lines(consumed).length, 20)
  const newer = ['--consumer-property', 'group.protocol=consumer', '--group', 'newer']
  const values = await tool(
    'console-consumer',
    '--topic',
    'grouped',
    ...newer,
    '--from-beginning',
    '--max-messages',
    '20',
  )
  assert.equal(lines(values).filter((line) => line.startsWith('v')).length, 20)
  const listed = lines(await tool('groups', '--list'))
  assert.match(listed[0]!, /^GROUP\s+TYPE\s+PROTOCOL/)
  assert.deepEqual(
    listed
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .toSorted(),
    [
      ['newer', 'Consumer', 'consumer'],
      ['watchers', 'Classic', 'consumer'],
    ],
  )
  assert.equal(lines(await tool('groups', '--list', '--group-type', 'consumer')).length, 2)
  assert.deepEqual(lines(await tool('streams-groups', '--list')), [])
  assert.match(await tool('consumer-groups', '--describe', '--group', 'newer', '--state'), /newer\s.*Empty/)
}

async function measuring(client: Client, tool: Tool, bootstrap: string): Promise<void> {
  const versions = await tool('broker-api-versions')
  assert.match(versions, /id: 1 rack: null.*-> \(\s*Produce\(0\): 0 to 13 \[usable: 13\]/)
  assert.doesNotMatch(versions, /UNSUPPORTED(?=.*\bProduce)/)
  await client.admin().createTopics([{ name: 'measured', partitions: 1 }])
  const args = ['--topic', 'measured', '--num-records', '2000', '--record-size', '100', '--throughput', '-1']
  const produced = await kafkaTool(['producer-perf', ...args, '--bootstrap-server', bootstrap])
  assert.match(produced, /^2000 records sent/m)
  const consumed = await tool('consumer-perf', '--topic', 'measured', '--num-records', '2000', '--timeout', '20000')
  assert.match(lines(consumed).at(-1)!, /, 2000, /)
  const latency = ['--topic', 'measured', '--num-records', '200', '--producer-acks', 'all', '--record-size', '64']
  assert.match(await tool('e2e-latency', ...latency), /Percentiles: 50th = \d+, 99th = \d+/)
  const verified = await tool('verifiable-producer', '--topic', 'verified', '--max-messages', '500', '--acks', '-1')
  const said = lines(verified).map((line) => JSON.parse(line) as { name: string; acked?: number; sent?: number })
  const data = said.find(({ name }) => name === 'tool_data')!
  assert.deepEqual([data.sent, data.acked], [500, 500])
  assert.equal((await readRecords(client, 'verified')).length, 500)
}

/** The tool puts the offsets of inputs back and removes what the application kept. */
async function streamsReset(client: Client, tool: Tool): Promise<void> {
  await fill(client, 'in')
  const admin = client.admin()
  const internal = ['app-counts-changelog', 'app-counts-repartition']
  await admin.createTopics(internal.map((name) => ({ name, partitions: 2 })))
  const consume = ['--group', 'app', '--from-beginning', '--max-messages', '20']
  await tool('console-consumer', '--topic', 'in', ...consume)
  const said = await tool('streams-reset', '--application-id', 'app', '--input-topics', 'in')
  for (const name of internal) assert.match(said, new RegExp(name))
  const offsets = await admin.groupOffsets('app')
  assert.deepEqual(
    offsets.map(({ offset }) => offset),
    [0, 0],
  )
  const left = await admin.listTopics()
  for (const name of internal) assert.ok(!left.includes(name), `${name} is still there`)
}

export const checks: readonly Check[] = [
  check('kafka-get-offsets and kafka-delete-records', offsets),
  check('kafka-transactions: list, describe, find-hanging, describe-producers, force an end', transactions),
  check('kafka-groups and console consumers of both protocols', groups),
  check('kafka-broker-api-versions, perf tools, e2e latency, verifiable producer', measuring),
  check('kafka-streams-application-reset', streamsReset),
]
