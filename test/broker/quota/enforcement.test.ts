import { describe, expect, it } from 'vitest'

import { memoryFiles } from '#core/ports/memory-files.ts'
import { VirtualTime } from '#core/ports/virtual-time.ts'
import { fetch } from '#core/wire/api/01-fetch.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'
import { createTopics } from '#core/wire/api/19-create-topics.ts'
import { deleteTopics } from '#core/wire/api/20-delete-topics.ts'
import { createPartitions } from '#core/wire/api/37-create-partitions.ts'
import { describeClientQuotas } from '#core/wire/api/48-describe-client-quotas.ts'
import { alterClientQuotas } from '#core/wire/api/49-alter-client-quotas.ts'
import { errorName } from '#core/wire/errors.ts'
import { type Broker, startBroker } from '../../../broker/start.ts'
import {
  batchOf,
  fetchBody,
  makeTopic,
  memoryBroker,
  produce,
  produceBody,
  wireClient,
} from '../../support/memory-broker.ts'
import { WireClient } from '../../support/wire-client.ts'

type Parts = Readonly<Record<string, string | null>>

const entityOf = (parts: Parts) => Object.entries(parts).map(([entityType, entityName]) => ({ entityType, entityName }))

async function alter(client: WireClient, parts: Parts, values: Readonly<Record<string, number | null>>) {
  const ops = Object.entries(values).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null }))
  const { entries } = await client.call(alterClientQuotas, 1, {
    entries: [{ entity: entityOf(parts), ops }],
    validateOnly: false,
  })
  return errorName(entries[0]!.errorCode)
}

interface Asked {
  readonly strict?: boolean
  readonly components: readonly (readonly [type: string, matchType: number, match: string | null])[]
}

async function described(client: WireClient, { components, strict = false }: Asked) {
  const { errorCode, entries } = await client.call(describeClientQuotas, 1, {
    components: components.map(([entityType, matchType, match]) => ({ entityType, matchType, match })),
    strict,
  })
  if (errorCode !== 0) return errorName(errorCode)
  return entries!
    .map(({ entity, values }) => {
      const name = entity.map(({ entityType, entityName }) => `${entityType}=${entityName ?? '<default>'}`).join(',')
      return `${name}: ${values.map(({ key, value }) => `${key}=${value}`).join(',')}`
    })
    .sort()
}

/** A broker in virtual time, so that pauses last until the test says. */
async function worldInTime(): Promise<{ time: VirtualTime; broker: Broker; client: WireClient; other: WireClient }> {
  const time = new VirtualTime(1_700_000_000_000)
  const broker = await memoryBroker({}, { ports: { clock: time, timers: time } })
  return { time, broker, client: await wireClient(broker), other: await wireClient(broker) }
}

/** True when the connection has answered a request after everything else the loop had to do. */
async function answers(client: WireClient, other: WireClient): Promise<() => boolean> {
  let done = false
  void client.call(metadata, 12, { topics: [] }).then(() => (done = true))
  // A round trip on another connection, twice: the first connection would have been served by then.
  for (let i = 0; i < 2; i++) await other.call(metadata, 12, { topics: [] })
  return () => done
}

describe('client quotas', () => {
  it('are set, found by every kind of filter, and removed', async () => {
    const client = await wireClient(await memoryBroker())
    expect(await alter(client, { user: 'ann' }, { producer_byte_rate: 10, request_percentage: 0.5 })).toBe('NONE')
    await alter(client, { user: 'ann', 'client-id': 'app' }, { consumer_byte_rate: 20 })
    await alter(client, { user: null }, { controller_mutation_rate: 1.5 })
    await alter(client, { ip: '10.0.0.1' }, { connection_creation_rate: 5 })
    const all = await described(client, { components: [] })
    expect(all).toHaveLength(4)
    const ofAnn = { components: [['user', 0, 'ann']] } as const
    expect(await described(client, ofAnn)).toEqual([
      'user=ann,client-id=app: consumer_byte_rate=20',
      'user=ann: producer_byte_rate=10,request_percentage=0.5',
    ])
    expect(await described(client, { ...ofAnn, strict: true })).toHaveLength(1)
    expect(await described(client, { components: [['user', 1, null]] })).toEqual([
      'user=<default>: controller_mutation_rate=1.5',
    ])
    expect(await described(client, { components: [['user', 2, null]] })).toHaveLength(3)
    expect(await described(client, { components: [['ip', 0, '10.0.0.1']] })).toHaveLength(1)
    await alter(client, { user: 'ann' }, { producer_byte_rate: null, request_percentage: 0.7 })
    expect(await described(client, { ...ofAnn, strict: true })).toEqual(['user=ann: request_percentage=0.7'])
  })

  it.each<[Parts, Readonly<Record<string, number>>]>([
    [{}, { producer_byte_rate: 1 }],
    [{ user: '' }, { producer_byte_rate: 1 }],
    [{ group: 'g' }, { producer_byte_rate: 1 }],
    [{ user: 'a', ip: '10.0.0.1' }, { connection_creation_rate: 1 }],
    [{ ip: 'nowhere.example' }, { connection_creation_rate: 1 }],
    [{ ip: '10.0.0.1' }, { producer_byte_rate: 1 }],
    [{ user: 'a' }, { connection_creation_rate: 1 }],
    [{ user: 'a' }, { no_such_rate: 1 }],
    [{ user: 'a' }, { producer_byte_rate: 0 }],
    [{ user: 'a' }, { producer_byte_rate: 1.5 }],
    [{ ip: '10.0.0.1' }, { connection_creation_rate: 3e9 }],
  ])('refuse %j %j', async (parts, values) => {
    const client = await wireClient(await memoryBroker())
    expect(await alter(client, parts, values)).toBe('INVALID_REQUEST')
    expect(await described(client, { components: [] })).toEqual([])
  })

  it('refuse filters that make no sense', async () => {
    const client = await wireClient(await memoryBroker())
    const ask = (...components: Asked['components']) => described(client, { components })
    expect(await ask(['user', 0, null])).toBe('INVALID_REQUEST')
    expect(await ask(['user', 1, 'ann'])).toBe('INVALID_REQUEST')
    expect(await ask(['user', 7, null])).toBe('INVALID_REQUEST')
    expect(await ask(['user', 2, null], ['user', 1, null])).toBe('INVALID_REQUEST')
    expect(await ask(['user', 2, null], ['ip', 1, null])).toBe('INVALID_REQUEST')
    expect(await ask(['group', 2, null])).toBe('UNSUPPORTED_VERSION')
  })

  it('hold after a restart, from the log and from a snapshot', async () => {
    const files = memoryFiles()
    const config = { 'metadata.log.max.record.bytes.between.snapshots': '1' }
    for (const user of ['a', 'b', 'c']) {
      await using broker = await startBroker({ memory: true, ports: { files }, config })
      const client = await WireClient.connect(broker.bootstrapServers)
      await alter(client, { user }, { producer_byte_rate: 7 })
      if (user === 'c') await alter(client, { user: 'a' }, { producer_byte_rate: null })
      const left = { a: ['a'], b: ['a', 'b'], c: ['b', 'c'] }[user]!
      const expected = left.map((name) => `user=${name}: producer_byte_rate=7`)
      expect(await described(client, { components: [] })).toEqual(expected)
      client.close()
    }
  })
})

describe('a quota that is used up', () => {
  it('tells a producer to pause at once, and its next request waits', async () => {
    const { time, broker, client, other } = await worldInTime()
    await makeTopic(other, 't')
    await alter(other, { 'client-id': 'wire' }, { producer_byte_rate: 1000 })
    const body = produceBody('t', batchOf(['x'.repeat(20_000)]))
    const answer = await client.call(produce, 9, body)
    expect(errorName(answer.responses[0]!.partitionResponses[0]!.errorCode)).toBe('NONE')
    expect(answer.throttleTimeMs).toBeGreaterThan(9000)
    const isAnswered = await answers(client, other)
    expect(isAnswered()).toBe(false)
    time.advance(answer.throttleTimeMs - 1)
    for (let i = 0; i < 2; i++) await other.call(metadata, 12, { topics: [] })
    expect(isAnswered()).toBe(false)
    time.advance(1)
    await expect.poll(isAnswered).toBe(true)
    expect(broker.metrics.values.broker_throttled_requests_total).toBe(1)
    expect(broker.metrics.values.broker_throttle_ms_total).toBe(answer.throttleTimeMs)
    await alter(other, { 'client-id': 'wire' }, { producer_byte_rate: null })
    expect((await client.call(produce, 9, body)).throttleTimeMs).toBe(0)
  })

  it('cannot tell a longer pause than fits into the answer', async () => {
    const { client, other } = await worldInTime()
    await makeTopic(other, 't')
    await alter(other, { 'client-id': 'wire' }, { producer_byte_rate: 1 })
    const answer = await client.call(produce, 9, produceBody('t', batchOf(['x'.repeat(2_500_000)])))
    expect(answer.throttleTimeMs).toBe(2_147_483_647)
  })

  it('gives a consumer nothing now, and all of it later', async () => {
    const { time, client, other } = await worldInTime()
    await makeTopic(other, 't')
    for (let i = 0; i < 4; i++) await other.call(produce, 9, produceBody('t', batchOf(['x'.repeat(9000)])))
    await alter(other, { user: 'ANONYMOUS' }, { consumer_byte_rate: 1000 })
    const ask = async () => {
      const { throttleTimeMs, responses } = await client.call(fetch, 12, fetchBody('t', 0, { maxBytes: 1000 }))
      return { throttleTimeMs, bytes: responses[0]?.partitions[0]?.records?.length ?? 0 }
    }
    const first = await ask()
    expect(first.throttleTimeMs).toBe(0)
    expect(first.bytes).toBeGreaterThan(9000)
    const second = await ask()
    expect(second.bytes).toBe(0)
    expect(second.throttleTimeMs).toBeGreaterThan(5000)
    time.advance(11_000)
    expect((await ask()).bytes).toBe(first.bytes)
  })

  it('lets a fetch be as large as the quota lets it, not larger', async () => {
    const { client, other } = await worldInTime()
    await makeTopic(other, 't')
    for (let i = 0; i < 8; i++) await other.call(produce, 9, produceBody('t', batchOf(['x'.repeat(900)])))
    await alter(other, { user: null }, { consumer_byte_rate: 300 })
    const { responses } = await client.call(fetch, 12, fetchBody('t', 0))
    expect(responses[0]!.partitions[0]!.records!.length).toBeLessThanOrEqual(3000)
    expect(responses[0]!.partitions[0]!.records!.length).toBeGreaterThan(1900)
  })

  it('refuses changes of topics, or makes older clients pause', async () => {
    const { client, other, time } = await worldInTime()
    const make = async (name: string, version: number, partitions: number) => {
      const topic = { name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }
      const answer = await client.call(createTopics, version, { timeoutMs: 1000, topics: [topic] })
      return `${errorName(answer.topics[0]!.errorCode)} ${answer.throttleTimeMs}`
    }
    await alter(other, { user: 'ANONYMOUS' }, { controller_mutation_rate: 1 })
    expect(await make('a', 7, 15)).toBe('NONE 0')
    expect(await make('b', 7, 1)).toBe('THROTTLING_QUOTA_EXCEEDED 4000')
    time.advance(4000)
    expect(await make('b', 7, 1)).toBe('NONE 0')
    expect(await make('c', 5, 1)).toBe('NONE 2000')
    time.advance(1000)
    // Another connection of the same user is bound by the same quota, but has not been told to pause.
    const grow = { timeoutMs: 1000, topics: [{ name: 'a', count: 16, assignments: null }], validateOnly: false }
    const grown = await other.call(createPartitions, 3, grow)
    expect(errorName(grown.results[0]!.errorCode)).toBe('THROTTLING_QUOTA_EXCEEDED')
    time.advance(grown.throttleTimeMs)
    const gone = await other.call(deleteTopics, 5, { timeoutMs: 1000, topicNames: ['a'] })
    expect(errorName(gone.responses[0]!.errorCode)).toBe('NONE')
    const next = await other.call(deleteTopics, 5, { timeoutMs: 1000, topicNames: ['b'] })
    expect(errorName(next.responses[0]!.errorCode)).toBe('THROTTLING_QUOTA_EXCEEDED')
  })

  it('slows down requests of who takes too much of the thread, for a second at most', async () => {
    const broker = await memoryBroker()
    const [client, other] = [await wireClient(broker), await wireClient(broker)]
    await alter(other, { user: 'ANONYMOUS', 'client-id': 'greedy' }, { request_percentage: 0.000_001 })
    const answer = await client.call(metadata, 12, { topics: [] }, 'greedy')
    expect(answer.throttleTimeMs).toBe(1000)
    expect((await other.call(metadata, 12, { topics: [] })).throttleTimeMs).toBe(0)
  })

  it('holds new connections of an address and closes them', async () => {
    const broker = await memoryBroker()
    const client = await wireClient(broker)
    await alter(client, { ip: '127.0.0.1' }, { connection_creation_rate: 1 })
    const ask = async () =>
      (await wireClient(broker)).call(metadata, 12, { topics: [] }).then(
        () => true,
        () => false,
      )
    const outcomes = await Promise.all(Array.from({ length: 12 }, ask))
    expect(outcomes.filter((served) => served)).toHaveLength(10)
    expect(broker.metrics.values.broker_connections_refused_total).toBe(2)
  })
})
