import { Kafka, logLevel } from 'kafkajs'
import { serdes } from 'millrace'
import { startBroker } from 'millrace/broker'
import { KafkaStreams } from 'millrace/streams'

import topology from './topology.ts'

// A broker in this process, in memory: any Kafka client can talk to it, kafkajs does here.
await using broker = await startBroker({ memory: true })
const kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.ERROR })

const admin = kafka.admin()
await admin.createTopics({ topics: [{ topic: 'lines', numPartitions: 2 }, { topic: 'word-counts' }] })
const producer = kafka.producer()
await producer.connect()
await producer.send({ topic: 'lines', messages: [{ value: 'to be or not to be' }, { value: 'that is the question' }] })
await producer.disconnect()

await using app = new KafkaStreams(topology, {
  'application.id': 'word-count',
  'bootstrap.servers': broker.bootstrapServers,
})
await app.start()
await app.finish()

const latest = new Map<string, number>()
const consumer = kafka.consumer({ groupId: 'print' })
await consumer.subscribe({ topics: ['word-counts'], fromBeginning: true })
await new Promise<void>((done) => {
  void consumer.run({
    eachMessage: async ({ message }) => {
      latest.set(message.key!.toString(), serdes.long.deserialize(message.value!))
      if (latest.size === 8) done()
    },
  })
})
await consumer.disconnect()
await admin.disconnect()
for (const [word, count] of [...latest].sort(([a], [b]) => (a < b ? -1 : 1))) console.log(`${word} ${count}`)
