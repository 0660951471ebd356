import { metadata } from '#core/wire/api/03-metadata.ts'
import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import { offsetFetch } from '#core/wire/api/09-offset-fetch.ts'
import { joinGroup } from '#core/wire/api/11-join-group.ts'
import { heartbeat } from '#core/wire/api/12-heartbeat.ts'
import { leaveGroup } from '#core/wire/api/13-leave-group.ts'
import { syncGroup } from '#core/wire/api/14-sync-group.ts'
import { describeGroups } from '#core/wire/api/15-describe-groups.ts'
import { listGroups } from '#core/wire/api/16-list-groups.ts'
import { createTopics } from '#core/wire/api/19-create-topics.ts'
import { createPartitions } from '#core/wire/api/37-create-partitions.ts'
import { deleteGroups } from '#core/wire/api/42-delete-groups.ts'
import { incrementalAlterConfigs } from '#core/wire/api/44-incremental-alter-configs.ts'
import { offsetDelete } from '#core/wire/api/47-offset-delete.ts'
import { consumerGroupDescribe } from '#core/wire/api/69-consumer-group-describe.ts'
import {
  type ConsumerGroupHeartbeatRequestInput,
  consumerGroupHeartbeat,
} from '#core/wire/api/68-consumer-group-heartbeat.ts'
import { streamsGroupHeartbeat } from '#core/wire/api/88-streams-group-heartbeat.ts'
import { streamsGroupDescribe } from '#core/wire/api/89-streams-group-describe.ts'
import { decodeAssignment, encodeAssignment, encodeSubscription } from '#core/wire/embedded/consumer-protocol.ts'
import { type Conversation, pause } from './group-scenarios.ts'
import type { WireClient } from './wire-client.ts'

/** Settings under which the scenarios run, in Apache Kafka and in ours. */
export const consumerGroupProperties = {
  'group.min.session.timeout.ms': '500',
  'group.initial.rebalance.delay.ms': '0',
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.session.timeout.ms': '2500',
  'group.consumer.min.heartbeat.interval.ms': '100',
  'group.consumer.heartbeat.interval.ms': '500',
  'group.consumer.assignment.interval.ms': '0',
} as const

type Beat = Omit<ConsumerGroupHeartbeatRequestInput, 'groupId' | 'memberId' | 'memberEpoch'>
type Owned = NonNullable<ConsumerGroupHeartbeatRequestInput['topicPartitions']>

/** A member of a consumer group in a conversation: it keeps its epoch and what it owns, and says only what it is told to. */
class Speaker {
  epoch = 0
  owned: Owned = []
  readonly talk: Conversation
  readonly client: WireClient
  readonly groupId: string
  readonly memberId: string

  constructor(talk: Conversation, client: WireClient, groupId: string, memberId: string) {
    this.talk = talk
    this.client = client
    this.groupId = groupId
    this.memberId = memberId
  }

  join(request: Beat = {}, note = `${this.memberId} joins`) {
    return this.beat(
      { rebalanceTimeoutMs: 5000, subscribedTopicNames: ['wide'], topicPartitions: [], ...request },
      note,
      0,
    )
  }

  /** A heartbeat; what the answer says of epoch and assignment is kept. */
  async beat(request: Beat = {}, note = this.memberId, epoch = this.epoch) {
    const { groupId, memberId } = this
    const whole = { groupId, memberId, memberEpoch: epoch, ...request }
    const answer = await this.talk.ask(this.client, consumerGroupHeartbeat, 1, whole, note)
    if (answer.errorCode === 0) {
      this.epoch = answer.memberEpoch
      if (answer.assignment !== null) this.owned = answer.assignment.topicPartitions
    }
    return answer
  }

  /** Says that it owns what it was given last. */
  acknowledge(note = `${this.memberId} owns what it has`) {
    return this.beat({ topicPartitions: this.owned }, note)
  }

  leave(note = `${this.memberId} leaves`) {
    return this.beat({}, note, -1)
  }

  async describe(): Promise<void> {
    await this.talk.ask(this.client, consumerGroupDescribe, 1, {
      groupIds: [this.groupId],
      includeAuthorizedOperations: false,
    })
  }
}

async function speakers(talk: Conversation, group: string, ...ids: string[]): Promise<Speaker[]> {
  const groupId = talk.group(group)
  return Promise.all(ids.map(async (id) => new Speaker(talk, await talk.connect(), groupId, id)))
}

/** Makes topics and gives their ids names for the transcript. */
async function topics(talk: Conversation, counts: Readonly<Record<string, number>>): Promise<Record<string, string>> {
  const client = await talk.connect()
  const made = Object.entries(counts).map(([name, numPartitions]) => ({
    name,
    numPartitions,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  }))
  await client.call(createTopics, 7, { topics: made, timeoutMs: 10_000, validateOnly: false })
  const ids: Record<string, string> = {}
  for (let i = 0; i < 100 && Object.keys(ids).length < made.length; i++) {
    const asked = made.map(({ name }) => ({ name, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }))
    const answer = await client.call(metadata, 12, { topics: asked, allowAutoTopicCreation: false })
    for (const { name, topicId, errorCode } of answer.topics) {
      if (errorCode === 0 && name !== null)
        ids[name] = talk.call(topicId, `id-of-${name.replace(/-[a-z0-9]{5,6}$/, '')}`)
    }
    await pause(100)
  }
  await heardOf(client, talk.group('probe'), counts)
  return ids
}

/** Waits until the coordinator knows all partitions of these topics, which may be a moment after clients do. */
async function heardOf(client: WireClient, groupId: string, counts: Readonly<Record<string, number>>): Promise<void> {
  const member = { groupId, memberId: 'probe' }
  const wanted = Object.values(counts).reduce((sum, count) => sum + count, 0)
  for (let i = 0; i < 100; i++) {
    const { assignment } = await client.call(consumerGroupHeartbeat, 1, {
      ...member,
      memberEpoch: 0,
      rebalanceTimeoutMs: 5000,
      subscribedTopicNames: Object.keys(counts),
      topicPartitions: [],
    })
    const known = assignment?.topicPartitions.reduce((sum, { partitions }) => sum + partitions.length, 0)
    await client.call(consumerGroupHeartbeat, 1, { ...member, memberEpoch: -1 })
    if (known === wanted) return
    await pause(100)
  }
  throw new Error(`the coordinator does not hear of ${Object.keys(counts).join(', ')}`)
}

const commit = (groupId: string, memberId: string, epoch: number, partitions: readonly number[]) => ({
  groupId,
  generationIdOrMemberEpoch: epoch,
  memberId,
  topics: [
    {
      name: 'wide',
      partitions: partitions.map((partitionIndex) => ({ partitionIndex, committedOffset: 7, committedMetadata: null })),
    },
  ],
})

/** JoinGroup of a classic consumer that knows one assignor. */
const classicJoin = (groupId: string, memberId: string, owned: Owned = [], instanceId: string | null = null) => ({
  groupId,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 5000,
  memberId,
  groupInstanceId: instanceId,
  protocolType: 'consumer',
  protocols: [
    {
      name: 'range',
      metadata: encodeSubscription({
        topics: ['wide'],
        userData: null,
        ownedPartitions: owned.map(({ partitions }) => ({ topic: 'wide', partitions })),
        generationId: -1,
        rackId: null,
      }),
    },
  ],
})

/** A classic member that leads a stable group alone and has all partitions of the topic. */
async function classicGroup(talk: Conversation, groupId: string, groupInstanceId: string | null = null) {
  const client = await talk.connect()
  const first = await client.call(joinGroup, 9, classicJoin(groupId, '', [], groupInstanceId))
  const memberId = talk.call(first.memberId, 'CLASSIC')
  const join = classicJoin(groupId, memberId, [], groupInstanceId)
  const generationId = first.errorCode === 0 ? first.generationId : (await client.call(joinGroup, 9, join)).generationId
  const all = [{ topic: 'wide', partitions: [0, 1, 2, 3, 4, 5] }]
  const assignment = encodeAssignment({ assignedPartitions: all, userData: null })
  await client.call(syncGroup, 5, {
    groupId,
    generationId,
    memberId,
    groupInstanceId,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [{ memberId, assignment }],
  })
  return { client, memberId, generationId }
}

type Scenario = (talk: Conversation) => Promise<void>

/** The conversations by name. */
export const consumerGroupScenarios: Readonly<Record<string, Scenario>> = {
  'heartbeats that are refused': async (talk) => {
    const client = await talk.connect()
    const groupId = talk.group('refused')
    const join = { groupId, memberId: 'm', memberEpoch: 0, rebalanceTimeoutMs: 1000, subscribedTopicNames: ['wide'] }
    const requests: readonly (readonly [number, ConsumerGroupHeartbeatRequestInput])[] = [
      [1, { ...join, memberId: '', topicPartitions: [] }],
      [0, { groupId, memberId: '', memberEpoch: 3 }],
      [0, { groupId, memberId: '', memberEpoch: -1 }],
      [0, { groupId, memberId: '', memberEpoch: -2, instanceId: 'i' }],
      [1, { ...join, groupId: '', topicPartitions: [] }],
      [1, { ...join, instanceId: '', topicPartitions: [] }],
      [1, { ...join, rackId: ' ', topicPartitions: [] }],
      [1, { ...join, rebalanceTimeoutMs: -1, topicPartitions: [] }],
      [1, { ...join }],
      [1, { ...join, topicPartitions: [{ topicId: 'AAAAAAAAAAAAAAAAAAAABw', partitions: [1] }] }],
      [1, { ...join, subscribedTopicNames: null, topicPartitions: [] }],
      [1, { ...join, memberEpoch: -3 }],
      [1, { ...join, memberEpoch: -2 }],
      [1, { ...join, serverAssignor: 'nobody', topicPartitions: [] }],
      [1, { ...join, subscribedTopicNames: null, subscribedTopicRegex: '(', topicPartitions: [] }],
      [1, { groupId, memberId: 'm', memberEpoch: 1 }],
      [1, { groupId, memberId: 'm', memberEpoch: -1 }],
      [1, { groupId, memberId: 'm', memberEpoch: -2, instanceId: 'i' }],
    ]
    for (const [version, request] of requests) await talk.ask(client, consumerGroupHeartbeat, version, request)
    await talk.ask(client, consumerGroupDescribe, 0, {
      groupIds: [groupId, ''],
      includeAuthorizedOperations: true,
    })
  },

  'one member from its first heartbeat to its last': async (talk) => {
    await topics(talk, { wide: 6 })
    const [m] = await speakers(talk, 'one', 'm')
    const { client, groupId } = m!
    await m!.join()
    await m!.describe()
    await m!.beat()
    await m!.acknowledge()
    await m!.beat({ subscribedTopicNames: ['wide'], topicPartitions: m!.owned, rebalanceTimeoutMs: 5000 }, 'in full')
    await m!.beat({ serverAssignor: 'range' }, 'with another assignor')
    await m!.beat({ rackId: 'r' }, 'in a rack')
    await m!.describe()
    for (const epoch of [0, 9]) await m!.beat({}, `in epoch ${epoch}`, epoch)
    await m!.join({}, 'again')
    for (const version of [5, 6]) await talk.ask(client, describeGroups, version, { groups: [groupId] })
    for (const [epoch, id] of [
      [m!.epoch, 'm'],
      [m!.epoch, 'x'],
      [9, 'm'],
      [-1, ''],
      [-1, 'm'],
    ] as const) {
      await talk.ask(client, offsetCommit, 9, commit(groupId, id, epoch, [0, 9]), `commit of ${id} in ${epoch}`)
      const groups = [{ groupId, memberId: id, memberEpoch: epoch, topics: null }]
      await talk.ask(client, offsetFetch, 9, { groups }, `fetch of ${id} in ${epoch}`)
    }
    await talk.ask(client, offsetCommit, 8, commit(groupId, 'm', m!.epoch, [0]))
    await talk.ask(client, offsetFetch, 8, { groups: [{ groupId, topics: null }] })
    const asked = ['wide', 'none'].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] }))
    await talk.ask(client, offsetDelete, 0, { groupId, topics: asked })
    await talk.ask(client, deleteGroups, 2, { groupsNames: [groupId] })
    await talk.ask(client, heartbeat, 4, { groupId, generationId: m!.epoch, memberId: 'm' })
    await talk.ask(client, syncGroup, 5, {
      groupId,
      generationId: m!.epoch,
      memberId: 'm',
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [],
    })
    await m!.leave()
    await m!.describe()
    await m!.beat()
    await talk.ask(client, offsetDelete, 0, { groupId, topics: asked })
    await talk.ask(client, deleteGroups, 2, { groupsNames: [groupId] })
    await m!.describe()
  },

  'members share, come and go': async (talk) => {
    await topics(talk, { wide: 6 })
    const [a, b, c] = await speakers(talk, 'share', 'a', 'b', 'c')
    await a!.join()
    await b!.join()
    await a!.beat()
    await a!.describe()
    await b!.beat()
    await a!.acknowledge()
    await b!.beat()
    await b!.acknowledge()
    await a!.describe()
    await c!.join()
    for (const each of [a!, b!, a!, b!]) await each.acknowledge()
    await c!.acknowledge()
    await c!.describe()
    await a!.leave()
    for (const each of [b!, c!, b!, c!]) await each.acknowledge()
    await b!.describe()
    await b!.beat({ subscribedTopicNames: [] }, 'b subscribes to nothing')
    for (const each of [c!, b!, c!]) await each.acknowledge()
    await b!.describe()
  },

  'an answer that got lost': async (talk) => {
    await topics(talk, { wide: 6 })
    const [a, b] = await speakers(talk, 'lost', 'a', 'b')
    await a!.join()
    const { epoch, owned } = a!
    await b!.join()
    await a!.beat()
    await a!.acknowledge()
    const late = a!.epoch
    await a!.beat({ topicPartitions: a!.owned }, 'with the epoch before', epoch)
    a!.epoch = epoch
    await a!.beat({ topicPartitions: owned }, 'with the epoch before and more than it has')
    await a!.beat({}, 'with the epoch before and no word of what it has')
    a!.epoch = late
    await a!.beat()
    const { client, groupId } = a!
    for (const partition of [0, 5]) {
      await talk.ask(
        client,
        offsetCommit,
        9,
        commit(groupId, 'a', epoch, [partition]),
        'a commit with the epoch before',
      )
    }
  },

  'static members': async (talk) => {
    await topics(talk, { wide: 6 })
    const [a, b, c] = await speakers(talk, 'static', 'a', 'b', 'c')
    await a!.join({ instanceId: 'i' })
    await c!.join()
    await a!.beat({ instanceId: 'i' })
    await a!.beat({ instanceId: 'i', topicPartitions: a!.owned }, 'a gives up')
    await c!.beat()
    await b!.join({ instanceId: 'i' }, 'b joins while a is there')
    await a!.beat({ instanceId: 'i' }, 'a goes for a while', -2)
    await a!.describe()
    await c!.beat()
    await b!.join({ instanceId: 'i' }, 'b joins in the place of a')
    await b!.describe()
    await a!.beat({ instanceId: 'i' }, 'a is back', 2)
    await a!.beat({ instanceId: 'i' }, 'a goes', -1)
    await a!.beat({ instanceId: 'j' }, 'a goes as another one', -2)
    await b!.beat({ instanceId: 'i' })
    await b!.beat({ instanceId: 'i' }, 'b goes for good', -1)
    await c!.beat()
    await c!.describe()
  },

  'sessions and rebalances that take too long': async (talk) => {
    await topics(talk, { wide: 6 })
    const [a, b] = await speakers(talk, 'silent', 'a', 'b')
    await a!.join({ rebalanceTimeoutMs: 1500 })
    await b!.join()
    await a!.beat({}, 'a is to give up')
    for (let i = 0; i < 5; i++) {
      await pause(500)
      if (i < 2) await a!.beat({}, 'a does not')
      await b!.beat()
    }
    await a!.beat({}, 'a is out')
    await b!.acknowledge()
    await b!.acknowledge()
    await pause(3500)
    await b!.beat({}, 'b was silent')
    await b!.describe()
  },

  'regular expressions': async (talk) => {
    await topics(talk, { 'log-a': 2 })
    const [a, b] = await speakers(talk, 'patterns', 'a', 'b')
    const regex = { subscribedTopicNames: null, subscribedTopicRegex: 'log-[ab]' }
    await a!.join(regex)
    await pause(500)
    await a!.beat()
    await a!.describe()
    await b!.join(regex, 'b joins with the same')
    await a!.acknowledge()
    await a!.acknowledge()
    await b!.beat()
    await a!.beat({ subscribedTopicRegex: '[' }, 'a says nonsense')
    await b!.beat({ subscribedTopicRegex: '', subscribedTopicNames: ['log-a'] }, 'b goes on by name')
    await a!.leave()
    await b!.acknowledge()
    await b!.acknowledge()
    await b!.describe()
  },

  'a topic that grows': async (talk) => {
    const [grows, comes] = [talk.group('grows'), talk.group('comes')]
    await topics(talk, { [grows]: 1 })
    const [a] = await speakers(talk, 'grows', 'a')
    await a!.join({ subscribedTopicNames: [grows, comes] })
    const topicsToGrow = [{ name: grows, count: 3, assignments: null }]
    await a!.client.call(createPartitions, 3, { topics: topicsToGrow, timeoutMs: 10_000, validateOnly: false })
    await heardOf(a!.client, talk.group('probe'), { [grows]: 3 })
    await a!.acknowledge()
    await topics(talk, { [comes]: 1 })
    await a!.acknowledge()
    await a!.describe()
  },

  'from the classic protocol and back': async (talk) => {
    await topics(talk, { wide: 6 })
    const groupId = talk.group('migrates')
    const classic = await classicGroup(talk, groupId)
    const [a] = await speakers(talk, 'migrates', 'a')
    await a!.join()
    await a!.describe()
    const beat = async (note: string): Promise<void> => {
      const { memberId, client, generationId } = classic
      await talk.ask(client, heartbeat, 4, { groupId, generationId, memberId }, note)
    }
    const rejoin = async (owned: readonly number[]): Promise<void> => {
      const { memberId, client } = classic
      const mine = [{ topicId: '', partitions: [...owned] }]
      const answer = await talk.ask(client, joinGroup, 9, classicJoin(groupId, memberId, mine))
      if (answer.errorCode === 0) classic.generationId = answer.generationId
      const agreed = { protocolType: 'consumer', protocolName: 'range', assignments: [] }
      const { generationId } = classic
      const synced = await client.call(syncGroup, 5, { groupId, generationId, memberId, ...agreed })
      const { assignedPartitions } = decodeAssignment(synced.assignment)
      talk.note(`sync -> ${synced.errorCode} ${JSON.stringify(assignedPartitions)}`)
    }
    await beat('the classic member is told to join')
    await rejoin([0, 1, 2, 3, 4, 5])
    await beat('it is to give partitions up')
    await rejoin([0, 1, 2])
    await beat('it has what it is to have')
    await a!.beat()
    await a!.acknowledge()
    await a!.describe()
    for (const version of [5, 6]) await talk.ask(a!.client, describeGroups, version, { groups: [groupId] })
    const listed = await a!.client.call(listGroups, 5, {})
    talk.note(talk.print(listed.groups.filter((group) => group.groupId === groupId)))
    const { client, memberId } = classic
    await talk.ask(client, offsetCommit, 9, commit(groupId, memberId, classic.generationId, [1]))
    await talk.ask(client, offsetCommit, 9, commit(groupId, memberId, 99, [1]))
    await a!.leave()
    await beat('the group is a classic one again')
    await talk.ask(client, describeGroups, 6, { groups: [groupId] })
    await a!.describe()
    await talk.ask(client, leaveGroup, 5, { groupId, members: [{ memberId, groupInstanceId: null }] })
  },

  'a classic consumer joins a consumer group': async (talk) => {
    await topics(talk, { wide: 6 })
    const [a] = await speakers(talk, 'joined', 'a')
    const { groupId } = a!
    await a!.join()
    const client = await talk.connect()
    const first = await client.call(joinGroup, 9, classicJoin(groupId, ''))
    talk.note(`first join -> ${first.errorCode}`)
    const memberId = talk.call(first.memberId, 'CLASSIC')
    const second = await talk.ask(client, joinGroup, 9, classicJoin(groupId, memberId))
    await talk.ask(client, joinGroup, 9, { ...classicJoin(groupId, ''), protocolType: 'connect' })
    await talk.ask(client, joinGroup, 9, {
      ...classicJoin(groupId, ''),
      protocols: [{ name: 'other', metadata: Buffer.alloc(0) }],
    })
    const agreed = { protocolType: 'consumer', protocolName: 'range', assignments: [] }
    const { generationId } = second
    for (const request of [
      { ...agreed, generationId },
      { ...agreed, generationId: 77 },
      { ...agreed, generationId, protocolName: 'sticky' },
    ]) {
      const answer = await client.call(syncGroup, 5, { groupId, memberId, ...request })
      talk.note(`sync -> ${answer.errorCode} ${JSON.stringify(decodeAssignment(answer.assignment).assignedPartitions)}`)
    }
    await talk.ask(client, heartbeat, 4, { groupId, generationId, memberId })
    await a!.beat()
    await a!.acknowledge()
    await talk.ask(client, heartbeat, 4, { groupId, generationId, memberId }, 'what it is to have is free')
    await a!.describe()
    const members = [
      { memberId: 'ghost', groupInstanceId: null },
      { memberId, groupInstanceId: null },
    ]
    await talk.ask(client, leaveGroup, 5, { groupId, members })
    await a!.beat()
    await a!.describe()
  },

  'groups that are empty change sides': async (talk) => {
    await topics(talk, { wide: 6 })
    const groupId = talk.group('sides')
    const classic = await classicGroup(talk, groupId)
    const members = [{ memberId: classic.memberId, groupInstanceId: null }]
    await classic.client.call(leaveGroup, 5, { groupId, members })
    const [a] = await speakers(talk, 'sides', 'a')
    await a!.join()
    await a!.leave()
    await a!.describe()
    const answer = await classic.client.call(joinGroup, 9, classicJoin(groupId, ''))
    talk.note(`join -> ${answer.errorCode}`)
    await talk.ask(classic.client, describeGroups, 6, { groups: [groupId] })
    await a!.describe()
  },

  'the settings of one group': async (talk) => {
    await topics(talk, { wide: 6 })
    const [a, b] = await speakers(talk, 'settings', 'a', 'b')
    const change = (name: string, value: string) => ({ name, configOperation: 0, value })
    const configs = [
      change('consumer.heartbeat.interval.ms', '700'),
      change('consumer.session.timeout.ms', '20000'),
      change('consumer.assignment.interval.ms', '2000'),
    ]
    const resources = [{ resourceType: 32, resourceName: a!.groupId, configs }]
    await talk.ask(a!.client, incrementalAlterConfigs, 1, { resources, validateOnly: false })
    await pause(500)
    await a!.join()
    await b!.join()
    for (const each of [a!, b!]) await each.acknowledge()
    await a!.describe()
    await pause(2200)
    for (const each of [a!, b!, a!, b!]) await each.acknowledge()
    await a!.describe()
  },

  'static members that change their protocol': async (talk) => {
    await topics(talk, { wide: 6 })
    const groupId = talk.group('turncoat')
    const classic = await classicGroup(talk, groupId, 'i')
    const [a] = await speakers(talk, 'turncoat', 'a')
    await a!.join({ instanceId: 'i' })
    await a!.describe()
    const { client, generationId, memberId } = classic
    await talk.ask(client, heartbeat, 4, { groupId, generationId, memberId, groupInstanceId: 'i' })
    const joined = await client.call(joinGroup, 9, classicJoin(groupId, '', [], 'i'))
    talk.call(joined.memberId, 'CLASSIC AGAIN')
    talk.note(talk.print({ ...joined, members: joined.members.map((each) => each.memberId) }))
    await a!.beat({ instanceId: 'i' })
    for (const version of [5, 6]) await talk.ask(client, describeGroups, version, { groups: [groupId] })
    await a!.describe()
  },

  'a classic group in the middle of its rebalance': async (talk) => {
    await topics(talk, { wide: 6 })
    const groupId = talk.group('middle')
    const classic = await classicGroup(talk, groupId)
    const other = await talk.connect()
    const first = await other.call(joinGroup, 9, classicJoin(groupId, ''))
    const waiting = other.call(joinGroup, 9, classicJoin(groupId, first.memberId))
    await pause(200)
    const [a] = await speakers(talk, 'middle', 'a')
    await a!.join()
    const answer = await waiting
    talk.note(`the one who waits -> ${answer.errorCode}`)
    const { memberId, generationId } = classic
    await talk.ask(classic.client, heartbeat, 4, { groupId, memberId, generationId })
    await a!.leave()
  },

  'ids of groups of another kind': async (talk) => {
    await topics(talk, { wide: 6 })
    const groupId = talk.group('other')
    const client = await talk.connect()
    const topology = {
      epoch: 1,
      subtopologies: [
        {
          subtopologyId: '0',
          sourceTopics: ['wide'],
          sourceTopicRegex: [],
          stateChangelogTopics: [],
          repartitionSinkTopics: [],
          repartitionSourceTopics: [],
          copartitionGroups: [],
        },
      ],
    }
    await client.call(streamsGroupHeartbeat, 0, {
      groupId,
      memberId: 's',
      memberEpoch: 0,
      endpointInformationEpoch: 0,
      rebalanceTimeoutMs: 5000,
      topology,
      activeTasks: [],
      standbyTasks: [],
      warmupTasks: [],
      processId: 'p',
      userEndpoint: null,
      clientTags: [],
      shutdownApplication: false,
    })
    const [a] = await speakers(talk, 'other', 'a')
    await a!.join()
    await a!.beat({}, 'as a member', 1)
    await a!.leave()
    await a!.describe()
    await talk.ask(client, joinGroup, 9, classicJoin(groupId, ''))
    await talk.ask(client, heartbeat, 4, { groupId, generationId: 1, memberId: 's' })
    const members = [{ memberId: 's', groupInstanceId: null }]
    await talk.ask(client, leaveGroup, 5, { groupId, members })
    await talk.ask(client, syncGroup, 5, {
      groupId,
      generationId: 1,
      memberId: 's',
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [],
    })
    await talk.ask(client, describeGroups, 6, { groups: [groupId] })
    await talk.ask(client, deleteGroups, 2, { groupsNames: [groupId] })
    const [c] = await speakers(talk, 'mine', 'c')
    await c!.join()
    const described = { groupIds: [c!.groupId], includeAuthorizedOperations: false }
    await talk.ask(client, streamsGroupDescribe, 0, described)
  },
}
