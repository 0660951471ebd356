import { Kafka, logLevel } from 'kafkajs'

/** kafkajs for what goes on beside the programs under check; it keeps its complaints to itself. */
export const kafkajsAt = (bootstrap: string): Kafka =>
  new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING, clientId: 'check' })

/** Fills a topic, made if need be, with `count` numbers as text from `first` on, spread over its partitions in turn. */
export async function fill(
  bootstrap: string,
  topic: string,
  partitions: number,
  count: number,
  first = 0,
): Promise<void> {
  const kafka = kafkajsAt(bootstrap)
  const controls = kafka.admin()
  await controls.connect()
  await controls.createTopics({ topics: [{ topic, numPartitions: partitions }] })
  await controls.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  const messages = Array.from({ length: count }, (_, i) => ({ value: String(first + i), partition: i % partitions }))
  await producer.send({ topic, messages })
  await producer.disconnect()
}
