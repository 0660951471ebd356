import { describe, expect, it } from 'vitest'

import { TestMember, describeOne, fetchOne, joinAll, stabilize } from '../../support/group-member.ts'
import { GroupWorld, topicIdOf } from '../../support/group-world.ts'
import { ProtocolError } from '#core/wire/errors.ts'

const minutes = 60_000
const partition = (partitionIndex: number, committedOffset: number, committedMetadata: string | null = null) => ({
  partitionIndex,
  committedOffset,
  committedMetadata,
})
const simple = { groupId: 'simple', generationIdOrMemberEpoch: -1, memberId: '' }
const commitSimple = async (world: GroupWorld, topic: string, offset: number, version = 9, more = {}) => {
  const topics = [{ name: topic, partitions: [partition(0, offset)] }]
  const response = await world.call('offsetCommit', version, { ...simple, topics, ...more })
  return response.topics[0]!.partitions[0]!.errorCode
}

describe('commits', () => {
  it('come back as they were given, from consumers without a group too', async () => {
    const world = await GroupWorld.start()
    const response = await world.call('offsetCommit', 9, {
      ...simple,
      topics: [
        { name: 'orders', partitions: [{ ...partition(1, 42, 'note'), committedLeaderEpoch: 3 }, partition(2, 0)] },
        { name: 'users', partitions: [partition(0, 7)] },
      ],
    })
    expect(response.topics.flatMap((topic) => topic.partitions.map((each) => each.errorCode))).toEqual([0, 0, 0])
    const all = await world.call('offsetFetch', 9, { groups: [{ groupId: 'simple', topics: null }] })
    expect(all.groups[0]!.topics.map((topic) => topic.name)).toEqual(['orders', 'users'])
    expect(all.groups[0]!.topics[0]!.partitions).toEqual([
      { partitionIndex: 1, committedOffset: 42, committedLeaderEpoch: 3, metadata: 'note', errorCode: 0 },
      { partitionIndex: 2, committedOffset: 0, committedLeaderEpoch: -1, metadata: '', errorCode: 0 },
    ])
    expect((await world.call('listGroups', 5, {})).groups).toEqual([
      { groupId: 'simple', protocolType: '', groupState: 'Empty', groupType: 'classic' },
    ])
  })

  it('are refused one by one for what is unknown or too long', async () => {
    const world = await GroupWorld.start({ settings: { 'offset.metadata.max.bytes': 4 } })
    const response = await world.call('offsetCommit', 9, {
      ...simple,
      topics: [
        {
          name: 'orders',
          partitions: [partition(0, 1, '1234'), partition(1, 1, '12345'), partition(4, 1), partition(-1, 1)],
        },
        { name: 'nothing', partitions: [partition(0, 1)] },
      ],
    })
    expect(response.topics.map((topic) => topic.partitions.map((each) => each.errorCode))).toEqual([[0, 12, 3, 3], [3]])
  })

  it('name topics by id since version 10', async () => {
    const world = await GroupWorld.start()
    const [orders, ghost] = [topicIdOf('orders'), topicIdOf('ghost')]
    const response = await world.call('offsetCommit', 10, {
      ...simple,
      topics: [
        { topicId: orders, partitions: [partition(0, 5)] },
        { topicId: ghost, partitions: [partition(0, 5)] },
      ],
    })
    expect(response.topics.map((topic) => [topic.topicId, topic.partitions[0]!.errorCode])).toEqual([
      [orders, 0],
      [ghost, 100],
    ])
    const asked = [
      { topicId: orders, partitionIndexes: [0, 1] },
      { topicId: ghost, partitionIndexes: [0] },
    ]
    const fetched = await world.call('offsetFetch', 10, { groups: [{ groupId: 'simple', topics: asked }] })
    expect(
      fetched.groups[0]!.topics.map((topic) => topic.partitions.map((each) => [each.committedOffset, each.errorCode])),
    ).toEqual([
      [
        [5, 0],
        [-1, 0],
      ],
      [[-1, 100]],
    ])
    delete world.topics['orders']
    expect(
      (await world.call('offsetFetch', 10, { groups: [{ groupId: 'simple', topics: null }] })).groups[0]!.topics,
    ).toEqual([])
  })

  it('of strangers are refused once a group has members', async () => {
    const world = await GroupWorld.start()
    const member = new TestMember(world, { groupId: 'simple' })
    await stabilize(world, member)
    expect(await commitSimple(world, 'orders', 1)).toBe(25)
    expect(await commitSimple(world, 'orders', 1, 9, { memberId: member.memberId })).toBe(22)
    expect(await commitSimple(world, 'orders', 1, 9, { memberId: member.memberId, generationIdOrMemberEpoch: 1 })).toBe(
      0,
    )
    expect(await commitSimple(world, 'orders', 1, 8, { groupId: 'none', generationIdOrMemberEpoch: 1 })).toBe(22)
    expect(await commitSimple(world, 'orders', 1, 9, { groupId: 'none', generationIdOrMemberEpoch: 1 })).toBe(69)
  })

  it('of one turn are one append, and each is answered when it is acknowledged', async () => {
    const world = await GroupWorld.start()
    const appends: { batches: Buffer; acknowledge: () => void }[] = []
    world.append = (_, batches) => new Promise((acknowledge) => appends.push({ batches, acknowledge }))
    let answered = 0
    const send = (offset: number) =>
      world
        .send('offsetCommit', 9, { ...simple, topics: [{ name: 'orders', partitions: [partition(0, offset)] }] })
        .then(() => answered++)
    const commits = [send(1), send(2), send(3)]
    await world.settle()
    commits.push(send(4))
    await world.settle()
    expect(appends).toHaveLength(2)
    // The second acknowledgement comes first: the first append's answers still come first, and the last commit wins.
    appends[1]!.acknowledge()
    await world.settle()
    expect([answered, await fetchOne(world, 'orders', 0, 'simple')]).toEqual([0, -1])
    appends[0]!.acknowledge()
    await world.settle()
    await Promise.all(commits)
    expect([answered, await fetchOne(world, 'orders', 0, 'simple')]).toEqual([4, 4])
  })

  it('that could not be written change nothing and say so in the words of a coordinator', async () => {
    const world = await GroupWorld.start()
    expect(await commitSimple(world, 'orders', 1)).toBe(0)
    const errors = ['NOT_LEADER_OR_FOLLOWER', 'NOT_ENOUGH_REPLICAS', 'MESSAGE_TOO_LARGE'] as const
    const codes: number[] = []
    for (const error of errors) {
      world.append = () => {
        throw new ProtocolError(error)
      }
      codes.push(await commitSimple(world, 'orders', 2))
    }
    expect(codes).toEqual([16, 15, -1])
    expect(await fetchOne(world, 'orders', 0, 'simple')).toBe(1)
  })
})

describe('fetches', () => {
  it('of every version answer the same', async () => {
    const world = await GroupWorld.start()
    expect(await commitSimple(world, 'orders', 9)).toBe(0)
    const topics = [{ name: 'orders', partitionIndexes: [0, 3] }]
    for (const version of [1, 2, 5, 7]) {
      const response = await world.call('offsetFetch', version, { groupId: 'simple', topics })
      expect(response.errorCode).toBe(0)
      expect(response.topics[0]!.partitions.map((each) => each.committedOffset)).toEqual([9, -1])
    }
    const all = await world.call('offsetFetch', 7, { groupId: 'simple', topics: null, requireStable: true })
    expect(all.topics.map((topic) => topic.partitions.length)).toEqual([1])
    const groups = await world.call('offsetFetch', 8, {
      groups: [
        { groupId: 'simple', topics },
        { groupId: 'none', topics },
      ],
    })
    expect(groups.groups.map((group) => group.topics[0]!.partitions.map((each) => each.committedOffset))).toEqual([
      [9, -1],
      [-1, -1],
    ])
  })

  it('say in the place that their version has that this is not the coordinator', async () => {
    const world = new GroupWorld()
    const topics = [{ name: 'orders', partitionIndexes: [0] }]
    expect((await world.call('offsetFetch', 1, { groupId: 'g', topics })).topics[0]!.partitions[0]!.errorCode).toBe(16)
    expect((await world.call('offsetFetch', 2, { groupId: 'g', topics })).errorCode).toBe(16)
    expect((await world.call('offsetFetch', 8, { groups: [{ groupId: 'g', topics }] })).groups[0]!.errorCode).toBe(16)
  })
})

describe('deleting', () => {
  it('offsets, but not of topics that the group is subscribed to', async () => {
    const world = await GroupWorld.start({ topics: { orders: 4, users: 2, old: 1 } })
    const member = new TestMember(world, { topics: ['orders'] })
    await stabilize(world, member)
    const commits = [member.commit('orders', 0, 1), member.commit('old', 0, 2)]
    await world.settle()
    expect(await Promise.all(commits)).toEqual([0, 0])
    const topics = ['orders', 'old', 'users', 'ghost'].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] }))
    const response = await world.call('offsetDelete', 0, { groupId: 'g', topics })
    expect(response.topics.map((topic) => topic.partitions[0]!.errorCode)).toEqual([86, 0, 0, 3])
    expect([await fetchOne(world, 'orders', 0), await fetchOne(world, 'old', 0)]).toEqual([1, -1])
    expect((await world.call('offsetDelete', 0, { groupId: 'none', topics: [] })).errorCode).toBe(69)
    expect((await world.call('offsetDelete', 0, { groupId: '', topics: [] })).errorCode).toBe(24)
  })

  it('groups, but not those with members or unknown ones', async () => {
    const world = await GroupWorld.start()
    const member = new TestMember(world)
    await stabilize(world, member)
    expect(await commitSimple(world, 'orders', 4)).toBe(0)
    const remove = async (...groupsNames: string[]) =>
      (await world.call('deleteGroups', 2, { groupsNames })).results.map((result) => result.errorCode)
    expect(await remove('g', 'none', 'simple')).toEqual([68, 69, 0])
    expect(await member.leave()).toBe(0)
    await world.settle()
    expect(await remove('g')).toEqual([0])
    expect((await world.call('listGroups', 5, {})).groups).toEqual([])
    await world.restart()
    expect((await world.call('listGroups', 5, {})).groups).toEqual([])
    expect(await fetchOne(world, 'orders', 0, 'simple')).toBe(-1)
  })

  it('topics takes their offsets along', async () => {
    const world = await GroupWorld.start()
    await commitSimple(world, 'orders', 4)
    await commitSimple(world, 'users', 5)
    world.coordinator.onTopicsDeleted([{ name: 'orders', id: topicIdOf('orders') }])
    await world.settle()
    await world.restart()
    expect([await fetchOne(world, 'orders', 0, 'simple'), await fetchOne(world, 'users', 0, 'simple')]).toEqual([-1, 5])
  })

  it('topics leaves the offsets of later topics with their names alone', async () => {
    const world = await GroupWorld.start()
    await commitSimple(world, 'orders', 4)
    world.coordinator.onTopicsDeleted([{ name: 'orders', id: topicIdOf('earlier') }])
    await world.settle()
    await world.restart()
    expect(await fetchOne(world, 'orders', 0, 'simple')).toBe(4)
  })
})

describe('expiry', () => {
  const settings = { 'offsets.retention.minutes': 60, 'offsets.retention.check.interval.ms': minutes }
  /** Moves time without the small steps that requests need. */
  const pass = async (world: GroupWorld, ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= minutes) {
      world.time.advance(Math.min(left, minutes))
      await world.settle()
    }
  }

  it('counts from the commit for consumers without a group', async () => {
    const world = await GroupWorld.start({ settings })
    await commitSimple(world, 'orders', 1)
    await pass(world, 30 * minutes)
    await commitSimple(world, 'users', 2)
    await pass(world, 31 * minutes)
    expect([await fetchOne(world, 'orders', 0, 'simple'), await fetchOne(world, 'users', 0, 'simple')]).toEqual([-1, 2])
    await pass(world, 30 * minutes)
    expect((await world.call('listGroups', 5, {})).groups).toEqual([])
    await world.restart()
    expect((await world.call('listGroups', 5, {})).groups).toEqual([])
  })

  it('counts from when the group became empty, also over a restart', async () => {
    const world = await GroupWorld.start({ settings })
    const member = new TestMember(world, { sessionTimeoutMs: 1_800_000 })
    await stabilize(world, member)
    const committed = member.commit('orders', 0, 8)
    await world.settle()
    expect(await committed).toBe(0)
    for (let i = 0; i < 5; i++) {
      await pass(world, 29 * minutes)
      expect(await member.heartbeat()).toBe(0)
    }
    expect(await fetchOne(world, 'orders', 0)).toBe(8)
    expect(await member.leave()).toBe(0)
    await pass(world, 40 * minutes)
    await world.restart()
    expect(await fetchOne(world, 'orders', 0)).toBe(8)
    await pass(world, 22 * minutes)
    expect(await fetchOne(world, 'orders', 0)).toBe(-1)
    expect(await describeOne(world)).toMatchObject({ groupState: 'Dead' })
  })

  it('takes from a stable group what it does not subscribe to any more', async () => {
    const world = await GroupWorld.start({ settings })
    const member = new TestMember(world, { sessionTimeoutMs: 1_800_000, topics: ['orders'] })
    await stabilize(world, member)
    const commits = [member.commit('orders', 0, 8), member.commit('users', 0, 9)]
    await world.settle()
    await Promise.all(commits)
    for (let i = 0; i < 3; i++) {
      await pass(world, 29 * minutes)
      expect(await member.heartbeat()).toBe(0)
    }
    expect([await fetchOne(world, 'orders', 0), await fetchOne(world, 'users', 0)]).toEqual([8, -1])
  })

  it('goes by the retention that an old client names', async () => {
    const world = await GroupWorld.start({ settings })
    await commitSimple(world, 'orders', 1, 4, { retentionTimeMs: 5 * minutes })
    await pass(world, 4 * minutes)
    await world.restart()
    expect(await fetchOne(world, 'orders', 0, 'simple')).toBe(1)
    await pass(world, 3 * minutes)
    expect(await fetchOne(world, 'orders', 0, 'simple')).toBe(-1)
  })

  it('takes any retention that a client may name', async () => {
    const world = await GroupWorld.start({ settings })
    expect(await commitSimple(world, 'orders', 1, 4, { retentionTimeMs: Number.MAX_SAFE_INTEGER })).toBe(0)
    expect(await commitSimple(world, 'users', 1, 4, { retentionTimeMs: -Number.MAX_SAFE_INTEGER })).toBe(0)
    await pass(world, 2 * minutes)
    expect([await fetchOne(world, 'orders', 0, 'simple'), await fetchOne(world, 'users', 0, 'simple')]).toEqual([1, -1])
  })

  it('lets an empty group without offsets go', async () => {
    const world = await GroupWorld.start({ settings })
    const member = new TestMember(world)
    await joinAll(world, member)
    expect(await member.leave()).toBe(0)
    await world.settle()
    expect(await describeOne(world)).toMatchObject({ groupState: 'Empty' })
    await pass(world, minutes)
    expect(await describeOne(world)).toMatchObject({ groupState: 'Dead' })
    expect((await world.call('describeGroups', 6, { groups: ['g'] })).groups[0]).toMatchObject({
      errorCode: 69,
      groupState: 'Dead',
    })
  })
})
