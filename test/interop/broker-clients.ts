/** Other people's clients on our broker: kafkajs, librdkafka (kcat) and kafka-python, in every codec and in both directions. */
import assert from 'node:assert/strict'

import kafkajs from 'kafkajs'

import {
  compress,
  compressionNames,
  decompress,
  codecId,
  type CompressionName,
} from '#core/records/compression/index.ts'
import { withBroker } from '../support/broker-under-test.ts'
import { type Check, Skipped } from '../support/check.ts'
import { command, kafkaTool } from '../support/peers.ts'

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')
/** Lines that compress, and that tell a lost or doubled one. */
const values = Array.from({ length: 300 }, (_, i) => `value ${i} `.repeat(1 + (i % 9)).trim())

async function needs(program: string, args: readonly string[]): Promise<void> {
  if ((await command(program, args)).code !== 0) throw new Skipped(`${program} ${args.join(' ')} does not run here`)
}

async function run(program: string, args: readonly string[], input?: string): Promise<string> {
  const result = await command(program, args, input === undefined ? {} : { input })
  if (result.code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${result.code}\n${result.stderr}`)
  return result.stdout
}

/** A client that can write and read a topic. */
interface Party {
  readonly name: string
  readonly codecs: readonly CompressionName[]
  ready(): Promise<void>
  produce(bootstrap: string, topic: string, codec: CompressionName): Promise<void>
  consume(bootstrap: string, topic: string): Promise<string[]>
}

const java: Party = {
  name: 'Java 4.3.1',
  codecs: compressionNames,
  ready: async () => {},
  async produce(bootstrap, topic, codec) {
    const args = ['--bootstrap-server', bootstrap, '--topic', topic, '--compression-codec', codec]
    await kafkaTool(['console-producer', ...args], { input: values.join('\n') + '\n' })
  },
  async consume(bootstrap, topic) {
    const args = [
      '--topic',
      topic,
      '--from-beginning',
      '--max-messages',
      String(values.length),
      '--timeout-ms',
      '30000',
    ]
    return lines(await kafkaTool(['console-consumer', '--bootstrap-server', bootstrap, ...args]))
  },
}

const kcat: Party = {
  name: 'kcat',
  codecs: compressionNames,
  ready: () => needs('kcat', ['-V']),
  async produce(bootstrap, topic, codec) {
    await run('kcat', ['-b', bootstrap, '-P', '-t', topic, '-z', codec], values.join('\n') + '\n')
  },
  async consume(bootstrap, topic) {
    return lines(await run('kcat', ['-b', bootstrap, '-C', '-t', topic, '-e', '-q', '-o', 'beginning']))
  },
}

const python: Party = {
  name: 'kafka-python',
  // Its other codecs want packages that are not there by themselves.
  codecs: ['none', 'gzip'],
  ready: () => needs('python3', ['-c', 'import kafka']),
  async produce(bootstrap, topic, codec) {
    const program = `
import sys
from kafka import KafkaProducer
codec = None if sys.argv[3] == 'none' else sys.argv[3]
p = KafkaProducer(bootstrap_servers=sys.argv[1], compression_type=codec, linger_ms=20)
for line in sys.stdin: p.send(sys.argv[2], line.rstrip('\\n').encode())
p.flush()`
    await run('python3', ['-c', program, bootstrap, topic, codec], values.join('\n') + '\n')
  },
  async consume(bootstrap, topic) {
    const program = `
import sys
from kafka import KafkaConsumer
c = KafkaConsumer(sys.argv[2], bootstrap_servers=sys.argv[1], auto_offset_reset='earliest', consumer_timeout_ms=15000)
for n, record in enumerate(c):
    print(record.value.decode())
    if n + 1 == int(sys.argv[3]): break`
    return lines(await run('python3', ['-c', program, bootstrap, topic, String(values.length)]))
  },
}

const { CompressionCodecs, CompressionTypes } = kafkajs
const kafkajsTypes: Readonly<Record<CompressionName, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 }
for (const name of ['snappy', 'lz4', 'zstd'] as const) {
  const packed = async (encoder: { buffer: Buffer }) => compress(name, encoder.buffer)
  const unpacked = async (bytes: Buffer) => decompress(codecId(name), bytes, 100_000_000)
  CompressionCodecs[kafkajsTypes[name] as typeof CompressionTypes.Snappy] = () => ({
    compress: packed,
    decompress: unpacked,
  })
}

const javascript: Party = {
  name: 'kafkajs',
  codecs: compressionNames,
  ready: async () => {},
  async produce(bootstrap, topic, codec) {
    const producer = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING }).producer()
    await producer.connect()
    await producer.send({ topic, compression: kafkajsTypes[codec], messages: values.map((value) => ({ value })) })
    await producer.disconnect()
  },
  async consume(bootstrap, topic) {
    const kafka = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING })
    const consumer = kafka.consumer({ groupId: `kafkajs-${topic}`, maxWaitTimeInMs: 50 })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const read: string[] = []
    await new Promise<void>((done) => {
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
        if (read.push(String(message.value)) === values.length) done()
      }
      void consumer.run({ eachMessage })
    })
    await consumer.disconnect()
    return read
  },
}

/** What one writes in each codec, the others read. */
function exchange(writer: Party, readers: readonly Party[]): Check {
  return {
    name: `${writer.name} writes ${writer.codecs.join(', ')}; ${readers.map(({ name }) => name).join(', ')} read the same`,
    run: async () => {
      await writer.ready()
      await withBroker({}, async (bootstrap) => {
        for (const codec of writer.codecs) {
          await writer.produce(bootstrap, `t-${codec}`, codec)
          for (const reader of readers) {
            if (!reader.codecs.includes(codec)) continue
            await reader.ready()
            assert.deepEqual(await reader.consume(bootstrap, `t-${codec}`), values, `${reader.name} reads ${codec}`)
          }
        }
      })
    },
  }
}

export const checks: readonly Check[] = [
  exchange(java, [java, javascript, kcat, python]),
  exchange(javascript, [java, kcat, python]),
  exchange(kcat, [java, javascript]),
  exchange(python, [java, javascript, kcat]),
]
