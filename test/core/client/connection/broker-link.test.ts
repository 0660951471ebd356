import { describe, expect, it } from 'vitest'

import { BrokerLink, type LinkOptions } from '#core/client/connection/broker-link.ts'
import { heartbeat } from '#core/wire/api/12-heartbeat.ts'
import { listGroups } from '#core/wire/api/16-list-groups.ts'
import { hangUp, ScriptedCluster, silence } from '../../../support/scripted-cluster.ts'

const beat = { groupId: 'g', generationId: 1, memberId: 'm' }

function world(options: Partial<LinkOptions> = {}) {
  const cluster = new ScriptedCluster()
  const told: string[] = []
  cluster.on('Heartbeat', ({ body }) => ({ errorCode: body.generationId }))
  const link = new BrokerLink(
    { host: 'fake', port: 1 },
    {
      clientId: 'test',
      connectTimeoutMs: 1000,
      maxReplyBytes: 10_000,
      requestTimeoutMs: 500,
      reconnectBackoff: { firstMs: 100, mostMs: 1000 },
      log: (level, message, details) => void told.push(`${level} ${message} ${String(details?.['failures'])}`),
      ...options,
    },
    cluster.ports,
  )
  return { cluster, link, told }
}

describe('broker link', () => {
  it('sends many requests at once and gives each its answer', async () => {
    const { cluster, link } = world()
    const answers = Promise.all([1, 2, 3].map((generationId) => link.send(heartbeat, { ...beat, generationId })))
    expect((await cluster.until(answers)).map(({ errorCode }) => errorCode)).toEqual([1, 2, 3])
    expect(cluster.asked.filter((name) => name.startsWith('ApiVersions'))).toHaveLength(1)
  })

  it('asks for versions in the oldest form when the broker does not know the newest', async () => {
    const { cluster, link } = world()
    const versions: number[] = []
    cluster.on('ApiVersions', ({ version }) => {
      versions.push(version)
      const apiKeys = [
        { apiKey: 18, minVersion: 0, maxVersion: 2 },
        { apiKey: 12, minVersion: 0, maxVersion: 3 },
      ]
      return { errorCode: version > 2 ? 35 : 0, apiKeys }
    })
    cluster.answerInVersion('ApiVersions', (version) => (version > 2 ? 0 : version))
    await cluster.until(link.send(heartbeat, beat))
    expect(versions).toEqual([4, 2])
  })

  it('names both ranges when there is no version in common', async () => {
    const { cluster, link } = world()
    cluster.on('ApiVersions', () => ({ errorCode: 0, apiKeys: [{ apiKey: 12, minVersion: 9, maxVersion: 11 }] }))
    await expect(cluster.until(link.send(heartbeat, beat))).rejects.toThrow('it offers 9-11, wanted is 0-4')
    await expect(cluster.until(link.send(listGroups, {}))).rejects.toMatchObject({ code: 'VERSION_UNSUPPORTED' })
  })

  it('fails all that wait when an answer does not come, and connects anew for the next', async () => {
    const { cluster, link } = world()
    await cluster.until(link.send(heartbeat, beat))
    cluster.on('Heartbeat', () => silence)
    const both = Promise.allSettled([link.send(heartbeat, beat), link.send(heartbeat, beat)])
    for (const each of await cluster.until(both)) {
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'REQUEST_UNANSWERED' } })
    }
    cluster.on('Heartbeat', () => ({ errorCode: 7 }))
    expect((await cluster.until(link.send(heartbeat, beat))).errorCode).toBe(7)
  })

  it('says that a connection was lost under a request', async () => {
    const { cluster, link } = world()
    cluster.on('Heartbeat', () => hangUp)
    await expect(cluster.until(link.send(heartbeat, beat))).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  })

  it('waits longer after each connection that fails, and says so ever less', async () => {
    const { cluster, link, told } = world()
    cluster.down.add(1)
    const tries: number[] = []
    for (let i = 0; i < 4; i++) {
      await expect(cluster.until(link.send(heartbeat, beat), 1)).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' })
      tries.push(cluster.time.now())
    }
    const pauses = tries.slice(1).map((at, index) => at - tries[index]!)
    pauses.forEach((pause, index) => {
      expect(pause).toBeGreaterThanOrEqual(100 * 2 ** index * 0.8)
      expect(pause).toBeLessThanOrEqual(100 * 2 ** index * 1.2 + 2)
    })
    expect(told).toEqual([1, 2, 4].map((failures) => `warn no connection to fake:1: refused ${failures}`))
    cluster.down.clear()
    expect((await cluster.until(link.send(heartbeat, beat))).errorCode).toBe(1)
  })

  it('refuses an answer that belongs to another request', async () => {
    const { cluster, link } = world()
    await cluster.until(link.send(heartbeat, beat))
    cluster.correlationOffset = 1
    await expect(cluster.until(link.send(heartbeat, beat))).rejects.toThrow('correlation id')
  })

  it('lets somebody prove who they are before anything else is sent', async () => {
    const { cluster, link } = world({
      authenticate: async (connection, versions) => {
        expect(versions.get(12)).toBeDefined()
        await connection.send(listGroups, 0, {}, 100)
        return 0
      },
    })
    cluster.on('ListGroups', () => ({ errorCode: 0, groups: [] }))
    await cluster.until(link.send(heartbeat, beat))
    expect(cluster.asked).toEqual(['ApiVersions@1', 'ListGroups@1', 'Heartbeat@1'])
  })

  it('proves it again before the proof ends; what is to be sent meanwhile waits', async () => {
    let logins = 0
    const { cluster, link } = world({
      authenticate: async (connection) => {
        logins++
        await connection.send(listGroups, 0, {}, 100)
        return 10_000
      },
    })
    cluster.on('ListGroups', () => ({ errorCode: 0, groups: [] }))
    await cluster.until(link.send(heartbeat, beat))
    cluster.time.advance(8400)
    expect(logins).toBe(1)
    for (let passed = 0; logins < 2 && passed < 1200; passed += 10) cluster.time.advance(10)
    expect(logins).toBe(2)
    expect(link.connected).toBe(false)
    await cluster.until(link.send(heartbeat, beat))
    expect(link.connected).toBe(true)
    expect(cluster.asked).toEqual(['ApiVersions@1', 'ListGroups@1', 'Heartbeat@1', 'ListGroups@1', 'Heartbeat@1'])
    link.close()
    cluster.time.advance(20_000)
    expect(logins).toBe(2)
  })

  it('a proof that fails the second time ends the connection, and the next request makes a new one', async () => {
    let logins = 0
    const { cluster, link, told } = world({
      authenticate: async () => {
        if (++logins === 2) throw new Error('no more')
        return 10_000
      },
    })
    await cluster.until(link.send(heartbeat, beat))
    cluster.time.advance(9600)
    await cluster.until(link.send(heartbeat, beat).catch((error: Error) => error.message))
    await cluster.until(link.send(heartbeat, beat))
    expect(logins).toBe(3)
    expect(cluster.asked.filter((name) => name.startsWith('ApiVersions'))).toHaveLength(2)
    expect(told).toEqual(['warn no more 1'])
  })
})
