import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { TestMember, describeOne } from '../support/group-member.ts'
import { GroupWorld, topicIdOf } from '../support/group-world.ts'

/** What a restart has to bring back: every committed offset, and each group that was stable or empty. */
async function persisted(world: GroupWorld) {
  const { groups } = await world.call('listGroups', 5, {})
  const asked = groups.map(({ groupId }) => ({ groupId, topics: null }))
  const offsets = await world.call('offsetFetch', 8, { groups: asked })
  const sorted = offsets.groups.map((group) => ({
    groupId: group.groupId,
    offsets: group.topics
      .flatMap((topic) =>
        topic.partitions.map((each) => `${topic.name}-${each.partitionIndex}=${each.committedOffset} ${each.metadata}`),
      )
      .toSorted(),
  }))
  return sorted.filter((group) => group.offsets.length > 0).toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1))
}

const groupIds = ['g', 'h']
const member = fc.nat({ max: 3 })
const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('join' as const), member }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('sync' as const), member }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      member,
      partition: fc.nat({ max: 3 }),
      offset: fc.nat({ max: 9 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('commit alone' as const),
      group: fc.nat({ max: 1 }),
      offset: fc.nat({ max: 9 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat({ max: 8000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), member }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), member }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete group' as const), group: fc.nat({ max: 1 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('delete offset' as const),
      group: fc.nat({ max: 1 }),
      partition: fc.nat({ max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop topic' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
)
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never

/** Members 0 and 1 are in the first group, 2 and 3 in the second; 1 and 3 are static. */
const fresh = (world: GroupWorld, i: number): TestMember =>
  new TestMember(world, {
    groupId: groupIds[i >> 1]!,
    groupInstanceId: i % 2 === 0 ? null : `instance-${i}`,
    sessionTimeoutMs: 6000,
  })

async function apply(world: GroupWorld, members: TestMember[], step: Command): Promise<void> {
  switch (step.do) {
    case 'join':
      void members[step.member]!.join()
      return world.settle()
    case 'sync': {
      const each = members[step.member]!
      void each.sync(each.isLeader ? Object.fromEntries(each.members.map((id) => [id, `to ${id}`])) : {})
      return world.settle()
    }
    case 'commit':
      void members[step.member]!.commit('orders', step.partition, step.offset, 'm')
      return world.settle()
    case 'commit alone': {
      const alone = new TestMember(world, { groupId: groupIds[step.group]! })
      void alone.commit('users', 0, step.offset)
      return world.settle()
    }
    case 'leave':
      void members[step.member]!.leave()
      return world.settle()
    case 'forget':
      members[step.member] = fresh(world, step.member)
      return
    case 'delete group':
      await world.call('deleteGroups', 2, { groupsNames: [groupIds[step.group]!] })
      return
    case 'delete offset': {
      const topics = [{ name: 'orders', partitions: [{ partitionIndex: step.partition }] }]
      await world.call('offsetDelete', 0, { groupId: groupIds[step.group]!, topics })
      return
    }
    case 'drop topic':
      world.coordinator.onTopicsDeleted([{ name: 'users', id: topicIdOf('users') }])
      return world.settle()
    case 'pass':
      return world.advance(step.ms)
    case 'restart':
      return restartAndCompare(world)
  }
}

async function restartAndCompare(world: GroupWorld): Promise<void> {
  const before = {
    offsets: await persisted(world),
    groups: await Promise.all(groupIds.map((id) => describeOne(world, id))),
  }
  await world.restart()
  expect(await persisted(world)).toEqual(before.offsets)
  for (const [i, groupId] of groupIds.entries()) {
    const was = before.groups[i]!
    const now = await describeOne(world, groupId)
    if (was.groupState === 'Stable') expect(now).toEqual(was)
    // A group whose members were only about to join is not kept, nor is one that nothing is stored of.
    else if (was.groupState === 'Empty' && now.groupState !== 'Dead') expect(now).toEqual(was)
    else expect(now.groupState).toBeOneOf(['Dead', 'Empty', 'Stable'])
  }
}

describe('a coordinator that starts again', () => {
  it('has what the one before it had stored, whatever happened', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
        const settings = {
          'group.initial.rebalance.delay.ms': 100,
          'offsets.retention.check.interval.ms': 20_000,
          'offsets.retention.minutes': 1,
        }
        const world = await GroupWorld.start({ settings })
        const members = [0, 1, 2, 3].map((i) => fresh(world, i))
        for (const step of commands) await apply(world, members, step)
        await restartAndCompare(world)
      }),
      { numRuns: Number(process.env['RUNS'] ?? 200) },
    )
  })
})
