/**
 * The lean client beside kafkajs on the same Apache Kafka in one run: produce and consume 100 B and 1 KB records, four
 * partitions, acks=all, no compression. Both clients run in this process, one after the other; CPU is this process's.
 */
import kafkajs from 'kafkajs'

import { createClient } from '#core/client/lean-client.ts'
import { withKafka } from '../support/peers.ts'
import type { BenchReport } from './run.ts'

const partitions = [0, 1, 2, 3]
const rounds = 3
const scale = Number(process.env['BENCH_CLIENT_SCALE'] ?? 1)

interface Figures {
  readonly perSecond: number
  readonly perCpuSecond: number
}

/** The best of the rounds: what disturbs a run only ever slows it. */
async function best(count: number, once: () => Promise<void>): Promise<Figures> {
  let perSecond = 0
  let perCpuSecond = 0
  for (let round = 0; round < rounds; round++) {
    const cpu = process.cpuUsage()
    const start = performance.now()
    await once()
    const seconds = (performance.now() - start) / 1000
    const { user, system } = process.cpuUsage(cpu)
    perSecond = Math.max(perSecond, count / seconds)
    perCpuSecond = Math.max(perCpuSecond, (count * 1e6) / (user + system))
  }
  return { perSecond, perCpuSecond }
}

async function ours(bootstrap: string, topic: string, count: number, value: Buffer): Promise<Figures[]> {
  const client = createClient({ bootstrapServers: bootstrap })
  const produce = await best(count, async () => {
    const producer = client.producer()
    for (let i = 0; i < count; i++) {
      producer.append({ topic, key: null, value })
      if (!producer.writable) await producer.ready()
    }
    await producer.close()
  })
  const consume = await best(count, async () => {
    const consumer = client.consumer({ autoOffsetReset: 'earliest' })
    consumer.assign(partitions.map((partition) => ({ topic, partition })))
    let bytes = 0
    for (let seen = 0; seen < count;) {
      for (const fetched of await consumer.poll(1000)) {
        for (const record of fetched) bytes += record.value!.length
        seen += fetched.count
      }
    }
    if (bytes < count * value.length) throw new Error('records came back short')
    await consumer.close()
  })
  await client.close()
  return [produce, consume]
}

/** Eight sends of a thousand records under way, as somebody would who has read its manual. */
async function theirs(bootstrap: string, topic: string, count: number, value: Buffer): Promise<Figures[]> {
  const kafka = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING })
  const createPartitioner = kafkajs.Partitioners.DefaultPartitioner
  const produce = await best(count, async () => {
    const producer = kafka.producer({ createPartitioner })
    await producer.connect()
    let sent = 0
    const messages = Array.from({ length: 1000 }, () => ({ value }))
    const lane = async (): Promise<void> => {
      for (; sent < count;) {
        sent += 1000
        await producer.send({ topic, acks: -1, messages })
      }
    }
    await Promise.all(Array.from({ length: 8 }, lane))
    await producer.disconnect()
  })
  let group = 0
  const consume = await best(count, async () => {
    const consumer = kafka.consumer({ groupId: `${topic}-${group++}` })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    let seen = 0
    await new Promise<void>((resolve, reject) => {
      const eachBatch = async ({ batch }: { batch: { messages: readonly unknown[] } }): Promise<void> => {
        seen += batch.messages.length
        if (seen >= count) resolve()
      }
      consumer.run({ autoCommit: false, partitionsConsumedConcurrently: 4, eachBatch }).catch(reject)
    })
    await consumer.disconnect()
  })
  return [produce, consume]
}

const thousands = (figure: number): string => `${Math.round(figure / 1000)} k`

export async function run(): Promise<BenchReport> {
  return withKafka(async (bootstrap) => {
    const rows: string[] = []
    for (const [size, total] of [
      [100, 1_000_000 * scale],
      [1000, 200_000 * scale],
    ] as const) {
      const admin = createClient({ bootstrapServers: bootstrap })
      const topics = ['ours', 'kafkajs'].map((who) => `${who}-${size}`)
      await admin.admin().createTopics(topics.map((name) => ({ name, partitions: 4, replicationFactor: 1 })))
      await admin.close()
      const value = Buffer.alloc(size, 'a')
      const we = await ours(bootstrap, topics[0]!, total, value)
      // kafkajs is timed on a fifth: its speed does not depend on the count.
      const they = await theirs(bootstrap, topics[1]!, total / 5, value)
      for (const [index, what] of ['produce', 'consume'].entries()) {
        const [a, b] = [we[index]!, they[index]!]
        const megabytes = Math.round((a.perSecond * size) / 1e6)
        rows.push(
          `| ${what} ${size} B | ${thousands(a.perSecond)} (${megabytes} MB) | ${thousands(a.perCpuSecond)} | ${thousands(b.perSecond)} | ${thousands(b.perCpuSecond)} | ${(a.perCpuSecond / b.perCpuSecond).toFixed(1)} |`,
        )
      }
    }
    return {
      title: 'Client: produce and consume on Apache Kafka 4.3.1, records a second',
      markdown: [
        `Four partitions, acks=all, best of ${rounds} rounds; kafkajs 2.2.4 sends thousands, eight at a time.`,
        '',
        '| | Millrace /s | Millrace /cpu-s | kafkajs /s | kafkajs /cpu-s | per cpu-s, times kafkajs |',
        '|---|---|---|---|---|---|',
        ...rows,
      ].join('\n'),
    }
  })
}
