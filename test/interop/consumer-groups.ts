/**
 * Consumer groups of KIP-848 as Apache Kafka's own programs use them: conversations that must be the same as with Apache
 * Kafka, Java consumers that share, come and go, by name, by pattern and as static members, tools that show them, groups
 * that go from one protocol to the other, and a log that Kafka's tools read.
 */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { zeroUuid } from '#core/bytes/uuid.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'
import { consumerGroupHeartbeat } from '#core/wire/api/68-consumer-group-heartbeat.ts'
import {
  type ConsumerGroupDescribeResponse,
  type ConsumerGroupDescribeResponseInput,
  consumerGroupDescribe,
} from '#core/wire/api/69-consumer-group-describe.ts'
import { withBroker } from '../support/broker-under-test.ts'
import type { Check } from '../support/check.ts'
import { coordinatorOver } from '../support/coordinator-over.ts'
import { consumerGroupProperties, consumerGroupScenarios } from '../support/consumer-group-scenarios.ts'
import { fill } from '../support/filled-topic.ts'
import { groupRecordsIn } from '../support/group-records.ts'
import { converse, pause, prepare } from '../support/group-scenarios.ts'
import { runJavaLater } from '../support/java-messages.ts'
import { freePort, kafkaTool, withKafka } from '../support/peers.ts'
import { until } from '../support/until.ts'
import { VerifiableGroup } from '../support/verifiable-group.ts'
import { WireClient } from '../support/wire-client.ts'

const settings = { ...consumerGroupProperties, 'auto.create.topics.enable': 'false' }
/** Java consumers want a little longer than the conversations. */
const patient = {
  ...settings,
  'group.consumer.session.timeout.ms': '10000',
  'group.consumer.max.session.timeout.ms': '60000',
}

const conversations: Check = {
  name: 'consumer groups: every conversation is the one that Apache Kafka has',
  run: async () => {
    const expected: Record<string, string[]> = {}
    const properties = Object.entries(consumerGroupProperties).map(([name, value]) => `${name}=${value}`)
    await withKafka(async (bootstrap) => {
      await prepare(bootstrap)
      for (const name of Object.keys(consumerGroupScenarios)) {
        expected[name] = await converse(bootstrap, name, consumerGroupScenarios)
      }
    }, properties.join(' '))
    await withBroker(settings, async (bootstrap) => {
      await prepare(bootstrap)
      for (const name of Object.keys(consumerGroupScenarios)) {
        assert.deepEqual(await converse(bootstrap, name, consumerGroupScenarios), expected[name], name)
      }
    })
  },
}

const foreignLog: Check = {
  name: 'consumer groups: what Apache Kafka wrote is read as it meant it, and record by record what we write',
  run: async () => {
    const port = await freePort()
    const directory = await mkdtemp(join(tmpdir(), 'millrace-kafka-'))
    const properties = { ...consumerGroupProperties, 'group.consumer.session.timeout.ms': '60000' }
    const props = Object.entries(properties).map(([name, value]) => `${name}=${value}`)
    const env = { KAFKA_HEAP_OPTS: '-Xmx512m -Xms256m', KAFKA_PROPS: props.join(' ') }
    await kafkaTool(['start', String(port), directory], { env })
    let theirs: DescribedGroup[]
    const topicIds = new Map<string, string>()
    try {
      await prepare(`127.0.0.1:${port}`)
      for (const name of written) await converse(`127.0.0.1:${port}`, name, consumerGroupScenarios)
      theirs = await leaveGroups(`127.0.0.1:${port}`, topicIds)
    } finally {
      await kafkaTool(['stop', String(port)])
    }
    const groups = await coordinatorOver(directory, {
      topicId: (name) => topicIds.get(name),
      topicName: (id) => [...topicIds].find(([, each]) => each === id)?.[0],
    })
    const ours = theirs.map(({ groupId }) => groups.consumerGroupDescribe(groupId))
    await groups.close()
    const expected = await groupRecordsIn(directory)
    await rm(directory, { recursive: true, force: true })
    assert.deepEqual(ours.map(comparable), theirs.map(comparable))
    await withBroker({ ...settings, ...properties }, async (bootstrap, { dataDir }) => {
      await prepare(bootstrap)
      for (const name of written) await converse(bootstrap, name, consumerGroupScenarios)
      const found = await groupRecordsIn(dataDir)
      for (const group of ['one', 'share', 'lost', 'static', 'migrates', 'sides']) {
        assert.deepEqual(found.get(group), expected.get(group), group)
      }
    })
  },
}

/** Conversations whose records are compared: their groups are ended by requests and not by time. */
const written = [
  'one member from its first heartbeat to its last',
  'members share, come and go',
  'an answer that got lost',
  'static members',
  'from the classic protocol and back',
  'groups that are empty change sides',
]

type DescribedGroup = ConsumerGroupDescribeResponse['groups'][number]

/** Two groups in the middle of their lives: one with a static member and one that is giving partitions up, one by pattern. */
async function leaveGroups(bootstrap: string, topicIds: Map<string, string>): Promise<DescribedGroup[]> {
  const client = await WireClient.connect(bootstrap)
  const named = { topics: [{ name: 'orders', topicId: zeroUuid }], allowAutoTopicCreation: false }
  for (const { name, topicId } of (await client.call(metadata, 12, named)).topics) topicIds.set(name!, topicId)
  const join = (groupId: string, memberId: string, more: object) =>
    client.call(consumerGroupHeartbeat, 1, {
      groupId,
      memberId,
      memberEpoch: 0,
      rebalanceTimeoutMs: 50_000,
      topicPartitions: [],
      ...more,
    })
  const first = await join('kept', 'a', { subscribedTopicNames: ['orders'], instanceId: 'i', serverAssignor: 'range' })
  await join('kept', 'b', { subscribedTopicNames: ['orders', 'none'], rackId: 'r' })
  const beat = { groupId: 'kept', memberId: 'a', instanceId: 'i', memberEpoch: first.memberEpoch }
  await client.call(consumerGroupHeartbeat, 1, beat)
  await join('pattern', 'c', { subscribedTopicRegex: 'or.*' })
  await pause(1000)
  await client.call(consumerGroupHeartbeat, 1, { groupId: 'pattern', memberId: 'c', memberEpoch: 1 })
  const groupIds = ['kept', 'pattern']
  const { groups } = await client.call(consumerGroupDescribe, 1, { groupIds, includeAuthorizedOperations: false })
  client.close()
  return groupIds.map((groupId) => groups.find((group) => group.groupId === groupId)!)
}

/** A described group without what is not kept, and with what has no order of its own in one. */
const comparable = (group: ConsumerGroupDescribeResponseInput['groups'][number]) => ({
  groupId: group.groupId,
  groupState: group.groupState,
  groupEpoch: group.groupEpoch,
  assignmentEpoch: group.assignmentEpoch,
  assignorName: group.assignorName,
  members: group.members
    .map((each) => ({ ...each, subscribedTopicNames: each.subscribedTopicNames.toSorted() }))
    .toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1)),
})

/** What `ConsumerProtocol.java` read and owned. */
async function consume(bootstrap: string, group: string, instance: string, subscription: string, wanted: number) {
  const [values, owned] = await runJavaLater('ConsumerProtocol.java', [
    bootstrap,
    group,
    instance,
    subscription,
    String(wanted),
  ])
  return { values: JSON.parse(values!) as number[], owned: owned! }
}

const numbers = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i)

const patterns: Check = {
  name: 'consumer groups: Java consumers subscribe by pattern, come back as static members and go on where they were',
  run: () =>
    withBroker(patient, async (bootstrap) => {
      await fill(bootstrap, 'log-a', 2, 20)
      await fill(bootstrap, 'other', 1, 5, 900)
      const first = await consume(bootstrap, 'patterns', 'one', 'log-[a-z]', 20)
      assert.deepEqual(first, { values: numbers(0, 20), owned: '[log-a-0, log-a-1]' })
      await fill(bootstrap, 'log-b', 1, 10, 20)
      const second = await consume(bootstrap, 'patterns', 'one', 'log-[a-z]', 10)
      assert.deepEqual(second, { values: numbers(20, 10), owned: '[log-a-0, log-a-1, log-b-0]' })
    }),
}

const tools: Check = {
  name: 'consumer groups: kafka-consumer-groups and kafka-groups show them; their records are decoded',
  run: () =>
    withBroker(patient, async (bootstrap, broker) => {
      await fill(bootstrap, 'lines', 2, 40)
      const at = ['--bootstrap-server', bootstrap]
      const group = new VerifiableGroup(bootstrap, 'lines', 'shown')
      const groups = (...args: string[]): Promise<string> => kafkaTool(['consumer-groups', ...at, ...args])
      try {
        const one = group.start('consumer')
        const two = group.start('consumer')
        await until('two share', () => one.owned.size === 1 && two.owned.size === 1)
        await until('all is read', () => group.consumedCount >= 40)
        await until('the group is stable', async () => / Stable /.test(await groups('--list', '--state')))
        assert.match(await groups('--describe', '--group', 'shown', '--state'), /shown .*uniform +Stable .* 2/)
        const members = await groups('--describe', '--group', 'shown', '--members', '--verbose')
        assert.equal(members.match(/lines:[01]/g)?.length, 4, members)
        assert.match(await kafkaTool(['groups', ...at, '--list']), /shown +Consumer +consumer/)
        await one.stop()
        await two.stop()
      } finally {
        group.killAll()
      }
      await until('the group is empty', async () => / Empty/.test(await groups('--list', '--state')))
      assert.match(await groups('--describe', '--group', 'shown'), /lines +0 +20 +20 +0/)
      assert.match(await groups('--delete', '--group', 'shown'), /successful/i)
      assert.doesNotMatch(await groups('--list'), /shown/)
      await decodeLog(broker.dataDir)
    }),
}

/** What `kafka-dump-log` makes of all that the coordinator wrote. */
async function decodeLog(dataDir: string): Promise<void> {
  const logs = (await readdir(dataDir, { recursive: true })).filter((name) =>
    /__consumer_offsets-\d+\/\d+\.log$/.test(name),
  )
  const files = logs.map((name) => join(dataDir, name)).join(',')
  const dump = await kafkaTool(['dump-log', '--offsets-decoder', '--deep-iteration', '--files', files])
  for (const type of [3, 5, 6, 7, 8]) assert.match(dump, new RegExp(`"type":"${type}"`), `type ${type}`)
  assert.doesNotMatch(dump, /isvalid: false|corrupt|Error|Exception|unknown/i)
}

const migration: Check = {
  name: 'consumer groups: members of both protocols share one group, which changes its kind; no partition has two owners',
  run: () =>
    withBroker(patient, async (bootstrap) => {
      await fill(bootstrap, 'moves', 6, 600)
      const group = new VerifiableGroup(bootstrap, 'moves', 'moving')
      const kind = async (): Promise<string> =>
        (await kafkaTool(['groups', '--bootstrap-server', bootstrap, '--list'])).match(/moving +(\S+)/)?.[1] ?? ''
      try {
        const old = group.start('classic')
        await until('the classic member has all partitions', () => old.owned.size === 6)
        assert.equal(await kind(), 'Classic')
        const young = group.start('consumer')
        await until('both share', () => old.owned.size === 3 && young.owned.size === 3)
        assert.equal(await kind(), 'Consumer')
        await fill(bootstrap, 'moves', 6, 300, 600)
        await until('all is read', () => group.distinctCount >= 900)
        await young.stop()
        await until('the classic member has all partitions again', () => old.owned.size === 6)
        assert.equal(await kind(), 'Classic')
        await fill(bootstrap, 'moves', 6, 60, 900)
        await until('all is read', () => group.distinctCount >= 960)
        group.assertOneOwnerEach()
        await old.stop()
      } finally {
        group.killAll()
      }
    }),
}

const sharing: Check = {
  name: 'consumer groups: three verifiable consumers come and go; no partition has two owners, no record is missed',
  run: () =>
    withBroker(patient, async (bootstrap) => {
      await fill(bootstrap, 'verified', 6, 600)
      const group = new VerifiableGroup(bootstrap, 'verified', 'verify')
      try {
        const a = group.start('consumer')
        await until('the first one has all partitions', () => a.owned.size === 6)
        const b = group.start('consumer')
        const c = group.start('consumer')
        await until('three share', () => [a, b, c].every((each) => each.owned.size === 2))
        await fill(bootstrap, 'verified', 6, 300, 600)
        await until('all is read', () => group.distinctCount >= 900)
        await b.stop()
        await until('two share', () => a.owned.size === 3 && c.owned.size === 3)
        c.kill()
        await until('the last one has all partitions', () => a.owned.size === 6)
        await fill(bootstrap, 'verified', 6, 60, 900)
        await until('all is read', () => group.distinctCount >= 960)
        group.assertOneOwnerEach()
        await a.stop()
      } finally {
        group.killAll()
      }
    }),
}

export const checks: readonly Check[] = [conversations, foreignLog, sharing, patterns, tools, migration]
