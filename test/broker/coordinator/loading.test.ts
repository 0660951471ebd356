import { describe, expect, it } from 'vitest'

import { zeroUuid } from '#core/bytes/uuid.ts'
import { decodeRecord, encodeRecord } from '../../../broker/coordinator/records.ts'
import { TestMember, describeOne, fetchOne, joinAll, stabilize } from '../../support/group-member.ts'
import { GroupWorld, topicIdOf } from '../../support/group-world.ts'
import { BatchBuilder, type BatchBuilderOptions } from '#core/records/batch-builder.ts'
import { groupMetadataValue } from '#core/wire/stored/group-metadata.ts'
import { offsetCommitValue } from '#core/wire/stored/offset-commit.ts'
import { encodeStored } from '#core/wire/stored/stored.ts'

const offsetRecord = (groupId: string, offset: number, topicId = zeroUuid) =>
  encodeRecord({
    kind: 'offset',
    groupId,
    topic: 'orders',
    partition: 0,
    value: {
      offset,
      leaderEpoch: -1,
      metadata: '',
      commitTimestamp: 1_700_000_000_000,
      expireTimestamp: -1,
      topicId,
    },
  })
const batch = (
  records: readonly { key: Buffer | null; value: Buffer | null }[],
  options: BatchBuilderOptions = {},
): Buffer => {
  const builder = new BatchBuilder(options)
  for (const { key, value } of records) builder.append(1_700_000_000_000, key, value)
  return builder.build()
}
const marker = (producerId: number, type: 'abort' | 'commit'): Buffer =>
  batch([{ key: Buffer.from([0, 0, 0, type === 'commit' ? 1 : 0]), value: Buffer.from([0, 0, 0, 0, 0, 0]) }], {
    producerId,
    producerEpoch: 0,
    isTransactional: true,
    isControl: true,
  })
const loaded = async (...batches: Buffer[]): Promise<GroupWorld> => {
  const world = new GroupWorld()
  world.logs[0]!.push(...batches)
  await world.load()
  return world
}

describe('loading', () => {
  it('brings a stable group back: members go on in their generation, and are missed if they do not', async () => {
    const world = await GroupWorld.start()
    const [a, b] = [new TestMember(world), new TestMember(world, { groupInstanceId: 'two' })]
    await stabilize(world, a, b)
    const committed = a.commit('orders', 1, 17, 'note')
    await world.settle()
    expect(await committed).toBe(0)
    const before = await describeOne(world)
    await world.restart()
    expect(await describeOne(world)).toEqual(before)
    expect([await a.heartbeat(), await b.heartbeat()]).toEqual([0, 0])
    expect(await fetchOne(world, 'orders', 1)).toBe(17)
    await world.advance(6000)
    expect(await a.heartbeat()).toBe(0)
    await world.advance(4001)
    expect((await describeOne(world)).members.map((member) => member.memberId)).toEqual([a.memberId])
  })

  it('falls back to the last generation that was handed out', async () => {
    const world = await GroupWorld.start()
    const [a, b] = [new TestMember(world), new TestMember(world)]
    await stabilize(world, a)
    const joined = b.join()
    await world.settle()
    const again = a.join()
    await world.settle()
    await Promise.all([joined, again])
    expect(a.generationId).toBe(2)
    await world.restart()
    expect(await describeOne(world)).toMatchObject({ groupState: 'Stable' })
    expect([await a.heartbeat(), await b.heartbeat()]).toEqual([22, 25])
  })

  it('says that it is not done yet, and afterwards that it is not here', async () => {
    const world = new GroupWorld()
    const release: (() => void)[] = []
    const member = new TestMember(world)
    expect((await member.join()).errorCode).toBe(16)
    const { logs } = world
    logs[0] = {
      async *[Symbol.asyncIterator]() {
        await new Promise<void>((done) => release.push(done))
        yield batch([offsetRecord('g', 3)])
      },
    } as never
    const loading = world.coordinator.load(0)
    expect((await member.join()).errorCode).toBe(14)
    expect(await member.commit('orders', 0, 1)).toBe(14)
    // Members keep believing that all is well: their sessions begin anew after loading.
    expect(await member.heartbeat()).toBe(0)
    expect((await world.call('listGroups', 5, {})).errorCode).toBe(14)
    await world.settle()
    release[0]!()
    await loading
    expect(await fetchOne(world, 'orders', 0)).toBe(3)
    const waiting = member.join()
    await world.settle()
    world.coordinator.unload(0)
    expect((await waiting).errorCode).toBe(16)
    expect(await member.heartbeat()).toBe(16)
    expect((await world.call('listGroups', 5, {})).groups).toEqual([])
  })

  it('does not serve a partition that cannot be read', async () => {
    const world = new GroupWorld()
    const future = Buffer.from(offsetRecord('g', 1).value!)
    future.writeInt16BE(99, 0)
    world.logs[0]!.push(batch([{ key: offsetRecord('g', 1).key, value: future }]))
    await expect(world.load()).rejects.toThrow(/version 99/)
    expect((await new TestMember(world).join()).errorCode).toBe(16)
  })

  it('counts what a transaction committed from its end on, and forgets what it aborted', async () => {
    const open = { producerId: 5, producerEpoch: 0, baseSequence: 0, isTransactional: true }
    const other = { ...open, producerId: 6 }
    const world = await loaded(
      batch([offsetRecord('kept', 1), offsetRecord('aborted', 1), offsetRecord('later', 1)]),
      batch([offsetRecord('kept', 2), offsetRecord('later', 2)], open),
      batch([offsetRecord('aborted', 2), offsetRecord('open', 2)], other),
      batch([offsetRecord('later', 3)]),
      marker(5, 'commit'),
    )
    expect(await fetchOne(world, 'orders', 0, 'kept')).toBe(2)
    // Committed outside of the transaction after it was inside: the later record counts.
    expect(await fetchOne(world, 'orders', 0, 'later')).toBe(3)
    expect(await fetchOne(world, 'orders', 0, 'aborted')).toBe(1)
    const topics = [{ name: 'orders', partitionIndexes: [0] }]
    const unstable = await world.call('offsetFetch', 8, { groups: [{ groupId: 'open', topics }], requireStable: true })
    expect(unstable.groups[0]!.topics[0]!.partitions[0]!.errorCode).toBe(88)
    world.logs[0]!.push(marker(6, 'abort'))
    await world.restart()
    expect(await fetchOne(world, 'orders', 0, 'aborted')).toBe(1)
    expect(await fetchOne(world, 'orders', 0, 'open')).toBe(-1)
  })

  it('passes over records of other coordinators, and reads every version of its own', async () => {
    const key = (version: number, ...rest: Buffer[]): Buffer => {
      const prefix = Buffer.alloc(2)
      prefix.writeInt16BE(version)
      return Buffer.concat([prefix, ...rest])
    }
    const strange = [10, 11, 12, 13, 14, 15, 99].map((version) => ({
      key: key(version, Buffer.from([0, 1, 103])),
      value: Buffer.from([0, 0, 1]),
    }))
    const offset = { offset: 8, metadata: 'm', commitTimestamp: 1 }
    const member = {
      memberId: 'm',
      clientId: 'c',
      clientHost: '/h',
      sessionTimeout: 10_000,
      subscription: Buffer.from([1]),
      assignment: Buffer.from([2]),
    }
    const group = { protocolType: 'connect', generation: 4, protocol: 'p', leader: 'm', members: [member] }
    for (const version of [0, 1, 2, 3, 4]) {
      const groupKey = encodeRecord({ kind: 'group', groupId: 'g', value: null }).key
      const world = await loaded(
        batch([{ key: null, value: Buffer.from('?') }, ...strange]),
        batch(
          [
            { key: offsetRecord('g', 8).key, value: encodeStored(offsetCommitValue, version, offset) },
            { key: groupKey, value: encodeStored(groupMetadataValue, version, group) },
          ],
          { compression: 'gzip' },
        ),
      )
      expect(await fetchOne(world, 'orders', 0)).toBe(8)
      expect(await describeOne(world)).toMatchObject({
        groupState: 'Stable',
        protocolType: 'connect',
        protocolData: 'p',
      })
      const beat = { groupId: 'g', generationId: 4, memberId: 'm' }
      expect((await world.call('heartbeat', 4, beat)).errorCode).toBe(0)
    }
  })

  it('makes a group that is over its limit now smaller', async () => {
    const world = await GroupWorld.start({ settings: { 'group.max.size': 3 } })
    const members = [new TestMember(world), new TestMember(world), new TestMember(world)]
    await stabilize(world, ...members)
    const smaller = new GroupWorld({ settings: { 'group.max.size': 2 } })
    smaller.logs[0]!.push(...world.logs[0]!)
    await smaller.load()
    expect(await describeOne(smaller)).toMatchObject({ groupState: 'PreparingRebalance' })
  })
})

describe('an offset that was committed for an earlier topic of the name', () => {
  it('is not shown to who asks by id', async () => {
    const world = await loaded(batch([offsetRecord('old', 3, topicIdOf('another')), offsetRecord('same', 4)]))
    const byId = async (groupId: string): Promise<number> => {
      const topics = [{ topicId: topicIdOf('orders'), partitionIndexes: [0] }]
      const { groups } = await world.call('offsetFetch', 10, { groups: [{ groupId, topics }] })
      return groups[0]!.topics[0]!.partitions[0]!.committedOffset
    }
    expect([await byId('old'), await byId('same')]).toEqual([-1, 4])
    expect(await fetchOne(world, 'orders', 0, 'old')).toBe(3)
  })
})

describe('records', () => {
  it('are Kafka’s own, byte for byte', () => {
    // From `__consumer_offsets` of Apache Kafka: key version 1, group "g", topic "t", partition 7.
    expect(
      encodeRecord({ kind: 'offset', groupId: 'g', topic: 't', partition: 7, value: null }).key.toString('hex'),
    ).toBe('0001000167000174' + '00000007')
    const value = { offset: 5, leaderEpoch: 2, metadata: 'm', commitTimestamp: 256, expireTimestamp: -1 }
    const start = '0004' + '0000000000000005' + '00000002' + '026d' + '0000000000000100'
    const id = '00112233445566778899aabbccddeeff'
    for (const [topicId, tags] of [
      [zeroUuid, '00'],
      [Buffer.from(id, 'hex').toString('base64url'), '010010' + id],
    ] as const) {
      const record = { kind: 'offset' as const, groupId: 'g', topic: 't', partition: 7, value: { ...value, topicId } }
      const encoded = encodeRecord(record)
      expect(encoded.value!.toString('hex')).toBe(start + tags)
      expect(decodeRecord(encoded.key, encoded.value)).toEqual(record)
    }
    const expiring = { ...value, expireTimestamp: 512, topicId: zeroUuid }
    expect(
      encodeRecord({ kind: 'offset', groupId: 'g', topic: 't', partition: 7, value: expiring }).value!.toString('hex'),
    ).toBe('0001' + '0000000000000005' + '00016d' + '0000000000000100' + '0000000000000200')
    const group = encodeRecord({
      kind: 'group',
      groupId: 'g',
      value: {
        protocolType: 'consumer',
        generation: 3,
        protocol: null,
        leader: null,
        currentStateTimestamp: 256,
        members: [],
      },
    })
    expect(group.key.toString('hex')).toBe('0002000167')
    expect(group.value!.toString('hex')).toBe(
      '0003' + '0008636f6e73756d6572' + '00000003' + 'ffff' + 'ffff' + '0000000000000100' + '00000000',
    )
  })

  it('too large for the topic are refused alone', async () => {
    const world = await GroupWorld.start()
    const huge = new TestMember(world, { groupId: 'huge' })
    await joinAll(world, huge)
    const answers = [huge.sync({ [huge.memberId]: 'x'.repeat(1_100_000) })]
    const small = world.call('offsetCommit', 9, {
      groupId: 's',
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }] }],
    })
    expect((await small).topics[0]!.partitions[0]!.errorCode).toBe(0)
    expect(await Promise.all(answers)).toEqual([-1])
  })
})
