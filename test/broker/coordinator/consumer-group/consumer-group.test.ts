import { describe, expect, it } from 'vitest'

import { ConsumerMember, comeToRest } from '../../../support/consumer-member.ts'
import { GroupWorld } from '../../../support/group-world.ts'

const quick = { 'group.consumer.assignment.interval.ms': 0 }
const orders = ['orders-0', 'orders-1', 'orders-2', 'orders-3']

/** A group of members a, b, ... that share the topic `orders`. */
async function group(world: GroupWorld, count: number): Promise<ConsumerMember[]> {
  const members = Array.from({ length: count }, (_, i) => new ConsumerMember(world, String.fromCharCode(97 + i)))
  for (const member of members) await member.join()
  await comeToRest(members)
  return members
}

const all = (members: readonly ConsumerMember[]): string[] => members.flatMap(({ owned }) => owned).toSorted()

describe('a consumer group', () => {
  it('gives every partition to one member, as evenly as can be', async () => {
    const world = await GroupWorld.start({ settings: quick })
    const members = await group(world, 3)
    expect(all(members)).toEqual(orders)
    expect(members.map(({ owned }) => owned.length).toSorted()).toEqual([1, 1, 2])
  })

  it('gives nobody a partition that another one has not given up', async () => {
    const world = await GroupWorld.start({ settings: quick })
    const [a] = await group(world, 1)
    const b = new ConsumerMember(world, 'b')
    await b.join()
    expect(b.owned).toEqual([])
    await a!.silent()
    expect(a!.owned).toHaveLength(2)
    await b.beat()
    expect(b.owned).toEqual([])
    await a!.beat()
    await b.beat()
    expect(all([a!, b])).toEqual(orders)
  })

  it('removes a member that does not give up what it is to within its rebalance timeout', async () => {
    const world = await GroupWorld.start({ settings: quick })
    const [a] = await group(world, 1)
    const b = new ConsumerMember(world, 'b')
    await b.join()
    await a!.silent()
    for (let i = 0; i < 6; i++) {
      await world.advance(1000)
      await a!.silent()
      await b.beat()
    }
    expect(await a!.silent()).toBe(25)
    await comeToRest([b])
    expect(b.owned).toEqual(orders)
  })

  it('removes a member whose session ends, and begins sessions anew after a restart', async () => {
    const world = await GroupWorld.start({ settings: quick })
    const [a, b] = await group(world, 2)
    await world.advance(30_000)
    await a!.beat()
    await world.restart()
    await world.advance(40_000)
    expect(await b!.beat()).toBe(0)
    await world.advance(10_000)
    expect(await a!.beat()).toBe(25)
    await comeToRest([b!])
    expect(b!.owned).toEqual(orders)
  })

  it('assigns at most once within its interval', async () => {
    const world = await GroupWorld.start({ settings: { 'group.consumer.assignment.interval.ms': 1000 } })
    const [a] = await group(world, 1)
    const b = new ConsumerMember(world, 'b')
    await b.join()
    await comeToRest([a!, b])
    expect(a!.owned).toEqual(orders)
    await world.advance(1000)
    await comeToRest([a!, b])
    expect(b.owned).toHaveLength(2)
  })

  it('keeps the place and the part of a static member that is away', async () => {
    const world = await GroupWorld.start({ settings: quick })
    const a = new ConsumerMember(world, 'a', 'g', 'i')
    const b = new ConsumerMember(world, 'b')
    await a.join()
    await b.join()
    await comeToRest([a, b])
    const { owned } = a
    const back = new ConsumerMember(world, 'a2', 'g', 'i')
    expect(await back.join()).toBe(111)
    expect(await a.leave(-2)).toBe(0)
    await comeToRest([b])
    expect(b.owned).toHaveLength(2)
    expect(await back.join()).toBe(0)
    expect(back.owned).toEqual(owned)
    expect(await a.beat({}, 2)).toBe(82)
  })

  it('takes no more members than it may have', async () => {
    const world = await GroupWorld.start({ settings: { ...quick, 'group.consumer.max.size': 2 } })
    const members = await group(world, 2)
    expect(await new ConsumerMember(world, 'c').join()).toBe(81)
    expect(await members[0]!.join()).toBe(0)
  })

  it('looks at topics again when they grow or come into being', async () => {
    const world = await GroupWorld.start({ settings: quick, topics: { orders: 1 } })
    const a = new ConsumerMember(world, 'a')
    await a.join(['orders', 'later'])
    expect(a.owned).toEqual(['orders-0'])
    world.topics['orders'] = 2
    world.coordinator.onTopicsChanged(['orders'], false)
    await a.beat()
    expect(a.owned).toEqual(['orders-0', 'orders-1'])
    world.topics['later'] = 1
    world.coordinator.onTopicsChanged(['later'], true)
    await a.beat()
    expect(a.owned).toEqual(['later-0', 'orders-0', 'orders-1'])
  })

  it('resolves patterns against the topics there are, and again when there are new ones', async () => {
    const world = await GroupWorld.start({ settings: quick, topics: { 'log-a': 1, other: 1 } })
    const a = new ConsumerMember(world, 'a')
    const pattern = { subscribedTopicNames: null, subscribedTopicRegex: 'log-.*' }
    expect(await a.join([], { ...pattern, subscribedTopicRegex: '(' })).toBe(128)
    await a.join([], pattern)
    await world.advance(10)
    await a.beat()
    expect(a.owned).toEqual(['log-a-0'])
    world.topics['log-b'] = 1
    world.coordinator.onTopicsChanged(['log-b'], true)
    await world.advance(11_000)
    await a.beat()
    await world.advance(10)
    await a.beat()
    expect(a.owned).toEqual(['log-a-0', 'log-b-0'])
  })

  it('goes back to what the log says when an append fails', async () => {
    const world = await GroupWorld.start({ settings: quick })
    const [a] = await group(world, 1)
    world.append = () => {
      throw new Error('the disk is full')
    }
    const b = new ConsumerMember(world, 'b')
    expect(await b.join()).not.toBe(0)
    world.append = (partition, batches) => void world.logs[partition]!.push(Buffer.from(batches))
    await world.settle()
    expect(await b.beat({}, 1)).toBe(25)
    expect(await a!.beat()).toBe(0)
    expect(a!.owned).toEqual(orders)
  })

  it('takes commits of its members in their epochs, and of an epoch before for what they had then', async () => {
    const world = await GroupWorld.start({ settings: quick })
    const [a, b] = await group(world, 2)
    const commit = async (memberId: string, epoch: number, partition: string): Promise<number> => {
      const partitions = [{ partitionIndex: Number(partition.at(-1)), committedOffset: 1, committedMetadata: null }]
      const topics = [{ name: 'orders', partitions }]
      const request = { groupId: 'g', memberId, generationIdOrMemberEpoch: epoch, topics }
      return (await world.call('offsetCommit', 9, request)).topics[0]!.partitions[0]!.errorCode
    }
    expect(await commit('a', a!.epoch, a!.owned[0]!)).toBe(0)
    expect(await commit('a', a!.epoch - 1, a!.owned[0]!)).toBe(0)
    expect(await commit('a', a!.epoch - 1, b!.owned[0]!)).toBe(113)
    expect(await commit('a', a!.epoch + 1, a!.owned[0]!)).toBe(113)
    expect(await commit('b', b!.epoch - 1, b!.owned[0]!)).toBe(113)
    expect(await commit('c', 1, 'orders-0')).toBe(25)
    const fetched = await world.call('offsetFetch', 9, {
      groups: [{ groupId: 'g', memberId: 'a', memberEpoch: 99, topics: null }],
    })
    expect(fetched.groups[0]!.errorCode).toBe(113)
  })
})
