import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Records a second that kafkajs sends and reads, in a process of its own. */
export function kafkajsRates(
  bootstrap: string,
  topic: string,
  records: number,
  size: number,
): Promise<{ produced: number; consumed: number }> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(import.meta.url), bootstrap, topic, String(records), String(size)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  return new Promise((done, failed) => {
    let out = ''
    child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()))
    child.once('exit', (code) => {
      if (code === 0) done(JSON.parse(out) as { produced: number; consumed: number })
      else failed(new Error(`kafkajs ended with ${code}`))
    })
  })
}

async function load(bootstrap: string, topic: string, records: number, size: number): Promise<void> {
  const { Kafka, logLevel } = (await import('kafkajs')).default
  const kafka = new Kafka({ brokers: [bootstrap], clientId: 'bench', logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  const messages = Array.from({ length: 1000 }, () => ({ value: Buffer.alloc(size, 'x') }))
  const begin = performance.now()
  let left = Math.ceil(records / messages.length)
  const sender = async (): Promise<void> => {
    while (left-- > 0) await producer.send({ topic, messages, acks: -1 })
  }
  await Promise.all([sender(), sender(), sender(), sender()])
  const produced = (records * 1000) / (performance.now() - begin)
  await producer.disconnect()

  const consumer = kafka.consumer({ groupId: `bench-${topic}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let count = 0
  let first = 0
  const all = new Promise<number>((done) => {
    void consumer.run({
      eachBatch: async ({ batch }) => {
        if (first === 0) first = performance.now()
        count += batch.messages.length
        if (count >= records) done(performance.now())
      },
    })
  })
  const consumed = (records * 1000) / ((await all) - first)
  await consumer.disconnect()
  process.stdout.write(JSON.stringify({ produced, consumed }))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [bootstrap, topic, records, size] = process.argv.slice(2)
  await load(bootstrap!, topic!, Number(records), Number(size))
}
