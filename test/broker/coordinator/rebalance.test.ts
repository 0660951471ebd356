import { describe, expect, it } from 'vitest'

import { TestMember, describeOne, joinAll, stabilize } from '../../support/group-member.ts'
import { GroupWorld } from '../../support/group-world.ts'

const rebalanceInProgress = 27

describe('joining', () => {
  it('gives somebody new an id first, and counts the id as expected only until its session ends', async () => {
    const world = await GroupWorld.start()
    const request = {
      groupId: 'g',
      sessionTimeoutMs: 6000,
      rebalanceTimeoutMs: 10_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    }
    const { errorCode, memberId } = await world.call('joinGroup', 4, request)
    expect(errorCode).toBe(79)
    expect(memberId).toMatch(/^client-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    await world.advance(6001)
    expect((await world.call('joinGroup', 4, { ...request, memberId })).errorCode).toBe(25)
    const { groups } = await world.call('listGroups', 5, {})
    expect(groups).toEqual([{ groupId: 'g', protocolType: '', groupState: 'Empty', groupType: 'classic' }])
  })

  it('lets clients before version 4 in at once', async () => {
    const world = await GroupWorld.start()
    const member = new TestMember(world, { joinVersion: 0 })
    const joined = member.join()
    await world.advance(3000)
    expect(await joined).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range' })
    expect(member.isLeader).toBe(true)
  })

  it('puts the first rebalance off while members keep coming, up to the rebalance timeout', async () => {
    const world = await GroupWorld.start({ settings: { 'group.initial.rebalance.delay.ms': 3000 } })
    const members: TestMember[] = []
    const joins: Promise<unknown>[] = []
    // One every two seconds: each keeps the door open, but no longer than ten seconds in all.
    for (let i = 0; i < 5; i++) {
      members.push(new TestMember(world, { rebalanceTimeoutMs: 10_000 }))
      joins.push(members[i]!.join())
      await world.advance(1999)
      expect(members[0]!.generationId).toBe(-1)
    }
    await world.advance(10)
    await Promise.all(joins)
    expect(members.map((member) => member.generationId)).toEqual([1, 1, 1, 1, 1])
    expect(members[0]!.members).toHaveLength(5)
  })

  it('refuses a protocol that not all members share, an unknown id, a strange session timeout, a nameless group', async () => {
    const world = await GroupWorld.start()
    await stabilize(world, new TestMember(world, { protocols: ['range', 'sticky'] }))
    const codeOf = async (member: TestMember): Promise<number> => {
      const joined = member.join()
      await world.settle()
      return (await joined).errorCode
    }
    expect(await codeOf(new TestMember(world, { protocols: ['roundrobin'] }))).toBe(23)
    expect(await codeOf(new TestMember(world, { protocolType: 'connect' }))).toBe(23)
    expect(await codeOf(new TestMember(world, { protocols: [] }))).toBe(23)
    expect(await codeOf(new TestMember(world, { sessionTimeoutMs: 5999 }))).toBe(26)
    expect(await codeOf(new TestMember(world, { groupId: '' }))).toBe(24)
    for (const groupId of ['g', 'other']) {
      const ghost = new TestMember(world, { groupId })
      ghost.memberId = 'ghost'
      expect(await codeOf(ghost)).toBe(25)
    }
  })

  it('takes the protocol that most members prefer among those that all know', async () => {
    const world = await GroupWorld.start()
    const members = [
      ['a', 'b', 'c'],
      ['c', 'b'],
      ['b', 'c', 'z'],
    ].map((protocols) => new TestMember(world, { protocols }))
    await stabilize(world, ...members)
    expect(await describeOne(world)).toMatchObject({ protocolData: 'b' })
  })

  it('turns the last away when the group is full', async () => {
    const world = await GroupWorld.start({ settings: { 'group.max.size': 2 } })
    const [a, b, c] = [new TestMember(world), new TestMember(world), new TestMember(world)]
    const joins = [a.join(), b.join()]
    await world.settle()
    const refused = c.join()
    await world.settle()
    expect((await refused).errorCode).toBe(81)
    await world.advance(6000)
    await Promise.all(joins)
    expect(a.members).toHaveLength(2)
  })
})

describe('rebalancing', () => {
  it('two members share: the second one brings the first back to join', async () => {
    const world = await GroupWorld.start()
    const [a, b] = [new TestMember(world), new TestMember(world)]
    await stabilize(world, a)
    const joined = b.join()
    await world.settle()
    expect(await describeOne(world)).toMatchObject({ groupState: 'PreparingRebalance' })
    expect(await a.heartbeat()).toBe(rebalanceInProgress)
    const again = a.join()
    await world.settle()
    await Promise.all([joined, again])
    expect([a.generationId, b.generationId, a.isLeader, b.isLeader]).toEqual([2, 2, true, false])
    expect(a.members).toEqual([a.memberId, b.memberId])
    expect(b.members).toEqual([])

    const waiting = b.sync()
    await world.settle()
    expect(await describeOne(world)).toMatchObject({ groupState: 'CompletingRebalance' })
    expect(await a.commit('orders', 0, 5)).toBe(rebalanceInProgress)
    const led = a.sync({ [a.memberId]: 'one', [b.memberId]: 'two' })
    await world.settle()
    expect([await waiting, await led]).toEqual([0, 0])
    expect([a.assignment, b.assignment]).toEqual(['one', 'two'])
    const described = await describeOne(world)
    expect(described).toMatchObject({ groupState: 'Stable', protocolType: 'consumer', protocolData: 'range' })
    expect(described.members.map((member) => member.memberAssignment.toString())).toEqual(['one', 'two'])
    expect(described.members[0]).toMatchObject({ clientId: 'client', clientHost: '/127.0.0.1' })
  })

  it('drops who does not come back to join, and elects another leader', async () => {
    const world = await GroupWorld.start()
    const [a, b, c] = [
      new TestMember(world, { sessionTimeoutMs: 60_000 }),
      new TestMember(world),
      new TestMember(world),
    ]
    await stabilize(world, a, b)
    const joins = [c.join()]
    await world.settle()
    joins.push(b.join())
    await world.advance(29_999)
    expect(b.generationId).toBe(1)
    await world.advance(1)
    await Promise.all(joins)
    expect(b).toMatchObject({ generationId: 2, leader: b.memberId })
    expect(b.members).toEqual([b.memberId, c.memberId])
    expect(await a.heartbeat()).toBe(25)
  })

  it('drops who joins but does not sync', async () => {
    const world = await GroupWorld.start()
    const [a, b] = [
      new TestMember(world, { sessionTimeoutMs: 100_000 }),
      new TestMember(world, { sessionTimeoutMs: 100_000 }),
    ]
    await joinAll(world, a, b)
    const led = a.sync({ [a.memberId]: 'x', [b.memberId]: 'y' })
    await world.settle()
    expect(await led).toBe(0)
    await world.advance(30_000)
    expect(await b.sync()).toBe(25)
    expect(await a.heartbeat()).toBe(rebalanceInProgress)
    const again = a.join()
    await world.settle()
    expect(await again).toMatchObject({ errorCode: 0, generationId: 2 })
    expect(a.members).toEqual([a.memberId])
  })

  it('ends a silent session and keeps one that heartbeats or commits', async () => {
    const world = await GroupWorld.start()
    const [a, b] = [new TestMember(world), new TestMember(world)]
    await stabilize(world, a, b)
    for (let i = 0; i < 4; i++) {
      await world.advance(6000)
      if (i % 2 === 0) expect(await a.heartbeat()).toBeOneOf([0, rebalanceInProgress])
      else {
        const committed = a.commit('orders', 0, i)
        await world.settle()
        expect(await committed).toBe(0)
      }
    }
    expect((await describeOne(world)).members.map((member) => member.memberId)).toEqual([a.memberId])
    await world.advance(10_001)
    expect(await describeOne(world)).toMatchObject({ groupState: 'Empty', members: [] })
  })

  it('repeats the generation to a follower and begins a new one for the leader', async () => {
    const world = await GroupWorld.start()
    const [a, b] = [new TestMember(world), new TestMember(world)]
    await stabilize(world, a, b)
    const repeated = b.join()
    await world.settle()
    expect(await repeated).toMatchObject({ errorCode: 0, generationId: 1, leader: a.memberId })
    expect(await a.heartbeat()).toBe(0)
    const led = a.join()
    await world.settle()
    expect(await b.heartbeat()).toBe(rebalanceInProgress)
    const followed = b.join(['orders', 'users'])
    await world.settle()
    expect([(await led).generationId, (await followed).generationId]).toEqual([2, 2])
  })

  it('sends those who wait for an assignment back when somebody leaves', async () => {
    const world = await GroupWorld.start()
    const [a, b, c] = [new TestMember(world), new TestMember(world), new TestMember(world)]
    await joinAll(world, a, b, c)
    const waiting = b.sync()
    await world.settle()
    expect(await c.leave()).toBe(0)
    await world.settle()
    expect(await waiting).toBe(rebalanceInProgress)
    expect(await a.sync({})).toBe(rebalanceInProgress)
  })

  it('is empty when the last one left, and one generation on', async () => {
    const world = await GroupWorld.start()
    const a = new TestMember(world)
    await stabilize(world, a)
    expect(await a.leave()).toBe(0)
    await world.settle()
    expect(await describeOne(world)).toMatchObject({ groupState: 'Empty', protocolType: 'consumer' })
    const b = new TestMember(world)
    await stabilize(world, b)
    expect(b.generationId).toBe(3)
  })

  it('fences generations, members and protocols in sync and heartbeat', async () => {
    const world = await GroupWorld.start()
    const a = new TestMember(world)
    await stabilize(world, a)
    const stale = Object.assign(new TestMember(world), { memberId: a.memberId, generationId: 0 })
    stale.protocolName = 'range'
    expect(await stale.heartbeat()).toBe(22)
    expect(await stale.sync()).toBe(22)
    expect(await stale.commit('orders', 0, 1)).toBe(22)
    const ghost = Object.assign(new TestMember(world), { memberId: 'ghost', generationId: 1, protocolName: 'range' })
    expect([
      await ghost.heartbeat(),
      await ghost.sync(),
      await ghost.commit('orders', 0, 1),
      await ghost.leave(),
    ]).toEqual([25, 25, 25, 25])
    const sync = async (version: number, protocolType: string | null, protocolName: string | null): Promise<number> => {
      const request = {
        groupId: 'g',
        generationId: 1,
        memberId: a.memberId,
        assignments: [],
        protocolType,
        protocolName,
      }
      return (await world.call('syncGroup', version, request)).errorCode
    }
    expect([await sync(5, 'consumer', 'sticky'), await sync(5, 'connect', 'range'), await sync(5, null, null)]).toEqual(
      [23, 23, 23],
    )
    expect([await sync(5, 'consumer', 'range'), await sync(4, null, null)]).toEqual([0, 0])
  })

  it('gives nothing out when the assignment could not be stored', async () => {
    const world = await GroupWorld.start()
    const [a, b] = [new TestMember(world), new TestMember(world)]
    await joinAll(world, a, b)
    const plain = world.append
    world.append = () => Promise.reject(new Error('disk full'))
    const syncs = [a.sync({ [a.memberId]: 'x' }), b.sync()]
    await world.settle()
    expect(await Promise.all(syncs)).toEqual([-1, -1])
    expect(await describeOne(world)).toMatchObject({ groupState: 'PreparingRebalance' })
    world.append = plain
    const again = [a.join(), b.join()]
    await world.settle()
    expect((await Promise.all(again)).map((joined) => joined.generationId)).toEqual([2, 2])
  })
})
