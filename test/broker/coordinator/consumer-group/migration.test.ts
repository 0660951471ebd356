import { describe, expect, it } from 'vitest'

import { decodeAssignment, encodeAssignment, encodeSubscription } from '#core/wire/embedded/consumer-protocol.ts'
import { ConsumerMember, comeToRest } from '../../../support/consumer-member.ts'
import { describeOne } from '../../../support/group-member.ts'
import { GroupWorld } from '../../../support/group-world.ts'

const settings = { 'group.initial.rebalance.delay.ms': 0, 'group.consumer.assignment.interval.ms': 0 }
const all = [0, 1, 2, 3]

/** A consumer of the classic protocol that subscribes to `orders` and assigns itself everything when it leads. */
class ClassicConsumer {
  readonly world: GroupWorld
  readonly instanceId: string | null
  memberId = ''
  generationId = -1
  owned: readonly number[] = []

  constructor(world: GroupWorld, instanceId: string | null = null) {
    this.world = world
    this.instanceId = instanceId
  }

  async join(): Promise<number> {
    const metadata = encodeSubscription({
      topics: ['orders'],
      userData: null,
      ownedPartitions: [{ topic: 'orders', partitions: this.owned }],
      generationId: -1,
      rackId: null,
    })
    const answered = this.world.send('joinGroup', 9, {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 5000,
      memberId: this.memberId,
      groupInstanceId: this.instanceId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata }],
    })
    await this.world.advance(1)
    const { errorCode, memberId, generationId } = await answered
    this.memberId = memberId
    if (errorCode === 79) return this.join()
    if (errorCode === 0) this.generationId = generationId
    return errorCode
  }

  async sync(): Promise<number> {
    const { memberId, generationId } = this
    const assignment = encodeAssignment({ assignedPartitions: [{ topic: 'orders', partitions: all }], userData: null })
    const answer = await this.world.call('syncGroup', 5, {
      groupId: 'g',
      generationId,
      memberId,
      groupInstanceId: this.instanceId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [{ memberId, assignment }],
    })
    if (answer.errorCode === 0) {
      this.owned = decodeAssignment(answer.assignment).assignedPartitions.flatMap(({ partitions }) => partitions)
    }
    return answer.errorCode
  }

  async beat(): Promise<number> {
    const { memberId, generationId, instanceId: groupInstanceId } = this
    const request = { groupId: 'g', memberId, generationId, groupInstanceId }
    return (await this.world.call('heartbeat', 4, request)).errorCode
  }

  /** Does what its heartbeats tell it. */
  async follow(): Promise<void> {
    if ((await this.beat()) !== 27) return
    await this.join()
    await this.sync()
  }
}

async function kindOf(world: GroupWorld): Promise<string> {
  return (await world.call('listGroups', 5, {})).groups[0]?.groupType ?? 'none'
}

async function classicGroup(world: GroupWorld, instanceId: string | null = null): Promise<ClassicConsumer> {
  const member = new ClassicConsumer(world, instanceId)
  await member.join()
  await member.sync()
  return member
}

/** Both protocols in one group, each member with its half. */
async function mixedGroup(world: GroupWorld, instanceId: string | null = null) {
  const old = await classicGroup(world, instanceId)
  const young = new ConsumerMember(world, 'young')
  await young.join()
  for (let i = 0; i < 6; i++) {
    await old.follow()
    await young.beat()
  }
  return { old, young }
}

describe('a group between two protocols', () => {
  it('goes to the consumer protocol with its members and what they have, and shares with who came', async () => {
    const world = await GroupWorld.start({ settings })
    const { old, young } = await mixedGroup(world)
    expect(await kindOf(world)).toBe('consumer')
    const halves = [...old.owned, ...young.owned.map((each) => Number(each.at(-1)))]
    expect(old.owned).toHaveLength(2)
    expect(halves.toSorted((a, b) => a - b)).toEqual(all)
  })

  it('is the same after a restart, and goes on', async () => {
    const world = await GroupWorld.start({ settings })
    const { old, young } = await mixedGroup(world)
    const before = world.coordinator.consumerGroupDescribe('g')
    await world.restart()
    expect(world.coordinator.consumerGroupDescribe('g')).toEqual(before)
    expect(await old.beat()).toBe(0)
    expect(await young.beat()).toBe(0)
  })

  it('goes back when the last member of the consumer protocol is gone, and may come again', async () => {
    const world = await GroupWorld.start({ settings })
    const { old, young } = await mixedGroup(world)
    await young.leave()
    expect(await kindOf(world)).toBe('classic')
    expect((await describeOne(world)).groupState).toBe('PreparingRebalance')
    await old.follow()
    expect(old.owned).toEqual(all)
    expect((await describeOne(world)).groupState).toBe('Stable')
    await world.restart()
    expect(await kindOf(world)).toBe('classic')
    expect(await old.beat()).toBe(0)
    await young.join()
    expect(await kindOf(world)).toBe('consumer')
  })

  it('goes back too when that member falls silent', async () => {
    const world = await GroupWorld.start({ settings })
    const { old } = await mixedGroup(world)
    for (let i = 0; i < 10; i++) {
      await world.advance(5000)
      await old.follow()
    }
    expect(await kindOf(world)).toBe('classic')
    expect(old.owned).toEqual(all)
  })

  it('removes a classic member that is told to join and does not', async () => {
    const world = await GroupWorld.start({ settings })
    const old = await classicGroup(world)
    const young = new ConsumerMember(world, 'young')
    await young.join()
    expect(await old.beat()).toBe(27)
    await world.advance(5100)
    expect(await old.beat()).toBe(25)
    await comeToRest([young])
    expect(young.owned).toHaveLength(4)
  })

  it('lets a static member change its protocol in its own place', async () => {
    const world = await GroupWorld.start({ settings })
    await classicGroup(world, 'i')
    const young = new ConsumerMember(world, 'young', 'g', 'i')
    expect(await young.join()).toBe(0)
    expect(young.owned).toHaveLength(4)
    const old = new ClassicConsumer(world, 'i')
    expect(await old.join()).toBe(0)
    expect(await kindOf(world)).toBe('classic')
    expect(await old.sync()).toBe(0)
    expect(old.owned).toEqual(all)
  })

  it.each([
    ['disabled', 69, 23],
    ['upgrade', 0, 0],
    ['downgrade', 69, 0],
  ])('keeps to the migration policy %s', async (policy, upgraded, joined) => {
    const world = await GroupWorld.start({ settings: { ...settings, 'group.consumer.migration.policy': policy } })
    await classicGroup(world)
    expect(await new ConsumerMember(world, 'young').join()).toBe(upgraded)
    const other = await GroupWorld.start({ settings: { ...settings, 'group.consumer.migration.policy': policy } })
    const young = new ConsumerMember(other, 'young')
    await young.join()
    const old = new ClassicConsumer(other)
    expect(await old.join()).toBe(joined)
    await young.leave()
    expect(await kindOf(other)).toBe(policy === 'downgrade' ? 'classic' : 'consumer')
  })

  it('refuses groups whose members are no consumers', async () => {
    const world = await GroupWorld.start({ settings })
    const request = {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 5000,
      memberId: '',
      protocolType: 'connect',
    }
    const joining = world.send('joinGroup', 3, { ...request, protocols: [{ name: 'p', metadata: Buffer.alloc(0) }] })
    await world.advance(1)
    expect((await joining).errorCode).toBe(0)
    expect(await new ConsumerMember(world, 'young').join()).toBe(69)
    expect(await kindOf(world)).toBe('classic')
  })
})
