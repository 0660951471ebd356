import { describe, expect, it } from 'vitest'

import { errorCodes } from '#core/wire/errors.ts'
import { GroupWorld } from '../../../support/group-world.ts'
import { StreamsMembers, partitionsIn, reading } from '../../../support/streams-members.ts'

const atOnce = { 'group.streams.initial.rebalance.delay.ms': 0, 'group.streams.assignment.interval.ms': 0 }

async function begin(settings: Readonly<Record<string, unknown>> = atOnce) {
  const world = await GroupWorld.start({ settings, topics: { orders: 4, users: 2 } })
  return { world, members: new StreamsMembers(world) }
}

describe('a streams group', () => {
  it('gives tasks to one, lets two share them, and gives them back', async () => {
    const { members } = await begin()
    const alone = await members.join('a', reading(['orders', 'users']))
    expect([alone.memberEpoch, partitionsIn(alone.activeTasks)]).toEqual([2, [0, 1, 2, 3]])
    expect(partitionsIn((await members.join('b', reading(['orders', 'users']))).activeTasks)).toEqual([])
    const asked = await members.own('a', 2, [0, 1, 2, 3])
    expect([asked.memberEpoch, partitionsIn(asked.activeTasks)]).toEqual([2, [0, 1]])
    expect(partitionsIn((await members.own('b', 3, [])).activeTasks)).toBeNull()
    expect((await members.own('a', 2, [0, 1])).memberEpoch).toBe(3)
    expect(partitionsIn((await members.own('b', 3, [])).activeTasks)).toEqual([2, 3])
    expect(members.describe().groupState).toBe('Stable')
    expect((await members.beat('b', -1)).memberEpoch).toBe(-1)
    const all = await members.own('a', 3, [0, 1])
    expect([all.memberEpoch, partitionsIn(all.activeTasks)]).toEqual([4, [0, 1, 2, 3]])
  })

  it('is after a restart what it was before', async () => {
    const { world, members } = await begin()
    const endpoint = { userEndpoint: { host: 'here', port: 80 }, clientTags: [{ key: 'zone', value: '1' }] }
    await members.join('a', reading(['orders']), endpoint)
    await members.join('b', reading(['orders']))
    await members.own('a', 2, [0, 1, 2, 3])
    const before = members.describe()
    expect(before.groupState).toBe('Reconciling')
    await world.restart()
    expect(members.describe()).toEqual(before)
    expect((await members.own('a', 2, [0, 1])).memberEpoch).toBe(3)
    expect(partitionsIn((await members.own('b', 3, [])).activeTasks)).toEqual([2, 3])
  })

  it('goes back to its log when that did not take what was built upon', async () => {
    const { world, members } = await begin()
    await members.join('a', reading(['orders']))
    const before = members.describe()
    const { append } = world
    world.append = () => Promise.reject(new Error('the disk is full'))
    const refused = await members.join('b', reading(['orders']))
    expect(refused.errorCode).not.toBe(0)
    world.append = append
    await world.settle()
    expect(members.describe()).toEqual(before)
    expect((await members.own('a', 2, [0, 1, 2, 3])).errorCode).toBe(0)
  })

  it('answers when its records are in the log and not before', async () => {
    const { world, members } = await begin()
    let release = (): void => undefined
    const { append } = world
    world.append = (partition, batches) => {
      const bytes = Buffer.from(batches)
      return new Promise<void>((done) => {
        release = () => done(append(partition, bytes) as undefined)
      })
    }
    const joined = members.send('a', 0, joinRequest)
    const beaten = members.send('a', 2)
    let answers = 0
    for (const each of [joined, beaten]) void each.then(() => answers++)
    await world.settle()
    expect(answers).toBe(0)
    release()
    expect((await joined).memberEpoch).toBe(2)
    expect((await beaten).memberEpoch).toBe(2)
  })

  it('names the topics that are to be made, and goes on when they are there', async () => {
    const { world, members } = await begin()
    const waiting = await members.join('a', reading(['orders'], 'app-changelog'))
    expect(waiting.status).toEqual([{ statusCode: 3, statusDetail: 'internal topics are missing: app-changelog' }])
    expect(members.missingTopics).toMatchObject([{ name: 'app-changelog', partitions: 4 }])
    expect(members.describe().groupState).toBe('NotReady')
    world.topics['app-changelog'] = 4
    expect(partitionsIn((await members.own('a', 2, [])).activeTasks)).toEqual([0, 1, 2, 3])
    world.topics['app-changelog'] = 3
    const wrong = await members.own('a', 3, [0, 1, 2, 3])
    expect(wrong.status).toMatchObject([{ statusCode: 2 }])
  })

  it('waits for more members before it gives out tasks for the first time', async () => {
    const { world, members } = await begin({})
    const waiting = await members.join('a', reading(['orders']))
    expect(waiting.status).toMatchObject([{ statusCode: 5 }])
    await members.join('b', reading(['orders']))
    await world.advance(2900)
    expect(members.describe().groupState).toBe('Assigning')
    await world.advance(200)
    expect(members.describe().assignmentEpoch).toBe(3)
    const [a, b] = [await members.own('a', 1, []), await members.own('b', 1, [])]
    expect([partitionsIn(a.activeTasks), partitionsIn(b.activeTasks)]).toEqual([
      [0, 2],
      [1, 3],
    ])
  })

  it('removes a member that is silent, and one that does not give up its tasks', async () => {
    const { world, members } = await begin()
    await members.join('a', reading(['orders']))
    await members.join('b', reading(['orders']))
    await members.own('a', 2, [0, 1, 2, 3])
    await world.advance(4900)
    expect(members.describe().members.map(({ memberId }) => memberId)).toEqual(['a', 'b'])
    await members.own('a', 2, [0, 1, 2, 3])
    await world.advance(200)
    expect(members.describe().members.map(({ memberId }) => memberId)).toEqual(['b'])
    expect((await members.own('a', 2, [0, 1, 2, 3])).errorCode).toBe(errorCodes.UNKNOWN_MEMBER_ID.code)
    expect(partitionsIn((await members.own('b', 3, [])).activeTasks)).toEqual([0, 1, 2, 3])
    await world.advance(45_100)
    expect(members.describe()).toMatchObject({ groupState: 'Empty', members: [] })
  })

  it('sessions begin anew after a restart', async () => {
    const { world, members } = await begin()
    await members.join('a', reading(['orders']))
    await world.advance(40_000)
    await world.restart()
    await world.advance(40_000)
    expect(members.describe().members).toHaveLength(1)
    await world.advance(6_000)
    expect(members.describe().members).toEqual([])
  })

  it('keeps copies of state in other processes', async () => {
    const { world, members } = await begin({ ...atOnce, 'group.streams.num.standby.replicas': 1 })
    world.topics['store'] = 4
    await members.join('a', reading(['orders'], 'store'))
    const b = await members.join('b', reading(['orders'], 'store'))
    expect([partitionsIn(b.activeTasks), partitionsIn(b.standbyTasks)]).toEqual([[], [0, 1]])
    const target = members.describe().members.find(({ memberId }) => memberId === 'a')!.targetAssignment
    expect(target).toMatchObject({ activeTasks: [{ partitions: [0, 1] }], standbyTasks: [{ partitions: [2, 3] }] })
  })

  it('is gone with its records when it is deleted, also after a restart', async () => {
    const { world, members } = await begin()
    await members.join('a', reading(['orders']))
    await members.beat('a', -1)
    const { results } = await world.call('deleteGroups', 2, { groupsNames: ['app'] })
    expect(results).toEqual([{ groupId: 'app', errorCode: 0 }])
    await world.restart()
    expect(members.describe().errorCode).toBe(errorCodes.GROUP_ID_NOT_FOUND.code)
    expect((await members.join('a', reading(['users']))).memberEpoch).toBe(2)
  })
})

const joinRequest = {
  topology: reading(['orders']),
  processId: 'p',
  clientTags: [],
  rebalanceTimeoutMs: 5000,
  activeTasks: [],
  standbyTasks: [],
  warmupTasks: [],
}
