import { describe, expect, it } from 'vitest'

import { TestMember, describeOne, joinAll, stabilize } from '../../support/group-member.ts'
import { GroupWorld } from '../../support/group-world.ts'

const fenced = 82

const staticMember = (world: GroupWorld, groupInstanceId: string, options = {}): TestMember =>
  new TestMember(world, { groupInstanceId, ...options })

/** The same instance, started anew: it knows its instance id and nothing else. */
const restarted = (member: TestMember, options = {}): TestMember =>
  new TestMember(member.world, { ...member.options, ...options })

describe('static members', () => {
  it('restart within their session without any rebalance, and keep their assignment', async () => {
    const world = await GroupWorld.start()
    const [a, b] = [staticMember(world, 'one'), staticMember(world, 'two')]
    await stabilize(world, a, b)
    expect(a.memberId).toMatch(/^one-/)
    for (const old of [a, b]) {
      const next = restarted(old)
      const joined = next.join()
      await world.settle()
      expect(await joined).toMatchObject({ errorCode: 0, generationId: 1 })
      expect(next.memberId).not.toBe(old.memberId)
      const synced = next.sync()
      await world.settle()
      expect(await synced).toBe(0)
      expect(next.assignment).toBe(old.assignment)
    }
    expect(await describeOne(world)).toMatchObject({ groupState: 'Stable' })
    expect((await describeOne(world)).members.map((member) => member.groupInstanceId)).toEqual(['one', 'two'])
  })

  it('a leader that restarts is told to go on without assigning, since version 9', async () => {
    const world = await GroupWorld.start()
    const [a, b] = [staticMember(world, 'one'), staticMember(world, 'two')]
    await stabilize(world, a, b)
    const next = restarted(a)
    const joined = next.join()
    await world.settle()
    expect(await joined).toMatchObject({ skipAssignment: true, leader: next.memberId })
    expect(next.members.toSorted()).toEqual([next.memberId, b.memberId].toSorted())

    const before9 = restarted(a, { joinVersion: 8 })
    const rejoined = before9.join()
    await world.settle()
    expect(await rejoined).toMatchObject({ skipAssignment: false, leader: next.memberId, members: [] })
    expect(before9.isLeader).toBe(false)
  })

  it('fence their earlier selves off, in every request', async () => {
    const world = await GroupWorld.start()
    const a = staticMember(world, 'one')
    await stabilize(world, a)
    const next = restarted(a)
    const joined = next.join()
    await world.settle()
    await joined
    const rejoined = a.join()
    await world.settle()
    expect((await rejoined).errorCode).toBe(fenced)
    expect([await a.heartbeat(), await a.sync(), await a.commit('orders', 0, 1), await a.leave()]).toEqual([
      fenced,
      fenced,
      fenced,
      fenced,
    ])
    expect(await next.heartbeat()).toBe(0)
  })

  it('fence off a request of theirs that still waits', async () => {
    const world = await GroupWorld.start()
    const a = staticMember(world, 'one')
    const waiting = a.join()
    await world.settle()
    const next = restarted(a)
    const joined = next.join()
    await world.advance(3000)
    expect((await waiting).errorCode).toBe(fenced)
    expect(await joined).toMatchObject({ errorCode: 0, generationId: 1 })
  })

  it('rebalance when they come back with other protocols', async () => {
    const world = await GroupWorld.start()
    const [a, b] = [
      staticMember(world, 'one', { protocols: ['x', 'y'] }),
      staticMember(world, 'two', { protocols: ['x', 'y'] }),
    ]
    await stabilize(world, a, b)
    const next = restarted(b, { protocols: ['y'] })
    const joined = next.join()
    await world.settle()
    expect(await a.heartbeat()).toBe(27)
    const again = a.join()
    await world.settle()
    expect(await joined).toMatchObject({ generationId: 2, protocolName: 'y' })
    await again
  })

  it('rebalance when they restart while the leader assigns', async () => {
    const world = await GroupWorld.start()
    const [a, b] = [staticMember(world, 'one'), staticMember(world, 'two')]
    await joinAll(world, a, b)
    const next = restarted(b)
    const joined = next.join()
    await world.settle()
    const late = a.sync({ [a.memberId]: 'x', [b.memberId]: 'y' })
    await world.settle()
    expect(await late).toBe(27)
    const again = a.join()
    await world.settle()
    expect([(await joined).generationId, (await again).generationId]).toEqual([2, 2])
  })

  it('keep their place in a rebalance until their session ends', async () => {
    const world = await GroupWorld.start()
    const [a, b] = [staticMember(world, 'one', { sessionTimeoutMs: 60_000 }), new TestMember(world)]
    await stabilize(world, a, b)
    const c = new TestMember(world)
    const joins = [c.join()]
    await world.settle()
    joins.push(b.join())
    await world.advance(30_000)
    await Promise.all(joins)
    expect(b.isLeader).toBe(true)
    expect(b.members).toContain(a.memberId)
    expect(b.members).toHaveLength(3)
  })

  it('are removed by their instance id; strangers are refused one by one', async () => {
    const world = await GroupWorld.start()
    const [a, b] = [staticMember(world, 'one'), staticMember(world, 'two')]
    await stabilize(world, a, b)
    const { errorCode, members } = await world.call('leaveGroup', 3, {
      groupId: 'g',
      members: [
        { memberId: '', groupInstanceId: 'one' },
        { memberId: '', groupInstanceId: 'three' },
        { memberId: a.memberId, groupInstanceId: 'two' },
        { memberId: 'ghost', groupInstanceId: null },
      ],
    })
    expect([errorCode, ...members.map((member) => member.errorCode)]).toEqual([0, 0, 25, fenced, 25])
    expect((await describeOne(world)).members.map((member) => member.groupInstanceId)).toEqual(['two'])
  })

  it('go back to their earlier selves when the new id could not be stored', async () => {
    const world = await GroupWorld.start()
    const [a, b] = [staticMember(world, 'one'), staticMember(world, 'two')]
    await stabilize(world, a, b)
    const plain = world.append
    world.append = () => Promise.reject(new Error('disk full'))
    const next = restarted(a)
    const joined = next.join()
    await world.settle()
    expect((await joined).errorCode).toBe(-1)
    world.append = plain
    expect(await a.heartbeat()).toBe(0)
    expect(await describeOne(world)).toMatchObject({ groupState: 'Stable' })
  })
})
