import { describe, expect, it } from 'vitest'

import { addAcls, listAcls, removeAcls } from '../../../broker/commands/acls.ts'
import { alterConfigs, describeConfigs } from '../../../broker/commands/configs.ts'
import { deleteGroups, describeGroups, listGroups, resetOffsets } from '../../../broker/commands/groups.ts'
import { describeLogDirs } from '../../../broker/commands/log-dirs.ts'
import { createTopics, deleteTopics, describeTopics, growTopics, listTopics } from '../../../broker/commands/topics.ts'
import { createClient } from '#core/client/lean-client.ts'
import type { Broker } from '../../../broker/start.ts'
import { json, ran, rows } from '../../support/command-line.ts'
import { memoryBroker, produceValues, wireClient } from '../../support/memory-broker.ts'

async function topicsOn(broker: Broker, ...names: string[]): Promise<void> {
  await ran(broker, (session) => createTopics(session, names, { partitions: 2, configs: {} }))
}

async function committed(broker: Broker, group: string, topic: string, offset: number): Promise<void> {
  const client = createClient({ bootstrapServers: broker.bootstrapServers })
  await client.admin().alterGroupOffsets(group, [{ topic, partition: 0, offset }])
  await client.close()
}

describe('millrace topics', () => {
  it('lists topics, internal ones only when asked', async () => {
    const broker = await memoryBroker()
    await topicsOn(broker, 'a', 'b')
    await committed(broker, 'g', 'a', 0)
    expect(rows((await ran(broker, (session) => listTopics(session, {}))).out)).toEqual([
      { TOPIC: 'a', PARTITIONS: '2', REPLICAS: '1' },
      { TOPIC: 'b', PARTITIONS: '2', REPLICAS: '1' },
    ])
    const all = await json<{ name: string; internal: boolean }[]>(broker, (session) =>
      listTopics(session, { internal: true }),
    )
    expect(all.filter(({ internal }) => internal).map(({ name }) => name)).toEqual(['__consumer_offsets'])
  })

  it('describes offsets and the settings that were made', async () => {
    const broker = await memoryBroker()
    await ran(broker, (session) => createTopics(session, ['a'], { partitions: 2, configs: { 'retention.ms': '5000' } }))
    await produceValues(await wireClient(broker), 'a', ['x', 'y', 'z'])
    const [topic] = await json<Record<string, unknown>[]>(broker, (session) => describeTopics(session, ['a']))
    expect(topic).toMatchObject({
      name: 'a',
      configs: { 'retention.ms': '5000' },
      partitions: [
        { partition: 0, leader: 1, replicas: [1], isr: [1], firstOffset: 0, endOffset: 3 },
        { partition: 1, firstOffset: 0, endOffset: 0 },
      ],
    })
    const { out } = await ran(broker, (session) => describeTopics(session, ['a']))
    expect(out).toMatch(/^a {2}id \S{22} {2}3 offsets {2}retention.ms=5000\n/)
    await expect(ran(broker, (session) => describeTopics(session, ['a', 'b']))).rejects.toThrow('there is no topic "b"')
  })

  it('creates, grows and deletes', async () => {
    const broker = await memoryBroker()
    await topicsOn(broker, 'a')
    await expect(topicsOn(broker, 'a')).rejects.toThrow('TOPIC_ALREADY_EXISTS')
    const again = await ran(broker, (session) => createTopics(session, ['a', 'b'], { configs: {}, ifNotExists: true }))
    expect(again.remarks).toEqual(['a is there already', 'created b'])
    await ran(broker, (session) => growTopics(session, ['a'], 5))
    expect(await json(broker, (session) => listTopics(session, {}))).toMatchObject([
      { name: 'a', partitions: 5 },
      { name: 'b', partitions: 1 },
    ])
    await expect(ran(broker, (session) => deleteTopics(session, ['c'], {}))).rejects.toThrow('there is no topic "c"')
    await ran(broker, (session) => deleteTopics(session, ['a', 'c'], { ifExists: true }))
    expect(await json(broker, (session) => listTopics(session, {}))).toMatchObject([{ name: 'b' }])
  })
})

describe('millrace groups', () => {
  it('shows lag and who reads', async () => {
    const broker = await memoryBroker()
    await topicsOn(broker, 'a')
    await produceValues(await wireClient(broker), 'a', ['x', 'y', 'z'])
    await committed(broker, 'g', 'a', 1)
    expect(rows((await ran(broker, listGroups)).out)).toMatchObject([{ GROUP: 'g', TYPE: 'classic', STATE: 'Empty' }])
    const [described] = await json<Record<string, unknown>[]>(broker, (session) => describeGroups(session, ['g']))
    expect(described).toMatchObject({
      groupId: 'g',
      state: 'Empty',
      members: [],
      progress: [{ topic: 'a', partition: 0, committed: 1, end: 3, lag: 2, memberId: null }],
    })

    const client = createClient({ bootstrapServers: broker.bootstrapServers, clientId: 'reader' })
    const consumer = client.consumer({ groupId: 'g' })
    consumer.subscribe(['a'])
    while (consumer.assignment.length < 2) await consumer.poll(100)
    const { out } = await ran(broker, (session) => describeGroups(session, ['g']))
    expect(out).toMatch(/^g {2}classic {2}Stable {2}1 members {2}assignor range {2}lag 2\n/)
    expect(out.match(/reader {2}\/127\.0\.0\.1/g)).toHaveLength(2)
    await expect(
      ran(broker, (session) => resetOffsets(session, 'g', { topics: [], target: { to: 'earliest' } })),
    ).rejects.toThrow('group "g" has 1 members and state Stable')
    await client.close()

    await ran(broker, (session) => deleteGroups(session, ['g']))
    await expect(ran(broker, (session) => describeGroups(session, ['g']))).rejects.toThrow('there is no group "g"')
  })

  it('moves offsets only when told to, and never out of the log', async () => {
    const broker = await memoryBroker()
    await topicsOn(broker, 'a')
    await produceValues(await wireClient(broker), 'a', ['x', 'y', 'z'])
    await committed(broker, 'g', 'a', 1)
    const reset = async (target: Parameters<typeof resetOffsets>[2]['target'], execute = false) => {
      const options = { topics: [], target, execute }
      const [move] = await json<{ before: number; after: number }[]>(broker, (session) =>
        resetOffsets(session, 'g', options),
      )
      return [move!.before, move!.after]
    }
    expect(await reset({ to: 'latest' })).toEqual([1, 3])
    expect(await reset({ to: 'offset', offset: 2 }, true)).toEqual([1, 2])
    expect(await reset({ to: 'shift', by: -5 }, true)).toEqual([2, 0])
    expect(await reset({ to: 'shift', by: 50 })).toEqual([0, 3])
    expect(await reset({ to: 'time', timeMs: 0 })).toEqual([0, 0])
    expect(await reset({ to: 'time', timeMs: Date.now() })).toEqual([0, 3])
    const whole = await json(broker, (session) =>
      resetOffsets(session, 'new', { topics: ['a'], target: { to: 'latest' } }),
    )
    expect(whole).toEqual([
      { topic: 'a', partition: 0, before: null, after: 3 },
      { topic: 'a', partition: 1, before: null, after: 0 },
    ])
  })
})

describe('millrace configs', () => {
  it('shows what is not at its default, sets and unsets', async () => {
    const broker = await memoryBroker()
    await topicsOn(broker, 'a')
    const topic = { type: 'topic', name: 'a' } as const
    const made = () =>
      json<{ name: string; value: string; source: string }[]>(broker, (session) => describeConfigs(session, topic, {}))
    expect(await made()).toEqual([])
    await ran(broker, (session) => alterConfigs(session, topic, { 'retention.ms': '7000' }))
    expect(await made()).toMatchObject([{ name: 'retention.ms', value: '7000', source: 'topic' }])
    await ran(broker, (session) => alterConfigs(session, topic, { 'retention.ms': null }))
    expect(await made()).toEqual([])
    await expect(ran(broker, (session) => alterConfigs(session, topic, { 'retention.ms': 'x' }))).rejects.toThrow(
      'retention.ms',
    )
  })
})

describe('millrace acls', () => {
  it('adds, lists and removes entries', async () => {
    const broker = await memoryBroker({
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    })
    const alice = { principal: 'User:alice', topic: 'orders-', prefixed: true }
    await ran(broker, (session) => addAcls(session, { ...alice, operation: ['read', 'describe-configs'] }))
    await ran(broker, (session) =>
      addAcls(session, { principal: 'User:bob', cluster: true, operation: ['all'], deny: true }),
    )
    expect(rows((await ran(broker, (session) => listAcls(session, { principal: 'User:alice' }))).out)).toMatchObject([
      { OPERATION: 'DESCRIBE_CONFIGS', PERMISSION: 'ALLOW', PATTERN: 'PREFIXED', NAME: 'orders-', HOST: '*' },
      { OPERATION: 'READ' },
    ])
    const removed = await json<unknown[]>(broker, (session) => removeAcls(session, { ...alice, operation: ['read'] }))
    expect(removed).toMatchObject([{ principal: 'User:alice', operation: 'READ' }])
    const left = await json<unknown[]>(broker, (session) => listAcls(session, {}))
    expect(left).toMatchObject([
      { principal: 'User:bob', operation: 'ALL', permission: 'DENY', resourceName: 'kafka-cluster' },
      { principal: 'User:alice', operation: 'DESCRIBE_CONFIGS' },
    ])
    await expect(ran(broker, (session) => removeAcls(session, {}))).rejects.toThrow('acls remove needs')
    await expect(ran(broker, (session) => addAcls(session, { topic: 'a' }))).rejects.toThrow('acls add needs')
    await expect(ran(broker, (session) => addAcls(session, { ...alice, operation: ['fly'] }))).rejects.toThrow(
      '--operation "fly" is not one of ALL, READ',
    )
  })
})

describe('millrace log-dirs', () => {
  it('shows the size of what a topic has', async () => {
    const broker = await memoryBroker()
    await topicsOn(broker, 'a', 'b')
    await produceValues(await wireClient(broker), 'a', ['x'.repeat(5000)])
    type Directory = { broker: number; replicas: { topic: string; partition: number; sizeBytes: number }[] }
    const [directory] = await json<Directory[]>(broker, (session) => describeLogDirs(session, { topics: ['a'] }))
    expect(directory!.replicas.map(({ topic, partition }) => [topic, partition])).toEqual([
      ['a', 0],
      ['a', 1],
    ])
    expect(directory!.replicas[0]!.sizeBytes).toBeGreaterThan(5000)
    expect((await ran(broker, (session) => describeLogDirs(session, { topics: [] }))).out).toMatch(/a +0 +[45]\.\d KiB/)
  })
})
