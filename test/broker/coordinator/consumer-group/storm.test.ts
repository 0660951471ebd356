import { describe, expect, it } from 'vitest'

import { seededRandom } from '#core/ports/random.ts'
import { ConsumerMember, comeToRest } from '../../../support/consumer-member.ts'
import { GroupWorld } from '../../../support/group-world.ts'

/** Fails when the coordinator holds a partition to be two members'. */
function expectOneOwnerEach(world: GroupWorld): void {
  const { members } = world.coordinator.consumerGroupDescribe('g')
  const owned = members.flatMap(({ assignment }) =>
    assignment.topicPartitions.flatMap(({ topicId, partitions }) => partitions.map((each) => `${topicId} ${each}`)),
  )
  expect(new Set(owned).size).toBe(owned.length)
}

describe('a storm of members', () => {
  it('comes to rest with every partition at one of fifty members, evenly, and nobody ever shares one', async () => {
    const world = await GroupWorld.start({ topics: { orders: 120, users: 30 } })
    const random = seededRandom(Number(process.env['SEED'] ?? 7))
    let members: ConsumerMember[] = []
    let made = 0
    for (let step = 0; step < 700; step++) {
      const roll = random.next()
      const one = members[Math.floor(random.next() * members.length)]
      if (members.length < 50 && (one === undefined || roll < 0.1)) {
        const member = new ConsumerMember(world, `m${made++}`)
        await member.join(['orders', 'users'])
        members.push(member)
      } else if (roll < 0.13) {
        await one!.leave()
        members = members.filter((each) => each !== one)
      } else if (roll < 0.15) members = members.filter((each) => each !== one)
      else if (roll < 0.16) await world.restart()
      else if (roll < 0.2) await one!.silent()
      else if ((await one!.beat()) !== 0) await one!.join(['orders', 'users'])
      if (step % 10 === 0) {
        await world.advance(300)
        expectOneOwnerEach(world)
      }
    }
    // Those who went without a word are found out.
    for (let i = 0; i < 12; i++) {
      await world.advance(5000)
      for (const member of members) if ((await member.beat()) !== 0) await member.join(['orders', 'users'])
    }
    await comeToRest(members)
    expectOneOwnerEach(world)
    const sizes = members.map(({ owned }) => owned.length)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(150)
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
  })

  it('keeps offsets that are in use, and lets those of topics that nobody reads grow old', async () => {
    const settings = { 'offsets.retention.minutes': 1, 'offsets.retention.check.interval.ms': 20_000 }
    const world = await GroupWorld.start({ settings })
    const member = new ConsumerMember(world, 'm')
    await member.join(['orders'])
    const commit = async (name: string): Promise<void> => {
      const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]
      const topics = [{ name, partitions }]
      const request = { groupId: 'g', memberId: 'm', generationIdOrMemberEpoch: member.epoch, topics }
      await world.call('offsetCommit', 9, request)
    }
    await commit('orders')
    await commit('users')
    for (let i = 0; i < 5; i++) {
      await world.advance(20_000)
      expect(await member.beat()).toBe(0)
    }
    const kept = async (): Promise<string[]> => {
      const { groups } = await world.call('offsetFetch', 8, { groups: [{ groupId: 'g', topics: null }] })
      return groups[0]!.topics.map(({ name }) => name)
    }
    expect(await kept()).toEqual(['orders'])
    await member.leave()
    await world.advance(100_000)
    expect(await kept()).toEqual([])
    expect((await world.call('listGroups', 5, {})).groups).toEqual([])
  })
})
