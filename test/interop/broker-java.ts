/** Apache Kafka 4.3.1's own tools against our broker: what they print and leave behind is what they do on Apache Kafka. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { withBroker } from '../support/broker-under-test.ts'
import type { Check } from '../support/check.ts'
import { kafkaTool } from '../support/peers.ts'

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')
const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i))

/** Runs a tool of Apache Kafka against a broker. */
const tool = (bootstrap: string, name: string, ...args: readonly string[]): Promise<string> =>
  kafkaTool([name, '--bootstrap-server', bootstrap, ...args])

const produceLines = (
  bootstrap: string,
  topic: string,
  values: readonly string[],
  ...args: readonly string[]
): Promise<string> =>
  kafkaTool(['console-producer', '--bootstrap-server', bootstrap, '--topic', topic, ...args], {
    input: values.join('\n') + '\n',
  })

async function consumeLines(
  bootstrap: string,
  topic: string,
  count: number,
  ...args: readonly string[]
): Promise<string[]> {
  return lines(
    await tool(
      bootstrap,
      'console-consumer',
      '--topic',
      topic,
      '--from-beginning',
      '--max-messages',
      String(count),
      '--timeout-ms',
      '30000',
      ...args,
    ),
  )
}

const topics: Check = {
  name: 'kafka-topics makes, describes, alters, lists and deletes topics',
  run: () =>
    withBroker({}, async (bootstrap) => {
      const run = (...args: readonly string[]) => tool(bootstrap, 'topics', ...args)
      assert.match(
        await run('--create', '--topic', 'a', '--partitions', '2', '--config', 'retention.ms=5000'),
        /Created topic a/,
      )
      assert.match(
        await run('--describe', '--topic', 'a'),
        /PartitionCount: 2\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=5000/,
      )
      await run('--alter', '--topic', 'a', '--partitions', '4')
      const described = await run('--describe', '--topic', 'a')
      assert.equal(described.match(/Leader: 1\s+Replicas: 1\s+Isr: 1/g)?.length, 4)
      assert.deepEqual(lines(await run('--list')), ['a'])
      assert.equal((await run('--describe', '--under-replicated-partitions')).trim(), '')
      await run('--delete', '--topic', 'a')
      assert.deepEqual(lines(await run('--list')), [])
      await assert.rejects(run('--create', '--topic', 'b', '--replication-factor', '3'), /replication factor/i)
    }),
}

const configs: Check = {
  name: 'kafka-configs sets, describes and takes back settings of topics and brokers',
  run: () =>
    withBroker({}, async (bootstrap) => {
      const run = (...args: readonly string[]) => tool(bootstrap, 'configs', ...args)
      await tool(bootstrap, 'topics', '--create', '--topic', 'a')
      await run(
        '--alter',
        '--entity-type',
        'topics',
        '--entity-name',
        'a',
        '--add-config',
        'retention.ms=7000,cleanup.policy=[compact,delete]',
      )
      const own = await run('--describe', '--entity-type', 'topics', '--entity-name', 'a')
      assert.match(own, /retention\.ms=7000 sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:retention\.ms=7000\}/)
      assert.match(own, /cleanup\.policy=compact,delete/)
      const all = await run('--describe', '--entity-type', 'topics', '--entity-name', 'a', '--all')
      // All that Apache Kafka shows; settings of our own come on top.
      assert.equal(all.match(/^ {2}(?!millrace\.)[a-z0-9.]+=/gm)?.length, 33)
      await run('--alter', '--entity-type', 'topics', '--entity-name', 'a', '--delete-config', 'retention.ms')
      assert.doesNotMatch(await run('--describe', '--entity-type', 'topics', '--entity-name', 'a'), /retention\.ms/)
      await run('--alter', '--entity-type', 'brokers', '--entity-default', '--add-config', 'log.retention.ms=9000')
      await run(
        '--alter',
        '--entity-type',
        'brokers',
        '--entity-name',
        '1',
        '--add-config',
        'log.segment.bytes=2000000',
      )
      const broker = await run('--describe', '--entity-type', 'brokers', '--entity-name', '1')
      assert.match(
        broker,
        /log\.segment\.bytes=2000000 sensitive=false synonyms=\{DYNAMIC_BROKER_CONFIG:log\.segment\.bytes=2000000, DEFAULT_CONFIG:/,
      )
      assert.match(await run('--describe', '--entity-type', 'brokers', '--entity-default'), /log\.retention\.ms=9000/)
      assert.match(
        await run('--describe', '--entity-type', 'topics', '--entity-name', 'a', '--all'),
        / retention\.ms=9000/,
      )
    }),
}

const consoles: Check = {
  name: 'console producer and consumer carry lines, keys and headers; consumer groups are described, reset and deleted',
  run: () =>
    withBroker({}, async (bootstrap) => {
      await produceLines(bootstrap, 'a', numbers(200))
      assert.deepEqual(await consumeLines(bootstrap, 'a', 200, '--group', 'g'), numbers(200))
      await produceLines(
        bootstrap,
        'pairs',
        ['h:1\tk\tv'],
        '--reader-property',
        'parse.key=true',
        '--reader-property',
        'parse.headers=true',
      )
      const shown = ['print.key=true', 'print.headers=true', 'print.partition=true', 'print.offset=true'].flatMap(
        (each) => ['--formatter-property', each],
      )
      assert.deepEqual(await consumeLines(bootstrap, 'pairs', 1, ...shown), ['Partition:0\tOffset:0\th:1\tk\tv'])
      const groups = (...args: readonly string[]) => tool(bootstrap, 'consumer-groups', ...args)
      assert.match(await groups('--describe', '--group', 'g'), /g\s+a\s+0\s+200\s+200\s+0/)
      assert.match(await groups('--list', '--state'), /g\s+Empty/)
      await groups('--reset-offsets', '--group', 'g', '--topic', 'a', '--to-offset', '50', '--execute')
      assert.match(await groups('--describe', '--group', 'g'), /g\s+a\s+0\s+50\s+200\s+150/)
      const rest = await tool(
        bootstrap,
        'console-consumer',
        '--topic',
        'a',
        '--group',
        'g',
        '--max-messages',
        '150',
        '--timeout-ms',
        '30000',
      )
      assert.deepEqual(lines(rest), numbers(200).slice(50))
      await groups('--delete', '--group', 'g')
      assert.doesNotMatch(await groups('--list'), /^g$/m)
    }),
}

const offsets: Check = {
  name: 'kafka-get-offsets and kafka-delete-records agree on where logs begin and end',
  run: () =>
    withBroker({}, async (bootstrap) => {
      await produceLines(bootstrap, 'a', numbers(100))
      const ask = async (time: string) => lines(await tool(bootstrap, 'get-offsets', '--topic', 'a', '--time', time))
      assert.deepEqual(await ask('latest'), ['a:0:100'])
      assert.deepEqual(await ask('earliest'), ['a:0:0'])
      const request = { version: 1, partitions: [{ topic: 'a', partition: 0, offset: 60 }] }
      const folder = await mkdtemp(join(tmpdir(), 'millrace-'))
      try {
        await writeFile(join(folder, 'cut.json'), JSON.stringify(request))
        const printed = await tool(bootstrap, 'delete-records', '--offset-json-file', join(folder, 'cut.json'))
        assert.match(printed, /partition: a-0\s+low_watermark: 60/)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
      assert.deepEqual(await ask('earliest'), ['a:0:60'])
      assert.deepEqual(await consumeLines(bootstrap, 'a', 40), numbers(100).slice(60))
      assert.match((await ask('max-timestamp'))[0]!, /^a:0:\d+$/)
      assert.match(
        await tool(bootstrap, 'log-dirs', '--describe', '--topic-list', 'a'),
        /"partition":"a-0","size":\d+,"offsetLag":0/,
      )
    }),
}

const perf: Check = {
  name: 'producer-perf and consumer-perf send and count every record',
  run: () =>
    withBroker({}, async (bootstrap) => {
      const sent = await tool(
        bootstrap,
        'producer-perf',
        '--topic',
        'p',
        '--num-records',
        '100000',
        '--record-size',
        '200',
        '--throughput',
        '-1',
      )
      assert.match(sent, /^100000 records sent/m)
      const read = await tool(
        bootstrap,
        'consumer-perf',
        '--topic',
        'p',
        '--num-records',
        '100000',
        '--timeout',
        '30000',
      )
      assert.match(read, /, 100000, /)
    }),
}

const cluster: Check = {
  name: 'broker-api-versions, features and cluster tools understand what they are told',
  run: () =>
    withBroker({}, async (bootstrap, broker) => {
      const versions = await tool(bootstrap, 'broker-api-versions')
      assert.match(versions, /\(id: 1 rack: null isFenced: false\)/)
      assert.match(versions, /Produce\(0\): 0 to 13 \[usable: 13\]/)
      const features = await tool(bootstrap, 'features', 'describe')
      assert.match(features, /metadata\.version.*FinalizedVersionLevel: 4\.3-IV0/)
      assert.match(features, /kraft\.version.*FinalizedVersionLevel: 1/)
      assert.ok(broker.clusterId.length > 0)
    }),
}

export const checks: readonly Check[] = [topics, configs, consoles, offsets, perf, cluster]
