/** The lean client against Apache Kafka: the whole contract, Java neighbours, all codecs, and a broker that is killed. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'

import { cooperativeStickyAssignor, rangeAssignor } from '#core/client/assignors/index.ts'
import type { Assignor, Client, CompressionName, Consumer, ConsumerRecord } from '#core/client/client.ts'
import { createClient } from '#core/client/lean-client.ts'
import { isKnownError } from '#core/errors/table.ts'
import { clientContract } from '../contract/client.ts'
import type { Check } from '../support/check.ts'
import { kafkaTool, peer, withKafka } from '../support/peers.ts'

async function withClient<T>(bootstrap: string, body: (client: Client) => Promise<T>): Promise<T> {
  const client = createClient({ bootstrapServers: bootstrap })
  try {
    return await body(client)
  } finally {
    await client.close()
  }
}

const javaHeap = { KAFKA_HEAP_OPTS: '-Xmx192m' }
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
const valueOf = ({ value }: ConsumerRecord): string => String(value)

async function readAll(consumer: Consumer, enough: number, mostMs = 30_000): Promise<ConsumerRecord[]> {
  const records: ConsumerRecord[] = []
  const end = Date.now() + mostMs
  while (records.length < enough && Date.now() < end) for (const each of await consumer.poll(500)) records.push(...each)
  return records
}

/** A Java console consumer in a group; `lines` fills with the values it prints. */
function javaMember(bootstrap: string, topic: string, group: string, assignor: string) {
  const lines: string[] = []
  const child: ChildProcess = spawn(
    peer('kafka/kafka.sh'),
    [
      'console-consumer',
      '--bootstrap-server',
      bootstrap,
      '--topic',
      topic,
      '--group',
      group,
      '--command-property',
      `partition.assignment.strategy=org.apache.kafka.clients.consumer.${assignor}`,
      '--command-property',
      'auto.offset.reset=earliest',
      '--command-property',
      'heartbeat.interval.ms=500',
    ],
    { env: { ...process.env, ...javaHeap }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  child
    .stdout!.setEncoding('utf8')
    .on('data', (text: string) => lines.push(...text.split('\n').filter((line) => line !== '')))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    lines,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Two of ours and one of Java's share six partitions; each reads its part, and when Java leaves ours take over. */
async function mixedGroup(make: () => Assignor, javaClass: string): Promise<void> {
  await withKafka((bootstrap) =>
    withClient(bootstrap, async (client) => {
      const [topic, groupId] = ['mixed', 'mixed-group']
      await client.admin().createTopics([{ name: topic, partitions: 6, replicationFactor: 1 }])
      const java = javaMember(bootstrap, topic, groupId, javaClass)
      const seen: string[] = []
      const told: string[] = []
      const ours = [1, 2].map((number) => {
        const consumer = client.consumer({
          groupId,
          autoOffsetReset: 'earliest',
          assignors: [make()],
          heartbeatIntervalMs: 500,
        })
        consumer.subscribe([topic], {
          assigned: (partitions) => void told.push(`${number} +${partitions.length}`),
          revoked: (partitions) => void told.push(`${number} -${partitions.length}`),
        })
        return consumer
      })
      const producer = client.producer()
      let sent = 0
      const due: { topic: string; partition: number; offset: number }[] = []
      /** Commits what the consumer has read and still owns; amid a rebalance that has to wait for a later round. */
      const commitOwned = async (consumer: Consumer): Promise<void> => {
        const owned = due.filter(({ partition }) => consumer.assignment.some((each) => each.partition === partition))
        try {
          for (const each of owned) await consumer.commit([each])
          due.splice(0, due.length, ...due.filter((each) => !owned.includes(each)))
        } catch (error) {
          if (!isKnownError(error) || error.code !== 'COMMIT_DURING_REBALANCE') throw error
        }
      }
      const pollUntil = async (holds: () => boolean): Promise<void> => {
        const end = Date.now() + 60_000
        while (!holds()) {
          ok(
            Date.now() < end,
            `the group never settled: ${told.join(', ')}; ${java.lines.length} lines, ${seen.length} records`,
          )
          for (const consumer of ours) {
            for (const each of await consumer.poll(50)) {
              seen.push(...[...each].map(valueOf))
              due.push({ topic, partition: each.partition, offset: each.nextOffset })
            }
            await commitOwned(consumer)
          }
        }
      }
      const produce = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i++)
          producer.append({ topic, partition: i % 6, key: null, value: Buffer.from(`${sent++}`) })
        await producer.flush()
      }
      try {
        await pollUntil(() => ours.every(({ assignment }) => assignment.length === 2))
        await produce(600)
        await pollUntil(() => java.lines.length + seen.length >= 600)
        deepEqual(
          [...java.lines, ...seen].map(Number).sort((a, b) => a - b),
          range(0, 600),
        )
        equal(java.lines.length, 200)
        const before = told.length
        await java.stop()
        await pollUntil(() => ours.every(({ assignment }) => assignment.length === 3))
        if (make().protocol === 'cooperative') {
          deepEqual(
            told.slice(before).filter((each) => each.includes('-')),
            [],
            'what stays is not revoked',
          )
        }
        await produce(60)
        await pollUntil(() => new Set(seen).size >= 460)
      } finally {
        await java.stop()
      }
    }),
  )
}

async function codecs(): Promise<void> {
  await withKafka((bootstrap) =>
    withClient(bootstrap, async (client) => {
      const text = (codec: string, i: number): string => `${codec} ${i} ${'abc'.repeat(i % 50)}`
      const names: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
      await client
        .admin()
        .createTopics(['ours', 'theirs'].map((name) => ({ name, partitions: 1, replicationFactor: 1 })))
      for (const compression of names) {
        const producer = client.producer({ compression })
        for (let i = 0; i < 500; i++)
          producer.append({ topic: 'ours', key: null, value: Buffer.from(text(compression, i)) })
        await producer.close()
        await kafkaTool(
          [
            'console-producer',
            '--bootstrap-server',
            bootstrap,
            '--topic',
            'theirs',
            '--compression-codec',
            compression,
          ],
          {
            env: javaHeap,
            input: range(0, 500)
              .map((i) => `${text(compression, i)}\n`)
              .join(''),
          },
        )
      }
      const expected = names.flatMap((codec) => range(0, 500).map((i) => text(codec, i)))
      const read = await kafkaTool(
        [
          'console-consumer',
          '--bootstrap-server',
          bootstrap,
          '--topic',
          'ours',
          '--from-beginning',
          '--max-messages',
          '2500',
        ],
        { env: javaHeap },
      )
      deepEqual(read.trim().split('\n'), expected)
      const consumer = client.consumer({ autoOffsetReset: 'earliest' })
      consumer.assign([{ topic: 'theirs', partition: 0 }])
      deepEqual((await readAll(consumer, 2500)).map(valueOf), expected)
    }),
  )
}

async function crashAndRestart(port: string): Promise<void> {
  await kafkaTool(['stop', port, 'KILL'])
  await kafkaTool(['start', port], { env: { KAFKA_HEAP_OPTS: '-Xmx512m -Xms256m' } })
}

async function killedBroker(): Promise<void> {
  await withKafka((bootstrap) =>
    withClient(bootstrap, async (client) => {
      const port = bootstrap.split(':')[1]!
      const topic = 'killed'
      await client.admin().createTopics([{ name: topic, partitions: 3, replicationFactor: 1 }])
      const producer = client.producer({ batchSize: 2000, requestTimeoutMs: 5000 })
      const total = 60_000
      let acknowledged = 0
      let restarted: Promise<void> | undefined
      for (let i = 0; i < total; i++) {
        producer.append({ topic, partition: i % 3, key: null, value: Buffer.from(`${i}`) }, (error) => {
          if (error === null) acknowledged++
        })
        if (i === total / 3) await producer.flush()
        // The broker dies with some of these under way and goes on dying and starting while the rest is appended.
        if (i === total / 2) restarted = crashAndRestart(port)
        if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      }
      await Promise.all([restarted, producer.flush()])
      equal(acknowledged, total)
      const consumer = client.consumer({ autoOffsetReset: 'earliest' })
      consumer.assign([0, 1, 2].map((partition) => ({ topic, partition })))
      const records = await readAll(consumer, total)
      for (const partition of [0, 1, 2]) {
        const numbers = records.filter((each) => each.partition === partition).map((each) => Number(valueOf(each)))
        deepEqual(
          numbers,
          range(0, total / 3).map((i) => 3 * i + partition),
        )
      }
      deepEqual(await readAll(consumer, 1, 1000), [])
    }),
  )
}

export const checks: readonly Check[] = [
  {
    name: 'the client contract holds on Apache Kafka',
    run: () =>
      withKafka(async (bootstrap) => {
        const failures: unknown[] = []
        for (const each of clientContract) {
          const hangs = new Promise<never>((_, reject) =>
            setTimeout(() => reject(new Error('never ended')), 120_000).unref(),
          )
          await Promise.race([each.run(bootstrap), hangs]).catch((error: Error) => {
            failures.push(new Error(`${each.name}: ${error.message}`, { cause: error }))
          })
        }
        if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'))
      }),
  },
  { name: 'all codecs both ways with the Java console clients', run: codecs },
  {
    name: 'two of ours and a Java consumer share a group (range)',
    run: () => mixedGroup(rangeAssignor, 'RangeAssignor'),
  },
  {
    name: 'two of ours and a Java consumer share a group (cooperative-sticky)',
    run: () => mixedGroup(cooperativeStickyAssignor, 'CooperativeStickyAssignor'),
  },
  { name: 'a broker killed amid produce: nothing lost, nothing doubled, nothing out of order', run: killedBroker },
]
