import { setTimeout as pause } from 'node:timers/promises'

import kafkajs, { type Kafka as KafkaClient, logLevel } from 'kafkajs'
import { describe, expect, it, onTestFinished } from 'vitest'

import { startBroker } from '../../broker/start.ts'
import { memoryBroker } from '../support/memory-broker.ts'
import { temporaryFolder } from '../support/temporary.ts'

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'
const clientOf = (bootstrap: string): KafkaClient =>
  new kafkajs.Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 20 } })

async function consume(kafka: KafkaClient, groupId: string, topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50, heartbeatInterval: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const values: string[] = []
  await new Promise<void>((done) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value))
        if (values.length === count) done()
      },
    })
  })
  await consumer.commitOffsets([{ topic, partition: 0, offset: String(count) }])
  await consumer.disconnect()
  return values
}

describe('kafkajs', () => {
  it('produces, consumes in groups and administers', async () => {
    const broker = await memoryBroker()
    const kafka = clientOf(broker.bootstrapServers)
    const admin = kafka.admin()
    await admin.connect()
    expect(
      await admin.createTopics({
        topics: [{ topic: 'a', numPartitions: 1, configEntries: [{ name: 'retention.ms', value: '-1' }] }],
      }),
    ).toBe(true)
    const producer = kafka.producer({ idempotent: true })
    await producer.connect()
    const compression = kafkajs.CompressionTypes.GZIP
    await producer.send({
      topic: 'a',
      compression,
      messages: Array.from({ length: 100 }, (_, i) => ({ key: `k${i}`, value: `v${i}`, headers: { h: 'x' } })),
    })
    expect(await consume(kafka, 'g', 'a', 100)).toEqual(Array.from({ length: 100 }, (_, i) => `v${i}`))
    expect(await admin.fetchOffsets({ groupId: 'g' })).toEqual([
      { topic: 'a', partitions: [{ partition: 0, offset: '100', metadata: null }] },
    ])
    await admin.fetchTopicOffsets('a')
    await admin.deleteTopicRecords({ topic: 'a', partitions: [{ partition: 0, offset: '90' }] })
    expect(await admin.fetchTopicOffsets('a')).toEqual([{ partition: 0, offset: '100', high: '100', low: '90' }])
    const { resources } = await admin.describeConfigs({
      includeSynonyms: true,
      resources: [{ type: 2, name: 'a', configNames: ['retention.ms'] }],
    })
    expect(resources[0]!.configEntries[0]).toMatchObject({ configName: 'retention.ms', configValue: '-1' })
    await admin.createPartitions({ topicPartitions: [{ topic: 'a', count: 3 }] })
    expect((await admin.fetchTopicMetadata({ topics: ['a'] })).topics[0]!.partitions).toHaveLength(3)
    expect((await admin.describeGroups(['g'])).groups[0]!.state).toBe('Empty')
    expect(await admin.deleteGroups(['g'])).toMatchObject([{ groupId: 'g', errorCode: 0 }])
    await admin.deleteTopics({ topics: ['a'] })
    expect(await admin.listTopics()).toEqual(['__consumer_offsets'])
    await producer.disconnect()
    await admin.disconnect()
  })

  it('commits and aborts transactions with offsets, and reads what was committed', async () => {
    const broker = await memoryBroker()
    const kafka = clientOf(broker.bootstrapServers)
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'in' }, { topic: 'out' }] })
    const settings = { transactionalId: 'copier', idempotent: true, maxInFlightRequests: 1 }
    const producer = kafka.producer(settings)
    await producer.connect()
    const attempts = [
      { value: 'a', offset: '1', commits: true },
      { value: 'b', offset: '2', commits: false },
      { value: 'c', offset: '3', commits: true },
    ]
    for (const { value, offset, commits } of attempts) {
      const transaction = await producer.transaction()
      await transaction.send({ topic: 'out', messages: [{ value }] })
      await transaction.sendOffsets({
        consumerGroupId: 'copiers',
        topics: [{ topic: 'in', partitions: [{ partition: 0, offset }] }],
      })
      await (commits ? transaction.commit() : transaction.abort())
    }
    // Whoever takes the id over ends what is left open.
    const open = await producer.transaction()
    await open.send({ topic: 'out', messages: [{ value: 'open' }] })
    const next = kafka.producer(settings)
    await next.connect()
    const last = await next.transaction()
    await expect(open.commit()).rejects.toThrow(/fenced|epoch|newer/i)
    await last.send({ topic: 'out', messages: [{ value: 'd' }] })
    await last.commit()
    expect(await consume(kafka, 'readers', 'out', 3)).toEqual(['a', 'c', 'd'])
    const [committed] = await admin.fetchOffsets({ groupId: 'copiers', topics: ['in'] })
    expect(committed!.partitions).toMatchObject([{ partition: 0, offset: '3' }])
    await Promise.all([producer, next, admin].map((each) => each.disconnect()))
  })

  it('finds everything again after the broker was stopped and started', async () => {
    const dataDir = temporaryFolder()
    // Two partitions of the offsets topic do here, and are made faster.
    const options = { dataDir, port: 0, config: { 'offsets.topic.num.partitions': '2', 'log.retention.ms': '-1' } }
    const first = await startBroker(options)
    const kafka = clientOf(first.bootstrapServers)
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic: 'a', messages: [{ value: 'x' }, { value: 'y' }] })
    expect(await consume(kafka, 'g', 'a', 2)).toEqual(['x', 'y'])
    await producer.disconnect()
    await first.stop()

    const second = await startBroker(options)
    onTestFinished(() => second.stop())
    expect(second.clusterId).toBe(first.clusterId)
    const again = clientOf(second.bootstrapServers)
    const admin = again.admin()
    await admin.connect()
    while ((await admin.fetchOffsets({ groupId: 'g' }).catch(() => [])).length === 0) await pause(10)
    expect(await admin.fetchOffsets({ groupId: 'g' })).toEqual([
      { topic: 'a', partitions: [{ partition: 0, offset: '2', metadata: null }] },
    ])
    expect(await admin.fetchTopicOffsets('a')).toEqual([{ partition: 0, offset: '2', high: '2', low: '0' }])
    await admin.disconnect()
    expect(await consume(again, 'other', 'a', 2)).toEqual(['x', 'y'])
  })
})
