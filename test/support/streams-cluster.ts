import { afterAll, beforeAll } from 'vitest'

import { partitionKey, type Client, type ConsumerRecord } from '#core/client/client.ts'
import { createClient } from '#core/client/lean-client.ts'
import { startBroker, type Broker } from '../../broker/index.ts'

/** A record to produce: its value, which is its key too, and its timestamp. */
export type Line = readonly [value: string, timestamp: number]

/** A broker in memory and a client of it for the tests of one file, with what they do most. */
export class StreamsCluster {
  #broker: Broker | undefined
  #client: Client | undefined

  constructor() {
    beforeAll(async () => {
      this.#broker = await startBroker({ memory: true, config: { 'group.initial.rebalance.delay.ms': '0' } })
      this.#client = createClient({ bootstrapServers: this.#broker.bootstrapServers })
    })
    afterAll(async () => {
      await this.#client?.close()
      await this.#broker?.stop()
    })
  }

  get client(): Client {
    return this.#client!
  }

  /** Settings of an application that reacts fast. */
  config(id: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
    const fast = { 'poll.ms': '20', 'linger.ms': '0', 'heartbeat.interval.ms': '50' }
    return { 'application.id': id, 'bootstrap.servers': this.#broker!.bootstrapServers, ...fast, ...more }
  }

  async create(partitions: Readonly<Record<string, number>>): Promise<void> {
    await this.client
      .admin()
      .createTopics(Object.entries(partitions).map(([name, count]) => ({ name, partitions: count })))
  }

  async produce(topic: string, lines: readonly Line[]): Promise<void> {
    const producer = this.client.producer({ lingerMs: 0 })
    for (const [value, timestamp] of lines)
      producer.append({ topic, key: Buffer.from(value), value: Buffer.from(value), timestamp })
    await producer.close()
  }

  /** Everything that a topic holds now, partition by partition in order. */
  async contents(name: string): Promise<ConsumerRecord[]> {
    const [described] = await this.client.admin().describeTopics([name])
    const partitions = described!.partitions.map(({ partition }) => ({ topic: name, partition }))
    const consumer = this.client.consumer({ autoOffsetReset: 'earliest' })
    consumer.assign(partitions)
    const ends = await consumer.endOffsets(partitions)
    const open = new Set(partitions.map(partitionKey).filter((key) => ends.get(key)! > 0))
    const records: ConsumerRecord[] = []
    while (open.size > 0) {
      for (const chunk of await consumer.poll(200)) {
        // Fetched bytes are borrowed: what outlives the poll is copied.
        for (const record of chunk)
          records.push({
            ...record,
            key: record.key && Buffer.from(record.key),
            value: record.value && Buffer.from(record.value),
          })
        if (chunk.nextOffset >= ends.get(partitionKey(chunk))!) open.delete(partitionKey(chunk))
      }
    }
    await consumer.close()
    return records
  }
}
