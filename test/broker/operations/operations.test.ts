import { connect } from 'node:net'

import { describe, expect, it, onTestFinished } from 'vitest'

import { fetch as fetchApi } from '#core/wire/api/01-fetch.ts'
import { produce } from '#core/wire/api/00-produce.ts'
import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { initProducerId } from '#core/wire/api/22-init-producer-id.ts'
import { consumerGroupHeartbeat } from '#core/wire/api/68-consumer-group-heartbeat.ts'
import { deleteTopics } from '#core/wire/api/20-delete-topics.ts'
import { incrementalAlterConfigs } from '#core/wire/api/44-incremental-alter-configs.ts'
import { errorName } from '#core/wire/errors.ts'
import { Meters, Times } from '../../../broker/operations/meters.ts'
import { metricTable } from '../../../broker/operations/metric-table.ts'
import { OperationsServer } from '../../../broker/operations/operations-server.ts'
import { jsonLog } from '../../../broker/operations/process-log.ts'
import type { Broker } from '../../../broker/start.ts'
import { batchOf, fetchBody, makeTopic, memoryBroker, produceBody, wireClient } from '../../support/memory-broker.ts'

const measured = () => memoryBroker({ 'millrace.metrics.listener': '127.0.0.1:0' })
const get = (broker: Broker, path: string, init?: RequestInit) => fetch(`http://${broker.metricsAddress}${path}`, init)

/** The samples of `/metrics` by name with labels. */
async function samplesOf(broker: Broker): Promise<ReadonlyMap<string, number>> {
  const text = await (await get(broker, '/metrics')).text()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

describe('metrics', () => {
  it('count what clients did, by topic and by request, under the names that dashboards know', async () => {
    const broker = await measured()
    const client = await wireClient(broker)
    await makeTopic(client, 'a', {}, 2)
    const batch = batchOf(['1', '2', '3'])
    await client.call(produce, 9, produceBody('a', batch))
    await client.call(produce, 9, produceBody('a', Buffer.alloc(80)))
    await client.call(produce, 9, produceBody('no-such-topic', batch))
    await client.call(fetchApi, 12, fetchBody('a', 0))
    const samples = await samplesOf(broker)
    for (const labels of ['', '{topic="a"}']) {
      const of = (name: string) => samples.get(`kafka_server_brokertopicmetrics_${name}_total${labels}`)
      expect(of('messagesin')).toBe(3)
      expect(of('bytesin')).toBe(batch.length)
      expect(of('bytesout')).toBe(batch.length)
      expect([of('failedproducerequests'), of('bytesrejected')]).toEqual([1, 80])
    }
    expect([...samples.keys()].filter((name) => name.includes('no-such-topic'))).toEqual([])
    expect(samples.get('kafka_network_requestmetrics_requests_total{request="Produce",version="9"}')).toBe(3)
    expect(samples.get('kafka_network_requestmetrics_totaltimems{request="Produce",quantile="0.99"}')).toBeGreaterThan(
      0,
    )
    expect(samples.get('kafka_log_log_size{topic="a",partition="0"}')).toBe(batch.length)
    expect(samples.get('kafka_server_replicamanager_leadercount')).toBe(2)
    expect(samples.get('kafka_controller_kafkacontroller_activecontrollercount')).toBe(1)
    expect(samples.get('kafka_server_socketservermetrics_connection_count')).toBe(1)
    expect(samples.get('nodejs_eventloop_lag_p99_seconds')).toBeDefined()
  })

  it('of a topic end with it, and the sum of all does not fall', async () => {
    const broker = await measured()
    const client = await wireClient(broker)
    await makeTopic(client, 'a')
    await client.call(produce, 9, produceBody('a', batchOf(['1'])))
    await client.call(deleteTopics, 5, { topicNames: ['a'], timeoutMs: 1000 })
    const samples = await samplesOf(broker)
    expect(samples.get('kafka_server_brokertopicmetrics_messagesin_total')).toBe(1)
    expect([...samples.keys()].filter((name) => name.includes('topic="a"'))).toEqual([])
  })

  it('tell how many groups, offsets and transactions there are, and in which state', async () => {
    const broker = await measured()
    const client = await wireClient(broker)
    await makeTopic(client, 'a', {}, 2)
    await client.call(findCoordinator, 4, { coordinatorKeys: ['kept'], keyType: 0 })
    await client.call(findCoordinator, 4, { coordinatorKeys: ['x'], keyType: 1 })
    const commit = async (offset: number) => {
      const partitions = [0, 1].map((partitionIndex) => ({
        partitionIndex,
        committedOffset: offset,
        committedMetadata: null,
      }))
      const answer = await client.call(offsetCommit, 9, {
        groupId: 'kept',
        memberId: '',
        topics: [{ name: 'a', partitions }],
      })
      expect(answer.topics[0]!.partitions.map(({ errorCode }) => errorCode)).toEqual([0, 0])
    }
    for (const offset of [1, 2]) await commit(offset)
    const joined = await client.call(consumerGroupHeartbeat, 1, {
      groupId: 'consumers',
      memberId: 'm',
      memberEpoch: 0,
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames: ['a'],
      topicPartitions: [],
    })
    expect(joined.errorCode).toBe(0)
    const begun = await client.call(initProducerId, 4, { transactionalId: 'x', transactionTimeoutMs: 1000 })
    expect(begun.errorCode).toBe(0)
    const samples = await samplesOf(broker)
    const groups = 'kafka_server_group_coordinator_metrics'
    for (const [protocol, count] of Object.entries({ classic: 1, consumer: 1, streams: 0 }))
      expect(samples.get(`${groups}_group_count{protocol="${protocol}"}`), protocol).toBe(count)
    expect(samples.get('kafka_coordinator_group_groupmetadatamanager_numgroupsempty')).toBe(1)
    expect(samples.get('kafka_coordinator_group_groupmetadatamanager_numoffsets')).toBe(2)
    const states = [...samples].filter(
      ([name, count]) => name.startsWith(`${groups}_consumer_group_count`) && count > 0,
    )
    expect(states).toEqual([[`${groups}_consumer_group_count{state="Stable"}`, 1]])
    expect(samples.get('millrace_transactional_ids{state="Empty"}')).toBe(1)
    expect(samples.get('millrace_transactional_ids{state="Ongoing"}')).toBe(0)
    expect(samples.get('millrace_compactions_total')).toBe(0)
  })

  it('are declared once each', () => {
    expect(new Set(metricTable.map(({ name }) => name)).size).toBe(metricTable.length)
    for (const { name, kind } of metricTable)
      expect(/_(total|count|sum)$/.test(name) || kind === 'gauge', name).toBe(true)
  })

  it('cost nothing and listen nowhere unless they are asked for', async () => {
    expect((await memoryBroker()).metricsAddress).toBeUndefined()
  })

  it('refuse an address that is none or is taken', async () => {
    const broker = await measured()
    await expect(memoryBroker({ 'millrace.metrics.listener': 'nine' })).rejects.toThrow(/host:port/)
    await expect(memoryBroker({ 'millrace.metrics.listener': broker.metricsAddress! })).rejects.toThrow(
      /cannot be bound/,
    )
  })
})

describe('times', () => {
  it('tell quantiles of the last minute or two, and forget what is older', () => {
    const times = new Times()
    for (let i = 1; i <= 100; i++) times.add(i, 1000)
    expect(times.quantile(0.5, 1000)).toBeGreaterThanOrEqual(50)
    expect(times.quantile(0.5, 1000)).toBeLessThan(50 * 1.5)
    expect(times.quantile(0.999, 1000)).toBe(100)
    expect(times.quantile(0.5, 1000 + 61_000)).toBeGreaterThan(0)
    expect(times.quantile(0.5, 1000 + 300_000)).toBe(0)
    expect([times.count, times.sumMs]).toEqual([100, 5050])
  })

  it('of any length have a class', () => {
    const times = new Times()
    for (const took of [0, 1e-9, 0.01, 1e12]) times.add(took, 0)
    expect(times.quantile(1, 0)).toBe(1e12)
  })

  it('are kept per API', () => {
    const meters = new Meters()
    meters.answered(3, 'Metadata', 12, 5, 0, 0)
    expect(meters.apis[3]).toMatchObject({ name: 'Metadata', total: { count: 1 } })
  })
})

describe('health', () => {
  it('is told while the broker serves', async () => {
    const broker = await measured()
    const answer = await get(broker, '/health')
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ready', live: true, ready: true }])
    expect((await get(broker, '/health/live')).status).toBe(200)
    expect((await get(broker, '/elsewhere')).status).toBe(404)
    expect((await get(broker, '/metrics', { method: 'POST' })).status).toBe(405)
    expect(await (await get(broker, '/metrics', { method: 'HEAD' })).text()).toBe('')
  })

  it('is not ready before and after, but alive', async () => {
    const server = new OperationsServer()
    onTestFinished(() => server.stop())
    await server.start('127.0.0.1', 0)
    for (const phase of ['starting', 'stopping'] as const) {
      server.phase = phase
      const [ready, live] = await Promise.all(
        ['ready', 'live'].map((what) => fetch(`http://${server.address}/health/${what}`)),
      )
      expect([ready!.status, live!.status]).toEqual([503, 200])
    }
  })
})

describe('logs', () => {
  it('are JSON with time, level, text and details', () => {
    const lines: string[] = []
    const log = jsonLog('info', (line) => lines.push(line))
    log('debug', 'too quiet')
    log('warn', 'connection refused', { address: '/127.0.0.1' })
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({
        level: 'warn',
        msg: 'connection refused',
        address: '/127.0.0.1',
        time: expect.any(String),
      }),
    ])
  })

  it('change their level while the broker runs', async () => {
    const client = await wireClient(await memoryBroker())
    const set = async (name: string, value: string, configOperation = 0) => {
      const resource = { resourceType: 8, resourceName: '1', configs: [{ name, configOperation, value }] }
      const { responses } = await client.call(incrementalAlterConfigs, 1, {
        resources: [resource],
        validateOnly: false,
      })
      return errorName(responses[0]!.errorCode)
    }
    expect(await set('root', 'WARN')).toBe('NONE')
    expect(await set('root', 'LOUD')).toBe('INVALID_CONFIG')
    expect(await set('kafka.server', 'DEBUG')).toBe('INVALID_CONFIG')
    expect(await set('root', 'DEBUG', 1)).toBe('INVALID_REQUEST')
  })
})

describe('bounds on connections', () => {
  it('change while the broker runs', async () => {
    const broker = await memoryBroker()
    const client = await wireClient(broker)
    const configs = [{ name: 'max.connections', configOperation: 0, value: '1' }]
    await client.call(incrementalAlterConfigs, 1, {
      resources: [{ resourceType: 4, resourceName: '', configs }],
      validateOnly: false,
    })
    expect(broker.config['max.connections']).toBe(1)
    const second = connect(broker.address.port, broker.address.host)
    await new Promise((resolve) => second.once('close', resolve))
    expect(broker.metrics.values.broker_connections_refused_total).toBe(1)
  })
})
