import { Kafka, logLevel } from 'kafkajs'

/** What is to be tested: an application that knows nothing but where its cluster is. */
export async function placeOrders(bootstrapServers: string, orders: readonly string[]): Promise<void> {
  const producer = kafka(bootstrapServers).producer()
  await producer.connect()
  await producer.send({ topic: 'orders', messages: orders.map((value) => ({ value })) })
  await producer.disconnect()
}

/** Reads a topic from its beginning until `count` values are there. */
export async function readValues(bootstrapServers: string, topic: string, count: number): Promise<string[]> {
  const consumer = kafka(bootstrapServers).consumer({ groupId: 'test' })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const values: string[] = []
  await new Promise<void>((done, failed) => {
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
      values.push(String(message.value))
      if (values.length === count) done()
    }
    consumer.run({ eachMessage }).catch(failed)
  })
  await consumer.disconnect()
  return values
}

const kafka = (bootstrapServers: string): Kafka => new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.ERROR })
