import { createTopics } from '#core/wire/api/19-create-topics.ts'
import { deleteGroups } from '#core/wire/api/42-delete-groups.ts'
import { describeGroups } from '#core/wire/api/15-describe-groups.ts'
import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { heartbeat } from '#core/wire/api/12-heartbeat.ts'
import { joinGroup } from '#core/wire/api/11-join-group.ts'
import { leaveGroup } from '#core/wire/api/13-leave-group.ts'
import { listGroups } from '#core/wire/api/16-list-groups.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'
import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import { offsetDelete } from '#core/wire/api/47-offset-delete.ts'
import { offsetFetch } from '#core/wire/api/09-offset-fetch.ts'
import { syncGroup } from '#core/wire/api/14-sync-group.ts'
import { consumerProtocolSubscription } from '#core/wire/embedded/consumer-protocol.ts'
import { errorName } from '#core/wire/errors.ts'
import type { Api, Encodable, Fields } from '#core/wire/schema.ts'
import { encodeStored } from '#core/wire/stored/stored.ts'
import { WireClient } from './wire-client.ts'

/**
 * Conversations with a group coordinator, frame by frame. Run against Apache Kafka and against ours they must give the
 * same transcript: it holds every field of every answer, with ids that differ from run to run replaced by names.
 */
export class Conversation {
  readonly transcript: string[] = []
  readonly #bootstrap: string
  readonly #clients: WireClient[] = []
  readonly #names = new Map<string, string>()
  readonly #tag = `-${Math.random().toString(36).slice(2, 8)}`

  constructor(bootstrap: string) {
    this.#bootstrap = bootstrap
  }

  /** Gives an id a name for the transcript. */
  call(id: string, name: string): string {
    this.#names.set(id, name)
    return id
  }

  /** The id of a group that no earlier conversation knew; the transcript shows it as it is given here. */
  group(name: string): string {
    return name + this.#tag
  }

  /** A connection of its own for somebody whose requests may wait. */
  async connect(): Promise<WireClient> {
    const client = await WireClient.connect(this.#bootstrap)
    this.#clients.push(client)
    return client
  }

  /** Sends a request and writes the answer down. */
  async ask<Q extends Fields, R extends Fields>(
    client: WireClient,
    api: Api<Q, R>,
    version: number,
    request: Encodable<Api<Q, R>['request']>,
    note = '',
  ) {
    // In the order of the questions: who is answered first of two that wait together is chance.
    const at = this.transcript.push('') - 1
    const answer = await client.call(api, version, request)
    this.transcript[at] = `${note === '' ? '' : `${note}: `}${api.name} v${version} -> ${this.print(answer)}`
    return answer
  }

  note(text: string): void {
    this.transcript.push(`-- ${text}`)
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  /** What the transcript shows of an answer. */
  print(answer: unknown): string {
    const text = JSON.stringify(answer, (key, value) => {
      if (key === 'errorCode') return value === 0 ? 0 : errorName(value as number)
      if (key === 'throttleTimeMs') return undefined
      // What is said about an error is in each one's own words.
      if (key === 'errorMessage') return value === null ? null : 'a text'
      if (key === 'subscribedTopicNames' && Array.isArray(value)) return (value as string[]).toSorted()
      if (key === 'topicPartitions' && Array.isArray(value))
        return sorted(value, (each: { topicId: string }) => this.#names.get(each.topicId) ?? each.topicId)
      // Kafka keeps what it asks about in tables of its own order.
      if (key === 'topics' && Array.isArray(value))
        return sorted(
          value,
          (topic: { name: string; topicId: string }) =>
            `${topic.name} ${this.#names.get(topic.topicId) ?? topic.topicId}`,
        )
      if (key === 'partitions' && Array.isArray(value))
        return sorted(value, (each: { partitionIndex: number } | number) =>
          String(typeof each === 'number' ? each : each.partitionIndex),
        )
      if (key === 'members' && Array.isArray(value)) {
        return sorted(value, (each: { memberId: string }) => this.#names.get(each.memberId) ?? each.memberId)
      }
      if ((key === 'results' || key === 'groups') && Array.isArray(value))
        return sorted(value, (each: { groupId: string }) => each.groupId)
      const bytes = value as { type?: string; data?: number[] } | null
      return bytes?.type === 'Buffer' ? Buffer.from(bytes.data!).toString('latin1') : value
    })
    let printed = text.replaceAll(this.#tag, '')
    for (const [id, name] of this.#names) printed = printed.replaceAll(id, name)
    return printed
  }
}

const sorted = <T>(items: readonly T[], by: (item: T) => string): T[] =>
  items.toSorted((a, b) => (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0))
const range = { protocolType: 'consumer', protocolName: 'range' }
const subscription = (...topics: string[]): Buffer =>
  encodeStored(consumerProtocolSubscription, 1, { topics, userData: null })
export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

interface JoinOptions {
  readonly groupId: string
  readonly memberId?: string
  readonly groupInstanceId?: string | null
  readonly protocols?: readonly string[]
  readonly protocolType?: string
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  readonly topics?: readonly string[]
}

const joinRequest = (options: JoinOptions) => ({
  groupId: options.groupId,
  sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
  rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 5_000,
  memberId: options.memberId ?? '',
  groupInstanceId: options.groupInstanceId ?? null,
  protocolType: options.protocolType ?? 'consumer',
  protocols: (options.protocols ?? ['range']).map((name) => ({
    name,
    metadata: subscription(...(options.topics ?? ['orders'])),
  })),
})

const commit = (
  groupId: string,
  generation: number,
  memberId: string,
  partitions: readonly [string, number, number, string | null][],
) => ({
  groupId,
  generationIdOrMemberEpoch: generation,
  memberId,
  topics: partitions.map(([name, partitionIndex, committedOffset, committedMetadata]) => ({
    name,
    partitions: [{ partitionIndex, committedOffset, committedMetadata }],
  })),
})

/** Makes the topics that the scenarios use and waits until the coordinator answers. */
export async function prepare(bootstrap: string): Promise<void> {
  const client = await WireClient.connect(bootstrap)
  const topics = ['orders', 'users'].map((name) => ({
    name,
    numPartitions: 2,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  }))
  await client.call(createTopics, 5, { topics, timeoutMs: 10_000, validateOnly: false })
  for (let i = 0; i < 200; i++) {
    const { coordinators } = await client.call(findCoordinator, 4, { keyType: 0, coordinatorKeys: ['any'] })
    const listed = await client.call(listGroups, 4, { statesFilter: [] })
    const beat = await client.call(heartbeat, 3, { groupId: 'any', generationId: 1, memberId: 'm' })
    if (coordinators[0]!.errorCode === 0 && listed.errorCode === 0 && beat.errorCode === 25) return client.close()
    await pause(100)
  }
  throw new Error('no coordinator comes up')
}

type Scenario = (talk: Conversation) => Promise<void>

async function newMember(
  talk: Conversation,
  client: WireClient,
  name: string,
  options: JoinOptions,
  version = 5,
): Promise<string> {
  const { memberId } = await client.call(joinGroup, version, joinRequest(options))
  return talk.call(memberId, name)
}

/** One member in a stable group, of generation 1. */
async function stableGroup(talk: Conversation, groupId: string, name: string, options: Partial<JoinOptions> = {}) {
  const client = await talk.connect()
  const memberId = await newMember(talk, client, name, { groupId, ...options })
  await client.call(joinGroup, 5, joinRequest({ groupId, memberId, ...options }))
  const assignments = [{ memberId, assignment: Buffer.from(`for ${name}`) }]
  await client.call(syncGroup, 3, { groupId, generationId: 1, memberId, assignments })
  return { client, memberId }
}

/** The conversations by name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  'a group that is not there': async (talk) => {
    const client = await talk.connect()
    const groupId = talk.group('nobody')
    for (const id of [groupId, '']) {
      await talk.ask(client, heartbeat, 4, { groupId: id, generationId: 1, memberId: 'm' })
      await talk.ask(client, syncGroup, 5, { ...range, groupId: id, generationId: 1, memberId: 'm', assignments: [] })
      await talk.ask(client, syncGroup, 5, { groupId: id, generationId: 1, memberId: 'm', assignments: [] })
      for (const memberId of ['', 'm']) {
        await talk.ask(client, leaveGroup, 2, { groupId: id, memberId })
        await talk.ask(client, leaveGroup, 5, { groupId: id, members: [{ memberId, groupInstanceId: 'i' }] })
      }
      await talk.ask(client, joinGroup, 9, joinRequest({ groupId: id, memberId: 'm' }))
      for (const version of [0, 2, 5, 6]) await talk.ask(client, describeGroups, version, { groups: [id] })
      await talk.ask(client, deleteGroups, 2, { groupsNames: [id] })
      const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }]
      await talk.ask(client, offsetDelete, 0, { groupId: id, topics })
      const asked = [
        { name: 'orders', partitionIndexes: [0, 9] },
        { name: 'none', partitionIndexes: [0] },
      ]
      for (const version of [1, 2, 5, 7]) await talk.ask(client, offsetFetch, version, { groupId: id, topics: asked })
      await talk.ask(client, offsetFetch, 7, { groupId: id, topics: null })
      await talk.ask(client, offsetFetch, 9, {
        groups: [
          { groupId: id, topics: asked },
          { groupId: 'other', topics: null },
        ],
      })
      for (const version of [2, 8, 9])
        await talk.ask(client, offsetCommit, version, commit(id, 1, 'm', [['orders', 0, 1, null]]))
    }
  },

  'joins that are refused': async (talk) => {
    const client = await talk.connect()
    const groupId = talk.group('refused')
    await talk.ask(client, joinGroup, 9, joinRequest({ groupId: '' }))
    await talk.ask(client, joinGroup, 9, joinRequest({ groupId, sessionTimeoutMs: 10 }))
    await talk.ask(client, joinGroup, 9, joinRequest({ groupId, sessionTimeoutMs: 100_000_000 }))
    await talk.ask(client, joinGroup, 9, joinRequest({ groupId, protocols: [] }))
    await talk.ask(client, joinGroup, 9, joinRequest({ groupId, protocolType: '' }))
    await talk.ask(client, joinGroup, 9, joinRequest({ groupId, memberId: 'ghost' }))
    await talk.ask(client, joinGroup, 9, joinRequest({ groupId, memberId: 'ghost', groupInstanceId: 'i' }))
    await stableGroup(talk, groupId, 'first')
    await talk.ask(client, joinGroup, 9, joinRequest({ groupId, protocols: ['other'] }))
    await talk.ask(client, joinGroup, 6, joinRequest({ groupId, protocolType: 'connect' }))
    await talk.ask(client, joinGroup, 6, joinRequest({ groupId, memberId: 'ghost' }))
  },

  'one member from its first request to its last': async (talk) => {
    const client = await talk.connect()
    const groupId = talk.group('one')
    const memberId = await newMember(talk, client, 'M', { groupId })
    await talk.ask(client, describeGroups, 5, { groups: [groupId] })
    await talk.ask(client, joinGroup, 9, joinRequest({ groupId, memberId, protocols: ['range', 'sticky'] }))
    await talk.ask(client, describeGroups, 5, { groups: [groupId] })
    await talk.ask(client, heartbeat, 4, { groupId, generationId: 1, memberId })
    await talk.ask(client, heartbeat, 4, { groupId, generationId: 2, memberId })
    await talk.ask(client, offsetCommit, 9, commit(groupId, 1, memberId, [['orders', 0, 5, 'early']]))
    await talk.ask(
      client,
      joinGroup,
      9,
      joinRequest({ groupId, memberId, protocols: ['range', 'sticky'] }),
      'the same again',
    )
    await talk.ask(client, syncGroup, 5, { ...range, groupId, generationId: 0, memberId, assignments: [] })
    await talk.ask(client, syncGroup, 5, {
      groupId,
      generationId: 1,
      memberId,
      protocolType: 'x',
      protocolName: 'range',
      assignments: [],
    })
    await talk.ask(client, syncGroup, 5, {
      groupId,
      generationId: 1,
      memberId,
      protocolType: 'consumer',
      protocolName: 'x',
      assignments: [],
    })
    await talk.ask(client, offsetCommit, 9, {
      ...commit(groupId, 1, memberId, []),
      topics: [
        {
          name: 'users',
          partitions: [1, 2].map((partitionIndex) => ({ partitionIndex, committedOffset: 1, committedMetadata: null })),
        },
      ],
    })
    const assignments = [
      { memberId, assignment: Buffer.from('mine') },
      { memberId: 'ghost', assignment: Buffer.from('no') },
    ]
    await talk.ask(client, syncGroup, 5, {
      groupId,
      generationId: 1,
      memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments,
    })
    await talk.ask(client, syncGroup, 3, { groupId, generationId: 1, memberId, assignments: [] }, 'and again')
    for (const version of [0, 3, 6]) {
      await talk.ask(client, describeGroups, version, { groups: [groupId], includeAuthorizedOperations: version === 6 })
    }
    await talk.ask(
      client,
      offsetCommit,
      9,
      commit(groupId, 1, memberId, [
        ['orders', 0, 5, 'note'],
        ['users', 1, 6, null],
        ['none', 0, 1, null],
      ]),
    )
    await talk.ask(
      client,
      offsetCommit,
      9,
      commit(groupId, 1, memberId, [
        ['orders', 1, 5, 'x'.repeat(4096)],
        ['users', 1, 6, 'x'.repeat(4097)],
      ]),
    )
    await talk.ask(client, offsetCommit, 9, commit(groupId, -1, '', [['orders', 0, 1, null]]))
    await talk.ask(client, offsetCommit, 9, commit(groupId, -1, memberId, [['orders', 0, 1, null]]))
    await talk.ask(client, offsetCommit, 9, commit(groupId, 2, memberId, [['orders', 0, 1, null]]))
    const asked = [
      { name: 'orders', partitionIndexes: [0] },
      { name: 'users', partitionIndexes: [1] },
    ]
    await talk.ask(client, offsetFetch, 9, { groups: [{ groupId, topics: asked }], requireStable: true })
    const topics = ['orders', 'users', 'none'].map((name) => ({
      name,
      partitions: [{ partitionIndex: 1 }, { partitionIndex: 5 }],
    }))
    await talk.ask(client, offsetDelete, 0, { groupId, topics })
    await talk.ask(client, deleteGroups, 2, { groupsNames: [groupId] })
    await talk.ask(client, leaveGroup, 5, { groupId, members: [{ memberId, groupInstanceId: null }] })
    await talk.ask(client, describeGroups, 5, { groups: [groupId] })
    await talk.ask(client, heartbeat, 4, { groupId, generationId: 1, memberId })
    await talk.ask(client, syncGroup, 5, { ...range, groupId, generationId: 2, memberId, assignments: [] })
    await talk.ask(client, offsetCommit, 9, commit(groupId, 2, memberId, [['orders', 0, 1, null]]))
    await talk.ask(
      client,
      offsetCommit,
      9,
      commit(groupId, -1, memberId, [['orders', 0, 1, null]]),
      'without a generation',
    )
    await talk.ask(client, offsetDelete, 0, { groupId, topics })
    await talk.ask(client, deleteGroups, 2, { groupsNames: [groupId, groupId, 'none'] })
    await talk.ask(client, offsetFetch, 7, { groupId, topics: null })
  },

  'versions that need no member id first': async (talk) => {
    for (const version of [0, 1, 2, 3]) {
      const client = await talk.connect()
      const groupId = talk.group(`old-${version}`)
      const joined = await client.call(joinGroup, version, joinRequest({ groupId }))
      const memberId = talk.call(joined.memberId, `old ${version}`)
      talk.note(`${joined.generationId} ${joined.protocolName} ${joined.leader === memberId} ${joined.members.length}`)
      const assignments = [{ memberId, assignment: Buffer.from('all') }]
      const at = Math.min(version, 3)
      await talk.ask(client, syncGroup, at, { groupId, generationId: 1, memberId, assignments })
      await talk.ask(client, heartbeat, at, { groupId, generationId: 1, memberId })
      await talk.ask(client, leaveGroup, Math.min(version, 2), { groupId, memberId })
      await talk.ask(client, leaveGroup, Math.min(version, 2), { groupId, memberId })
    }
  },

  'a second member': async (talk) => {
    const groupId = talk.group('two')
    const a = await stableGroup(talk, groupId, 'A')
    const client = await talk.connect()
    const other = await talk.connect()
    const b = await newMember(talk, client, 'B', { groupId })
    await talk.ask(other, heartbeat, 3, { groupId, generationId: 1, memberId: a.memberId }, 'B has its id')
    const joining = talk.ask(client, joinGroup, 9, joinRequest({ groupId, memberId: b }), 'B joins')
    await pause(150)
    await talk.ask(other, heartbeat, 3, { groupId, generationId: 1, memberId: a.memberId }, 'B waits')
    await talk.ask(other, offsetCommit, 8, commit(groupId, 1, a.memberId, [['orders', 0, 3, null]]), 'B waits')
    await talk.ask(other, syncGroup, 3, { groupId, generationId: 1, memberId: a.memberId, assignments: [] }, 'B waits')
    await talk.ask(other, describeGroups, 5, { groups: [groupId] }, 'B waits')
    const again = talk.ask(a.client, joinGroup, 9, joinRequest({ groupId, memberId: a.memberId }), 'A joins')
    await again
    await joining
    const waiting = talk.ask(
      client,
      syncGroup,
      5,
      { ...range, groupId, generationId: 2, memberId: b, assignments: [] },
      'B syncs',
    )
    await pause(150)
    await talk.ask(other, describeGroups, 5, { groups: [groupId] }, 'B waits')
    await talk.ask(other, heartbeat, 3, { groupId, generationId: 2, memberId: b }, 'B waits')
    await talk.ask(other, offsetCommit, 8, commit(groupId, 2, a.memberId, [['orders', 0, 3, null]]), 'B waits')
    const assignments = [{ memberId: a.memberId, assignment: Buffer.from('to A') }]
    await talk.ask(
      a.client,
      syncGroup,
      5,
      { ...range, groupId, generationId: 2, memberId: a.memberId, assignments },
      'A syncs',
    )
    await waiting
    await talk.ask(other, joinGroup, 9, joinRequest({ groupId, memberId: b }), 'B again, unchanged')
    const left = await talk.ask(
      other,
      leaveGroup,
      3,
      { groupId, members: [{ memberId: a.memberId, groupInstanceId: null }] },
      'A leaves',
    )
    talk.note(String(left.members.length))
    await talk.ask(other, heartbeat, 3, { groupId, generationId: 2, memberId: b })
    await talk.ask(client, joinGroup, 9, joinRequest({ groupId, memberId: b }), 'B alone')
  },

  'static members': async (talk) => {
    const groupId = talk.group('static')
    const a = await talk.connect()
    const other = await talk.connect()
    const first = await a.call(joinGroup, 5, joinRequest({ groupId, groupInstanceId: 'i' }))
    const m1 = talk.call(first.memberId, 'first')
    talk.note(`${first.errorCode} ${first.generationId} ${first.leader === m1} ${m1.startsWith('i-')}`)
    const assignments = [{ memberId: m1, assignment: Buffer.from('kept') }]
    await talk.ask(a, syncGroup, 5, {
      ...range,
      groupId,
      generationId: 1,
      memberId: m1,
      groupInstanceId: 'i',
      assignments,
    })
    for (const [name, version] of [
      ['second', 9],
      ['third', 8],
      ['fourth', 5],
    ] as const) {
      const joined = await a.call(joinGroup, version, joinRequest({ groupId, groupInstanceId: 'i' }))
      const memberId = talk.call(joined.memberId, name)
      talk.note(
        `${name}: ${joined.errorCode} ${joined.generationId} leads ${joined.leader === memberId} skips ${joined.skipAssignment} members ${joined.members.length}`,
      )
      await talk.ask(a, syncGroup, 5, {
        ...range,
        groupId,
        generationId: 1,
        memberId,
        groupInstanceId: 'i',
        assignments: [],
      })
    }
    const stale = { groupId, generationId: 1, memberId: m1, groupInstanceId: 'i' }
    await talk.ask(other, heartbeat, 3, stale)
    await talk.ask(other, syncGroup, 3, { ...stale, assignments: [] })
    await talk.ask(other, joinGroup, 9, joinRequest({ groupId, memberId: m1, groupInstanceId: 'i' }))
    await talk.ask(other, offsetCommit, 8, {
      ...commit(groupId, 1, m1, [['orders', 0, 1, null]]),
      groupInstanceId: 'i',
    })
    await talk.ask(other, heartbeat, 3, { ...stale, groupInstanceId: 'unknown' })
    await talk.ask(other, heartbeat, 3, { groupId, generationId: 1, memberId: m1 }, 'without its instance id')
    await talk.ask(other, leaveGroup, 5, {
      groupId,
      members: [
        { memberId: m1, groupInstanceId: 'i' },
        { memberId: '', groupInstanceId: 'unknown' },
        { memberId: '', groupInstanceId: null },
        { memberId: 'ghost', groupInstanceId: null },
      ],
    })
    await talk.ask(other, describeGroups, 5, { groups: [groupId] })
    await talk.ask(other, leaveGroup, 5, { groupId, members: [{ memberId: '', groupInstanceId: 'i' }] })
    await talk.ask(other, describeGroups, 5, { groups: [groupId] })
  },

  'consumers without a group': async (talk) => {
    const client = await talk.connect()
    for (const groupId of [talk.group('alone'), '']) {
      await talk.ask(
        client,
        offsetCommit,
        9,
        commit(groupId, -1, '', [
          ['orders', 0, 7, 'a'],
          ['orders', 1, 8, null],
        ]),
      )
      await talk.ask(client, offsetCommit, 5, commit(groupId, -1, 'somebody', [['orders', 0, 9, 'b']]))
      await talk.ask(client, offsetFetch, 5, { groupId, topics: [{ name: 'orders', partitionIndexes: [0, 1] }] })
      await talk.ask(client, describeGroups, 6, { groups: [groupId] })
      const topics = [{ name: 'orders', partitions: [{ partitionIndex: 1 }] }]
      await talk.ask(client, offsetDelete, 0, { groupId, topics })
      await talk.ask(client, offsetFetch, 5, { groupId, topics: [{ name: 'orders', partitionIndexes: [0, 1] }] })
      await talk.ask(client, deleteGroups, 1, { groupsNames: [groupId] })
      await talk.ask(client, deleteGroups, 1, { groupsNames: [groupId] })
    }
  },

  'offsets by topic id': async (talk) => {
    const client = await talk.connect()
    const { topics } = await client.call(metadata, 12, {
      topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: 'orders' }],
      allowAutoTopicCreation: false,
    })
    const topicId = talk.call(topics[0]!.topicId, 'ID')
    const unknown = '_________________w'.padStart(22, 'A').slice(0, 21) + 'A'
    const partitions = [{ partitionIndex: 0, committedOffset: 3, committedMetadata: '' }]
    await talk.ask(client, offsetCommit, 10, {
      groupId: talk.group('by-id'),
      memberId: '',
      topics: [
        { topicId, partitions },
        { topicId: unknown, partitions },
      ],
    })
    const asked = [
      { topicId, partitionIndexes: [0, 1] },
      { topicId: unknown, partitionIndexes: [0] },
    ]
    await talk.ask(client, offsetFetch, 10, {
      groups: [
        { groupId: talk.group('by-id'), topics: asked },
        { groupId: talk.group('by-id'), topics: null },
      ],
    })
  },

  'lists and filters': async (talk) => {
    const client = await talk.connect()
    await stableGroup(talk, talk.group('list-stable'), 'S')
    await client.call(offsetCommit, 9, commit(talk.group('list-empty'), -1, '', [['orders', 0, 7, 'a']]))
    const filters: { version: number; statesFilter?: string[]; typesFilter?: string[] }[] = [
      { version: 0 },
      { version: 3 },
      { version: 4, statesFilter: ['Stable'] },
      { version: 4, statesFilter: ['stable', 'EMPTY'] },
      { version: 4, statesFilter: ['Nonsense'] },
      { version: 5, typesFilter: ['classic'] },
      { version: 5, typesFilter: ['Classic'] },
      { version: 5, typesFilter: ['consumer'] },
      { version: 5, typesFilter: ['nonsense'] },
      { version: 5, statesFilter: ['Dead'] },
      { version: 5, statesFilter: ['Empty'], typesFilter: ['classic', 'consumer'] },
    ]
    for (const { version, ...request } of filters) {
      const { errorCode, groups } = await client.call(listGroups, version, request)
      const mine = groups
        .filter((group) => [talk.group('list-stable'), talk.group('list-empty')].includes(group.groupId))
        .toSorted((x, y) => (x.groupId < y.groupId ? -1 : 1))
      talk.note(`v${version} ${JSON.stringify(request)} -> ${errorCode} ${talk.print(mine)}`)
    }
  },

  'ids that were given out and not used': async (talk) => {
    const groupId = talk.group('pending')
    const client = await talk.connect()
    const id = await newMember(talk, client, 'P', { groupId, sessionTimeoutMs: 1000 })
    await talk.ask(client, heartbeat, 3, { groupId, generationId: 0, memberId: id })
    await talk.ask(client, leaveGroup, 3, { groupId, members: [{ memberId: id, groupInstanceId: null }] })
    await talk.ask(client, joinGroup, 5, joinRequest({ groupId, memberId: id }), 'after leaving')
    const late = await newMember(talk, client, 'L', { groupId, sessionTimeoutMs: 1000 })
    await pause(1400)
    await talk.ask(client, joinGroup, 5, joinRequest({ groupId, memberId: late }), 'too late')
    await talk.ask(client, describeGroups, 6, { groups: [groupId] })
  },

  'a session that ends': async (talk) => {
    const groupId = talk.group('silent')
    const { client, memberId } = await stableGroup(talk, groupId, 'A', { sessionTimeoutMs: 3000 })
    await pause(1800)
    await talk.ask(client, offsetCommit, 9, commit(groupId, 1, memberId, [['orders', 0, 3, null]]), 'in time')
    await pause(1800)
    await talk.ask(client, heartbeat, 3, { groupId, generationId: 1, memberId }, 'the commit counted')
    await pause(4200)
    await talk.ask(client, heartbeat, 3, { groupId, generationId: 1, memberId }, 'too late')
    await talk.ask(client, describeGroups, 5, { groups: [groupId] })
  },

  'members that join and do not sync': async (talk) => {
    const groupId = talk.group('lazy')
    const a = await talk.connect()
    const b = await talk.connect()
    const options = { groupId, rebalanceTimeoutMs: 1500 }
    const idA = await newMember(talk, a, 'A', options)
    const idB = await newMember(talk, b, 'B', options)
    const joins = [
      a.call(joinGroup, 5, joinRequest({ ...options, memberId: idA })),
      b.call(joinGroup, 5, joinRequest({ ...options, memberId: idB })),
    ]
    const [first] = await Promise.all(joins)
    const [leader, leaderId, followerId] = first!.leader === idA ? [a, idA, idB] : [b, idB, idA]
    talk.call(leaderId, 'LEADER')
    talk.call(followerId, 'FOLLOWER')
    await talk.ask(leader, syncGroup, 3, {
      groupId,
      generationId: first!.generationId,
      memberId: leaderId,
      assignments: [],
    })
    await pause(2200)
    await talk.ask(leader, syncGroup, 3, {
      groupId,
      generationId: first!.generationId,
      memberId: followerId,
      assignments: [],
    })
    await talk.ask(leader, heartbeat, 3, { groupId, generationId: first!.generationId, memberId: leaderId })
    await talk.ask(leader, joinGroup, 5, joinRequest({ ...options, memberId: leaderId }))
  },

  'votes for a protocol': async (talk) => {
    const groupId = talk.group('votes')
    const wishes = [
      ['a', 'b', 'c'],
      ['c', 'b'],
      ['b', 'c', 'z'],
    ]
    const clients = await Promise.all(wishes.map(() => talk.connect()))
    const ids: string[] = []
    for (const [i, protocols] of wishes.entries())
      ids.push(await newMember(talk, clients[i]!, `V${i}`, { groupId, protocols }))
    const joined = await Promise.all(
      wishes.map((protocols, i) =>
        clients[i]!.call(joinGroup, 5, joinRequest({ groupId, protocols, memberId: ids[i]! })),
      ),
    )
    talk.note(joined.map((each) => `${each.errorCode} ${each.protocolName}`).join(', '))
  },
}

/** Has one conversation with a coordinator and gives the transcript. */
export async function converse(
  bootstrap: string,
  name: string,
  among: Readonly<Record<string, Scenario>> = scenarios,
): Promise<string[]> {
  const talk = new Conversation(bootstrap)
  try {
    await among[name]!(talk)
    return talk.transcript
  } finally {
    talk.close()
  }
}
