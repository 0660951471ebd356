import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type Broker, startBroker } from '../../../../broker/index.ts'
import type { Client, ConsumerRecord } from '#core/client/client.ts'
import { createKafkajsClient } from '#core/client/kafkajs/kafkajs-client.ts'
import { partitionForKey } from '#core/client/producer/partitioners.ts'

describe('the client port on kafkajs', () => {
  let broker: Broker
  let client: Client

  beforeAll(async () => {
    broker = await startBroker({ memory: true, config: { 'group.initial.rebalance.delay.ms': '0' } })
    client = createKafkajsClient({ bootstrapServers: `${broker.address.host}:${broker.address.port}` })
    await client.admin().createTopics([{ name: 't', partitions: 3, replicationFactor: 1 }])
  })

  afterAll(async () => {
    await client.close()
    await broker.stop()
  })

  it('sends records and says where each landed', async () => {
    const producer = client.producer()
    const landed: string[] = []
    for (let i = 0; i < 30; i++) {
      const key = Buffer.from(`${i % 7}`)
      const headers = [{ key: 'n', value: Buffer.from(`${i}`) }]
      producer.append(
        { topic: 't', key, value: Buffer.from(`${i}`), timestamp: 1000 + i, headers },
        (error, partition, offset) => {
          expect(error).toBeNull()
          expect(partition).toBe(partitionForKey(key, 3))
          landed.push(`${partition}@${offset}`)
        },
      )
    }
    expect(producer.pendingBytes).toBeGreaterThan(0)
    await producer.flush()
    expect([producer.pendingBytes, new Set(landed).size]).toEqual([0, 30])
    const partition = partitionForKey(Buffer.from('x'), 3)
    expect(await producer.send({ topic: 't', key: Buffer.from('x'), value: null })).toMatchObject({
      topic: 't',
      partition,
    })
    await producer.close()
  })

  it('reads as a member of a group, and commits', async () => {
    const consumer = client.consumer({ groupId: 'g', autoOffsetReset: 'earliest', maxWaitMs: 100 })
    consumer.subscribe(['t'])
    const records: ConsumerRecord[] = []
    const ends = new Map<string, { topic: string; partition: number; offset: number }>()
    while (records.length < 31) {
      for (const each of await consumer.poll(1000)) {
        records.push(...each)
        ends.set(`${each.partition}`, { topic: each.topic, partition: each.partition, offset: each.nextOffset })
      }
    }
    expect(consumer.assignment).toHaveLength(3)
    const first = records.find(({ value }) => String(value) === '0')!
    expect([
      first.timestamp,
      String(first.key),
      first.headers.map(({ key, value }) => `${key}=${String(value)}`),
    ]).toEqual([1000, '0', ['n=0']])
    await consumer.commit([...ends.values()])
    const committed = await client.admin().groupOffsets('g')
    expect(committed.reduce((sum, { offset }) => sum + offset, 0)).toBe(31)
    expect(await consumer.endOffsets([...ends.values()])).toEqual(
      new Map([...ends.values()].map((e) => [`t-${e.partition}`, e.offset])),
    )
    await consumer.close()
  })

  it('describes and lists', async () => {
    const admin = client.admin()
    expect(await admin.listTopics()).toContain('t')
    expect(
      (await admin.describeTopics(['t', 'missing'])).map(({ name, partitions }) => [name, partitions.length]),
    ).toEqual([['t', 3]])
    await expect(admin.createTopics([{ name: 't' }])).rejects.toMatchObject({ code: 'TOPIC_ALREADY_EXISTS' })
    expect((await admin.describeCluster()).brokers).toHaveLength(1)
  })

  it('says what kafkajs cannot do', () => {
    expect(() => client.consumer({ groupId: 'g' }).assign([])).toThrow('kafkajs has no manual assignment')
    expect(() => client.producer({ compression: 'zstd' })).toThrow('kafkajs has no compression zstd')
    expect(() => client.admin().alterConfigs({ type: 'topic', name: 't' }, {})).toThrow('kafkajs has no incremental')
  })
})
