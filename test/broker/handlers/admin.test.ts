import { describe, expect, it } from 'vitest'

import { zeroUuid } from '#core/bytes/uuid.ts'
import { listOffsets } from '#core/wire/api/02-list-offsets.ts'
import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { createTopics } from '#core/wire/api/19-create-topics.ts'
import { deleteTopics } from '#core/wire/api/20-delete-topics.ts'
import { deleteRecords } from '#core/wire/api/21-delete-records.ts'
import { describeConfigs } from '#core/wire/api/32-describe-configs.ts'
import { alterConfigs } from '#core/wire/api/33-alter-configs.ts'
import { describeLogDirs } from '#core/wire/api/35-describe-log-dirs.ts'
import { createPartitions } from '#core/wire/api/37-create-partitions.ts'
import { incrementalAlterConfigs } from '#core/wire/api/44-incremental-alter-configs.ts'
import { describeCluster } from '#core/wire/api/60-describe-cluster.ts'
import { describeTopicPartitions } from '#core/wire/api/75-describe-topic-partitions.ts'
import { errorName } from '#core/wire/errors.ts'
import {
  fetchValues,
  makeTopic,
  memoryBroker,
  metadata,
  produce,
  produceBody,
  batchOf,
  produceValues,
  wireClient,
} from '../../support/memory-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

const plain = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }

async function create(client: WireClient, more: object, validateOnly = false): Promise<string> {
  const { topics } = await client.call(createTopics, 7, {
    timeoutMs: 1000,
    validateOnly,
    topics: [{ name: 'new', ...plain, ...more }],
  })
  return errorName(topics[0]!.errorCode)
}

async function settingOf(client: WireClient, topic: string, name: string) {
  const resources = [{ resourceType: 2, resourceName: topic, configurationKeys: [name] }]
  const { results } = await client.call(describeConfigs, 4, { resources, includeSynonyms: true })
  return results[0]!.configs[0]!
}

describe('topics', () => {
  it('are refused with the reason', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, 'dots.and_lines')
    expect(await create(client, { name: '' })).toBe('INVALID_TOPIC_EXCEPTION')
    expect(await create(client, { name: '..' })).toBe('INVALID_TOPIC_EXCEPTION')
    expect(await create(client, { name: 'a/b' })).toBe('INVALID_TOPIC_EXCEPTION')
    expect(await create(client, { name: 'x'.repeat(250) })).toBe('INVALID_TOPIC_EXCEPTION')
    expect(await create(client, { name: 'dots_and.lines' })).toBe('INVALID_TOPIC_EXCEPTION')
    expect(await create(client, { name: 'dots.and_lines' })).toBe('TOPIC_ALREADY_EXISTS')
    expect(await create(client, { numPartitions: 0 })).toBe('INVALID_PARTITIONS')
    expect(await create(client, { numPartitions: 10_001 })).toBe('POLICY_VIOLATION')
    expect(await create(client, { replicationFactor: 2 })).toBe('INVALID_REPLICATION_FACTOR')
    expect(await create(client, { configs: [{ name: 'no.such.thing', value: '1' }] })).toBe('INVALID_CONFIG')
    expect(await create(client, { configs: [{ name: 'retention.ms', value: 'soon' }] })).toBe('INVALID_CONFIG')
    const assignments = [{ partitionIndex: 1, brokerIds: [1] }]
    expect(await create(client, { assignments })).toBe('INVALID_REQUEST')
    expect(await create(client, { assignments, numPartitions: -1, replicationFactor: -1 })).toBe(
      'INVALID_REPLICA_ASSIGNMENT',
    )
    expect(await create(client, {}, true)).toBe('NONE')
    const { topics } = await client.call(metadata, 12, { topics: null })
    expect(topics.map(({ name }) => name)).toEqual(['dots.and_lines'])
  })

  it('take defaults, grow, and go away with their records', async () => {
    const broker = await memoryBroker({ 'num.partitions': '3' })
    const client = await wireClient(broker)
    expect(await create(client, { numPartitions: -1, replicationFactor: -1 })).toBe('NONE')
    const grow = async (count: number) => {
      const { results } = await client.call(createPartitions, 3, {
        timeoutMs: 1000,
        validateOnly: false,
        topics: [{ name: 'new', count, assignments: null }],
      })
      return errorName(results[0]!.errorCode)
    }
    expect(await grow(3)).toBe('INVALID_PARTITIONS')
    expect(await grow(5)).toBe('NONE')
    await client.call(produce, 9, produceBody('new', batchOf(['x']), -1, 4))
    const { topics } = await client.call(metadata, 12, { topics: [{ topicId: zeroUuid, name: 'new' }] })
    expect(topics[0]!.partitions).toHaveLength(5)
    const remove = { timeoutMs: 1000, topics: [{ name: null, topicId: topics[0]!.topicId }] }
    expect((await client.call(deleteTopics, 6, remove)).responses[0]).toMatchObject({ errorCode: 0, name: 'new' })
    expect(errorName((await client.call(deleteTopics, 6, remove)).responses[0]!.errorCode)).toBe('UNKNOWN_TOPIC_ID')
    await makeTopic(client, 'new')
    expect(await fetchValues(client, 'new', 0)).toEqual([])
  })

  it('come to be when somebody asks for them, unless that is forbidden', async () => {
    const client = await wireClient(await memoryBroker({ 'num.partitions': '2' }))
    const ask = async (name: string, allowAutoTopicCreation: boolean) =>
      (await client.call(metadata, 9, { topics: [{ name }], allowAutoTopicCreation })).topics[0]!
    expect(errorName((await ask('made', false)).errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect((await ask('made', true)).partitions).toHaveLength(2)
    expect(errorName((await ask('not/legal', true)).errorCode)).toBe('INVALID_TOPIC_EXCEPTION')
    const closed = await wireClient(await memoryBroker({ 'auto.create.topics.enable': 'false' }))
    const { topics } = await closed.call(metadata, 9, { topics: [{ name: 'made' }], allowAutoTopicCreation: true })
    expect(errorName(topics[0]!.errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  it('are described page by page', async () => {
    const client = await wireClient(await memoryBroker())
    for (const name of ['c', 'a', 'b']) await makeTopic(client, name, {}, 3)
    const seen: string[] = []
    let cursor: { topicName: string; partitionIndex: number } | null = null
    do {
      const page: Awaited<ReturnType<typeof ask>> = await ask()
      for (const topic of page.topics)
        for (const { partitionIndex } of topic.partitions) seen.push(`${topic.name}-${partitionIndex}`)
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen).toEqual(['a-0', 'a-1', 'a-2', 'b-0', 'b-1', 'b-2', 'c-0', 'c-1', 'c-2'])
    function ask() {
      return client.call(describeTopicPartitions, 0, { topics: [], responsePartitionLimit: 4, cursor })
    }
  })
})

describe('settings', () => {
  it('show where each value comes from, the strongest first', async () => {
    const client = await wireClient(await memoryBroker({ 'log.retention.ms': '5000' }))
    await makeTopic(client, 'a')
    expect(await settingOf(client, 'a', 'retention.ms')).toMatchObject({ value: '5000', configSource: 4 })
    const set = (resourceType: number, resourceName: string, name: string, value: string | null) =>
      client.call(incrementalAlterConfigs, 1, {
        validateOnly: false,
        resources: [
          { resourceType, resourceName, configs: [{ name, configOperation: value === null ? 1 : 0, value }] },
        ],
      })
    await set(4, '', 'log.retention.ms', '6000')
    await set(4, '1', 'log.retention.ms', '7000')
    await set(2, 'a', 'retention.ms', '8000')
    const row = await settingOf(client, 'a', 'retention.ms')
    expect(row).toMatchObject({ value: '8000', configSource: 1, isSensitive: false, readOnly: false })
    expect(row.synonyms.slice(0, 4).map(({ value, source }) => [value, source])).toEqual([
      ['8000', 1],
      ['7000', 2],
      ['6000', 3],
      ['5000', 4],
    ])
    await set(2, 'a', 'retention.ms', null)
    expect(await settingOf(client, 'a', 'retention.ms')).toMatchObject({ value: '7000', configSource: 2 })
    const refused = await set(4, '1', 'num.partitions', '4')
    expect(errorName(refused.responses[0]!.errorCode)).toBe('INVALID_REQUEST')
  })

  it('of a topic are all there, in the words of Kafka', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, 'a')
    const { results } = await client.call(describeConfigs, 4, {
      includeDocumentation: true,
      resources: [{ resourceType: 2, resourceName: 'a', configurationKeys: null }],
    })
    expect(results[0]!.configs.filter(({ name }) => !name.startsWith('millrace.'))).toHaveLength(33)
    expect(results[0]!.configs.find(({ name }) => name === 'flush.ms')).toMatchObject({
      value: '9223372036854775807',
      configType: 5,
      configSource: 5,
    })
    expect(results[0]!.configs.every(({ documentation }) => documentation!.length > 0)).toBe(true)
  })

  it('of a list are added to and taken from', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, 'a')
    const change = async (configOperation: number, name: string, value: string) => {
      const resources = [{ resourceType: 2, resourceName: 'a', configs: [{ name, configOperation, value }] }]
      const { responses } = await client.call(incrementalAlterConfigs, 1, { validateOnly: false, resources })
      return errorName(responses[0]!.errorCode)
    }
    expect(await change(2, 'cleanup.policy', 'compact')).toBe('NONE')
    expect((await settingOf(client, 'a', 'cleanup.policy')).value).toBe('delete,compact')
    expect(await change(3, 'cleanup.policy', 'delete')).toBe('NONE')
    expect((await settingOf(client, 'a', 'cleanup.policy')).value).toBe('compact')
    expect(await change(2, 'retention.ms', '1')).toBe('INVALID_CONFIG')
    expect(await change(0, 'cleanup.policy', 'burn')).toBe('INVALID_CONFIG')
  })

  it('that are replaced as a whole lose what is not named', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, 'a', { 'retention.ms': '1000', 'segment.ms': '2000' })
    const resources = [{ resourceType: 2, resourceName: 'a', configs: [{ name: 'retention.ms', value: '3000' }] }]
    expect((await client.call(alterConfigs, 2, { validateOnly: false, resources })).responses[0]!.errorCode).toBe(0)
    expect((await settingOf(client, 'a', 'retention.ms')).value).toBe('3000')
    expect(await settingOf(client, 'a', 'segment.ms')).toMatchObject({ value: '604800000', configSource: 5 })
  })
})

describe('offsets and cluster', () => {
  it('finds places in the log', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, 'a')
    for (const [value, timestamp] of [
      ['one', 1000],
      ['three', 3000],
      ['two', 2000],
    ] as const) {
      await client.call(produce, 9, produceBody('a', batchOf([value], 1_700_000_000_000 + timestamp)))
    }
    const find = async (timestamp: number, version = 11) => {
      const body = { replicaId: -1, topics: [{ name: 'a', partitions: [{ partitionIndex: 0, timestamp }] }] }
      const { errorCode, offset } = (await client.call(listOffsets, version, body)).topics[0]!.partitions[0]!
      return errorCode === 0 ? offset : errorName(errorCode)
    }
    const base = 1_700_000_000_000
    expect(await Promise.all([-1, -2, -3, -4, -5, -6].map((place) => find(place)))).toEqual([3, 0, 1, 0, -1, -1])
    expect(await Promise.all([base, base + 1001, base + 3001].map((time) => find(time)))).toEqual([0, 1, -1])
    expect(await find(-3, 6)).toBe('UNSUPPORTED_VERSION')
  })

  it('deletes records up to an offset, but not beyond the end', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, 'a', { 'retention.ms': '-1' })
    for (const value of ['x', 'y', 'z']) await produceValues(client, 'a', [value])
    const cut = async (offset: number) => {
      const { topics } = await client.call(deleteRecords, 2, {
        timeoutMs: 1000,
        topics: [{ name: 'a', partitions: [{ partitionIndex: 0, offset }] }],
      })
      const { lowWatermark, errorCode } = topics[0]!.partitions[0]!
      return errorCode === 0 ? lowWatermark : errorName(errorCode)
    }
    expect(await cut(2)).toBe(2)
    expect(await fetchValues(client, 'a', 2)).toEqual(['z'])
    expect(await cut(4)).toBe('OFFSET_OUT_OF_RANGE')
    expect(await cut(-1)).toBe(3)
  })

  it('names itself as broker, controller and coordinator by the address that the client used', async () => {
    const broker = await memoryBroker({ 'broker.rack': 'shelf' })
    const client = await wireClient(broker)
    const { host, port } = broker.address
    const cluster = await client.call(describeCluster, 2, { includeClusterAuthorizedOperations: false })
    expect(cluster).toMatchObject({
      clusterId: broker.clusterId,
      controllerId: 1,
      brokers: [{ brokerId: 1, host, port, rack: 'shelf', isFenced: false }],
    })
    const { coordinators } = await client.call(findCoordinator, 6, { coordinatorKeys: ['g', 'h'] })
    expect(coordinators).toMatchObject([
      { key: 'g', nodeId: 1, host, port, errorCode: 0 },
      { key: 'h', nodeId: 1, host, port, errorCode: 0 },
    ])
    const transactions = await client.call(findCoordinator, 6, { keyType: 1, coordinatorKeys: ['t'] })
    expect(transactions.coordinators).toMatchObject([{ key: 't', nodeId: 1, host, port, errorCode: 0 }])
    const shares = await client.call(findCoordinator, 6, { keyType: 2, coordinatorKeys: ['g:t:0'] })
    expect(errorName(shares.coordinators[0]!.errorCode)).toBe('INVALID_REQUEST')
  })

  it('tells the size of logs', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, 'a', {}, 2)
    const batch = batchOf(['x'])
    await client.call(produce, 9, produceBody('a', batch))
    const { results } = await client.call(describeLogDirs, 4, { topics: [{ topic: 'a', partitions: [0] }] })
    expect(results[0]!.topics).toEqual([
      { name: 'a', partitions: [{ partitionIndex: 0, partitionSize: batch.length, offsetLag: 0, isFutureKey: false }] },
    ])
  })
})
