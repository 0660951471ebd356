import { describe, expect, it } from 'vitest'

import type { ConsumerOptions } from '#core/client/client.ts'
import { createClient } from '#core/client/lean-client.ts'
import { type ErrorName, errorCodes } from '#core/wire/errors.ts'
import { hangUp, ScriptedCluster } from '../../../support/scripted-cluster.ts'

/** A group of one on scripted brokers. `next` lists what the named API answers instead, once each. */
function world(options: ConsumerOptions = {}) {
  const cluster = new ScriptedCluster([1, 2])
  const next: { api: string; error: ErrorName | 'hang up' }[] = []
  const joins: { memberId: string; groupInstanceId: string | null }[] = []
  let coordinator = 1
  let generation = 0
  const answer = (api: string, body: () => object) => async () => {
    const at = next.findIndex((each) => each.api === api)
    if (at < 0) return { errorCode: 0, ...body() }
    const { error } = next.splice(at, 1)[0]!
    return error === 'hang up' ? hangUp : { ...body(), errorCode: errorCodes[error].code }
  }
  cluster.serveTopics({ t: 2, u: 1 }, () => 1)
  cluster.on('FindCoordinator', ({ body }) => ({
    coordinators: [
      {
        key: body.coordinatorKeys[0],
        nodeId: coordinator,
        host: 'fake',
        port: coordinator,
        errorCode: 0,
        errorMessage: null,
      },
    ],
  }))
  cluster.on('JoinGroup', async ({ body }) => {
    const { memberId, groupInstanceId, protocols } = body
    joins.push({ memberId, groupInstanceId })
    const id = memberId === '' ? `member-${joins.length}` : memberId
    const members = [{ memberId: id, groupInstanceId, metadata: protocols[0].metadata }]
    const place = () => ({
      generationId: ++generation,
      protocolType: 'consumer',
      protocolName: protocols[0].name,
      leader: id,
      memberId: id,
      members,
    })
    return answer('JoinGroup', place)()
  })
  cluster.on('SyncGroup', async ({ body }) =>
    answer('SyncGroup', () => ({ assignment: body.assignments[0]?.assignment ?? Buffer.alloc(0) }))(),
  )
  cluster.on(
    'Heartbeat',
    answer('Heartbeat', () => ({})),
  )
  cluster.on('LeaveGroup', () => ({ errorCode: 0, members: [] }))
  cluster.on('OffsetFetch', ({ body }) => ({
    groups: [{ groupId: body.groups[0].groupId, topics: [] }],
  }))
  cluster.on('OffsetCommit', async ({ body }) => {
    const { errorCode } = (await answer('OffsetCommit', () => ({}))()) as { errorCode: number }
    return {
      topics: body.topics.map(({ name, partitions }: any) => ({
        name,
        partitions: partitions.map(({ partitionIndex }: any) => ({ partitionIndex, errorCode })),
      })),
    }
  })
  cluster.on('ListOffsets', ({ body }) => ({
    topics: body.topics.map(({ name, partitions }: any) => ({
      name,
      partitions: partitions.map(({ partitionIndex }: any) => ({ partitionIndex, errorCode: 0, offset: 0 })),
    })),
  }))
  cluster.on('Fetch', async () => {
    await new Promise<void>((resolve) => cluster.time.after(100, resolve))
    return { responses: [] }
  })
  const client = createClient({ bootstrapServers: cluster.bootstrap, ports: cluster.ports, callTimeoutMs: 5000 })
  const consumer = client.consumer({ groupId: 'g', heartbeatIntervalMs: 100, ...options })
  const told: string[] = []
  consumer.subscribe(['t'], {
    assigned: (partitions) => void told.push(`assigned ${partitions.length}`),
    revoked: (partitions) => void told.push(`revoked ${partitions.length}`),
    lost: (partitions) => void told.push(`lost ${partitions.length}`),
  })
  return {
    cluster,
    consumer,
    joins,
    told,
    client,
    poll: (ms = 500) => cluster.until(consumer.poll(ms)),
    fail: (api: string, ...errors: (ErrorName | 'hang up')[]) => next.push(...errors.map((error) => ({ api, error }))),
    moveCoordinator: () => void (coordinator = 2),
  }
}

describe('membership', () => {
  it('joins under the id that the broker demands', async () => {
    const { joins, told, poll, fail } = world()
    fail('JoinGroup', 'MEMBER_ID_REQUIRED')
    await poll()
    expect(joins.map(({ memberId }) => memberId)).toEqual(['', 'member-1'])
    expect(told).toEqual(['assigned 2'])
  })

  it('keeps trying while the coordinator is not ready, moves, or the group rebalances', async () => {
    const { told, poll, fail } = world()
    fail('JoinGroup', 'COORDINATOR_LOAD_IN_PROGRESS', 'NOT_COORDINATOR', 'hang up', 'REBALANCE_IN_PROGRESS')
    fail('SyncGroup', 'REBALANCE_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE')
    await poll(20_000)
    expect(told).toEqual(['assigned 2'])
  })

  it('revokes and joins again when a heartbeat says that the group rebalances', async () => {
    const { joins, told, poll, fail } = world()
    await poll()
    fail('Heartbeat', 'REBALANCE_IN_PROGRESS')
    await poll(1000)
    expect(told).toEqual(['assigned 2', 'revoked 2', 'assigned 2'])
    expect(joins.map(({ memberId }) => memberId)).toEqual(['', 'member-1'])
  })

  it('tells that partitions are lost when the broker has forgotten the member', async () => {
    const { joins, told, poll, fail } = world()
    await poll()
    fail('Heartbeat', 'UNKNOWN_MEMBER_ID')
    await poll(1000)
    expect(told).toEqual(['assigned 2', 'lost 2', 'assigned 2'])
    expect(joins.map(({ memberId }) => memberId)).toEqual(['', ''])
  })

  it('tells that partitions are lost when that comes out while it joins', async () => {
    const { consumer, told, poll, fail } = world()
    await poll()
    fail('JoinGroup', 'UNKNOWN_MEMBER_ID')
    consumer.enforceRebalance()
    await poll(1000)
    expect(told).toEqual(['assigned 2', 'revoked 2', 'assigned 2'])
  })

  it('matches a pattern with all topics, though somebody asked for one of them first', async () => {
    const { cluster, client, consumer, told, poll } = world()
    consumer.subscribe(/^[tu]$/, { assigned: (partitions) => void told.push(`assigned ${partitions.length}`) })
    await cluster.until(client.producer().partitionsFor('t'))
    await poll(1000)
    expect(told).toEqual(['assigned 3'])
  })

  it('beats on at the new coordinator', async () => {
    const { cluster, told, poll, fail, moveCoordinator } = world()
    await poll()
    moveCoordinator()
    fail('Heartbeat', 'NOT_COORDINATOR')
    await poll(1000)
    expect(cluster.asked).toContain('Heartbeat@2')
    expect(told).toEqual(['assigned 2'])
  })

  it('beats while the application works between polls', async () => {
    const { cluster, poll } = world()
    await poll()
    const before = cluster.asked.filter((each) => each.startsWith('Heartbeat')).length
    for (let i = 0; i < 10; i++) {
      cluster.time.advance(100)
      await cluster.settle()
    }
    expect(cluster.asked.filter((each) => each.startsWith('Heartbeat')).length - before).toBe(10)
  })

  it('throws when another took over its static name', async () => {
    const { cluster, consumer, poll, fail } = world({ groupInstanceId: 'one' })
    await poll()
    fail('Heartbeat', 'FENCED_INSTANCE_ID')
    await expect(poll(1000)).rejects.toMatchObject({ code: 'FENCED_INSTANCE_ID' })
    await cluster.until(consumer.close())
    expect(cluster.asked).not.toContain('LeaveGroup@1')
  })

  it('leaves when it is closed', async () => {
    const { cluster, consumer, told, poll } = world()
    await poll()
    await cluster.until(consumer.close())
    expect(cluster.asked.at(-1)).toBe('LeaveGroup@1')
    expect(told).toEqual(['assigned 2', 'revoked 2'])
  })

  it('commits again when the coordinator was not there, and says when the place is gone', async () => {
    const { cluster, consumer, told, poll, fail } = world()
    await poll()
    const offsets = [{ topic: 't', partition: 0, offset: 1 }]
    fail('OffsetCommit', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR')
    await cluster.until(consumer.commit(offsets))
    fail('OffsetCommit', 'REBALANCE_IN_PROGRESS')
    await expect(cluster.until(consumer.commit(offsets))).rejects.toMatchObject({ code: 'COMMIT_DURING_REBALANCE' })
    fail('OffsetCommit', 'ILLEGAL_GENERATION')
    await expect(cluster.until(consumer.commit(offsets))).rejects.toMatchObject({ code: 'COMMIT_REFUSED' })
    await poll(1000)
    expect(told).toEqual(['assigned 2', 'lost 2', 'assigned 2'])
  })

  it('passes on what a listener throws, with the rebalance done', async () => {
    const { consumer, poll, cluster } = world()
    consumer.subscribe(['t'], {
      assigned() {
        throw new Error('from the listener')
      },
    })
    await expect(poll()).rejects.toThrow('from the listener')
    expect(consumer.assignment).toHaveLength(2)
    await cluster.until(consumer.close())
  })
})
