import { joinGroup } from '#core/wire/api/11-join-group.ts'
import { listGroups } from '#core/wire/api/16-list-groups.ts'
import { createTopics } from '#core/wire/api/19-create-topics.ts'
import { deleteGroups } from '#core/wire/api/42-delete-groups.ts'
import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { incrementalAlterConfigs } from '#core/wire/api/44-incremental-alter-configs.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'
import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import { offsetFetch } from '#core/wire/api/09-offset-fetch.ts'
import {
  type StreamsGroupHeartbeatRequestInput,
  type StreamsGroupHeartbeatResponse,
  streamsGroupHeartbeat,
} from '#core/wire/api/88-streams-group-heartbeat.ts'
import { streamsGroupDescribe } from '#core/wire/api/89-streams-group-describe.ts'
import { Conversation, pause } from './group-scenarios.ts'
import type { WireClient } from './wire-client.ts'

/** The settings under which the conversations are had: nothing waits unless a group's own settings say so. */
export const streamsSettings = {
  'group.streams.initial.rebalance.delay.ms': '0',
  'group.streams.assignment.interval.ms': '0',
  'group.streams.min.session.timeout.ms': '500',
  'group.streams.min.heartbeat.interval.ms': '100',
  'group.initial.rebalance.delay.ms': '0',
  'auto.create.topics.enable': 'false',
}

type Topology = NonNullable<StreamsGroupHeartbeatRequestInput['topology']>
type Request = Partial<StreamsGroupHeartbeatRequestInput>
type Tasks = Readonly<Record<string, readonly number[]>>

const topic = (name: string, partitions = 0) => ({
  name,
  partitions,
  replicationFactor: 0,
  topicConfigs: [{ key: 'cleanup.policy', value: 'compact' }],
})

const part = (subtopologyId: string, given: Partial<Topology['subtopologies'][number]>) => ({
  subtopologyId,
  sourceTopics: [],
  sourceTopicRegex: [],
  stateChangelogTopics: [],
  repartitionSinkTopics: [],
  repartitionSourceTopics: [],
  copartitionGroups: [],
  ...given,
})

/** Reads `source`, and with state keeps a changelog. */
const simple = (source: string, changelog?: string, epoch = 0): Topology => ({
  epoch,
  subtopologies: [
    part('0', { sourceTopics: [source], stateChangelogTopics: changelog === undefined ? [] : [topic(changelog)] }),
  ],
})

const tasks = (given: Tasks) =>
  Object.entries(given).map(([subtopologyId, list]) => ({ subtopologyId, partitions: [...list] }))

/** Numbers, which Java keeps in their own order where it is by hashes. */
const processOf = (memberId: string): string => String('ABCD'.indexOf(memberId))

/** One group in a conversation. */
class Talk {
  readonly groupId: string
  readonly #c: Conversation
  readonly #client: WireClient

  private constructor(c: Conversation, client: WireClient, groupId: string) {
    this.#c = c
    this.#client = client
    this.groupId = groupId
  }

  static async begin(c: Conversation, name: string): Promise<Talk> {
    const talk = new Talk(c, await c.connect(), c.group(name))
    for (;;) {
      const request = { key: '', keyType: 0, coordinatorKeys: [talk.groupId] }
      const { coordinators } = await talk.#client.call(findCoordinator, 6, request)
      if (coordinators[0]!.errorCode === 0) return talk
      await pause(100)
    }
  }

  get client(): WireClient {
    return this.#client
  }

  /** A topic of this group alone; the transcript shows it without what makes it so. */
  topic(name: string): string {
    return `${this.groupId}-${name}`
  }

  async createTopic(name: string, numPartitions: number): Promise<void> {
    const wanted = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
    await this.#client.call(createTopics, 7, { topics: [wanted], timeoutMs: 10_000, validateOnly: false })
    await this.#seen(name)
  }

  async #seen(name: string): Promise<void> {
    for (;;) {
      const { topics } = await this.#client.call(metadata, 12, {
        topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name }],
        allowAutoTopicCreation: false,
      })
      if (topics[0]!.errorCode === 0) return
      await pause(50)
    }
  }

  /** Waits for topics that the broker makes by itself, with their partitions in the transcript. */
  async made(...names: string[]): Promise<void> {
    for (const name of names) {
      await this.#seen(name)
      const { topics } = await this.#client.call(metadata, 12, {
        topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name }],
        allowAutoTopicCreation: false,
      })
      this.#c.note(this.#c.print(`${name} has ${topics[0]!.partitions.length} partitions`))
    }
    // Apache Kafka's coordinator hears of topics a little later than its metadata.
    await pause(300)
  }

  async configure(settings: Readonly<Record<string, string>>): Promise<void> {
    const configs = Object.entries(settings).map(([name, value]) => ({ name, value, configOperation: 0 }))
    const resources = [{ resourceType: 32, resourceName: this.groupId, configs }]
    const answer = await this.#client.call(incrementalAlterConfigs, 1, { resources, validateOnly: false })
    this.#c.note(`settings: ${answer.responses[0]!.errorCode}`)
    await pause(300)
  }

  async beat(
    note: string,
    memberId: string,
    memberEpoch: number,
    request: Request = {},
  ): Promise<StreamsGroupHeartbeatResponse> {
    const answer = await this.#client.call(streamsGroupHeartbeat, 0, {
      groupId: this.groupId,
      memberId,
      memberEpoch,
      endpointInformationEpoch: 0,
      ...request,
    })
    this.#c.transcript.push(`${note}: ${this.#c.print(inOrder(answer))}`)
    return answer
  }

  join(
    note: string,
    memberId: string,
    topology: Topology,
    request: Request = {},
  ): Promise<StreamsGroupHeartbeatResponse> {
    return this.beat(note, memberId, 0, {
      topology,
      processId: processOf(memberId),
      clientTags: [],
      rebalanceTimeoutMs: 1500,
      activeTasks: [],
      standbyTasks: [],
      warmupTasks: [],
      ...request,
    })
  }

  /** A heartbeat that says what the member runs. */
  own(note: string, memberId: string, memberEpoch: number, active: Tasks, standby: Tasks = {}) {
    const owned = { activeTasks: tasks(active), standbyTasks: tasks(standby), warmupTasks: [] }
    return this.beat(note, memberId, memberEpoch, owned)
  }

  async describe(note: string, groupId = this.groupId): Promise<void> {
    const request = { groupIds: [groupId], includeAuthorizedOperations: true }
    const answer = await this.#client.call(streamsGroupDescribe, 0, request)
    this.#c.transcript.push(`${note}: ${this.#c.print(answer)}`)
  }

  async list(note: string): Promise<void> {
    const { groups } = await this.#client.call(listGroups, 5, { statesFilter: [], typesFilter: ['streams'] })
    const mine = groups.filter(({ groupId }) => groupId === this.groupId)
    this.#c.transcript.push(`${note}: ${this.#c.print(mine)}`)
  }

  async delete(note: string): Promise<void> {
    const answer = await this.#client.call(deleteGroups, 2, { groupsNames: [this.groupId] })
    this.#c.transcript.push(`${note}: ${this.#c.print(answer)}`)
  }

  async commit(
    note: string,
    memberId: string,
    epoch: number,
    partitions: readonly number[],
    version = 9,
  ): Promise<void> {
    const answer = await this.#client.call(offsetCommit, version, {
      groupId: this.groupId,
      generationIdOrMemberEpoch: epoch,
      memberId,
      topics: [
        {
          name: 'sg-orders',
          partitions: partitions.map((partitionIndex) => ({
            partitionIndex,
            committedOffset: 7,
            committedMetadata: '',
          })),
        },
      ],
    })
    this.#c.transcript.push(`${note}: ${this.#c.print(answer)}`)
  }

  async fetch(note: string, memberId: string | null, memberEpoch: number): Promise<void> {
    const topics = [{ name: 'sg-orders', partitionIndexes: [0] }]
    const groups = [{ groupId: this.groupId, memberId, memberEpoch, topics }]
    const answer = await this.#client.call(offsetFetch, 9, { groups, requireStable: true })
    this.#c.transcript.push(`${note}: ${this.#c.print(answer)}`)
  }
}

/** Apache Kafka keeps names in the order of their hashes; the transcript has them sorted. */
function inOrder(answer: StreamsGroupHeartbeatResponse) {
  const by = <T>(list: readonly T[], key: (item: T) => string): T[] =>
    list.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
  const partitions = (list: NonNullable<typeof answer.partitionsByUserEndpoint>[number]['activePartitions']) =>
    by(list, ({ topic: name }) => name).map((each) => ({ topic: each.topic, numbers: each.partitions.toSorted() }))
  return {
    ...answer,
    // What is told beside the code is told in everybody's own words.
    status: answer.status?.map(({ statusCode, statusDetail }) => ({ statusCode, isTold: statusDetail !== '' })),
    partitionsByUserEndpoint:
      answer.partitionsByUserEndpoint &&
      by(answer.partitionsByUserEndpoint, ({ userEndpoint }) => userEndpoint.host).map((each) => ({
        userEndpoint: each.userEndpoint,
        active: partitions(each.activePartitions),
        standby: partitions(each.standbyPartitions),
      })),
  }
}

const all = { '0': [0, 1, 2, 3] }

/** What is talked about, by name. */
export const streamsScenarios: Readonly<Record<string, (c: Conversation) => Promise<void>>> = {
  'a life with a repartition topic and a changelog': async (c) => {
    const g = await Talk.begin(c, 'life')
    const [repartition, changelog] = [g.topic('repartition'), g.topic('changelog')]
    const topology = {
      epoch: 3,
      subtopologies: [
        part('0', { sourceTopics: ['sg-orders', 'sg-users'], repartitionSinkTopics: [repartition] }),
        part('1', { repartitionSourceTopics: [topic(repartition)], stateChangelogTopics: [topic(changelog)] }),
      ],
    }
    await g.join('joins', 'A', topology)
    await g.made(repartition, changelog)
    await g.describe('not ready')
    await g.own('gets tasks', 'A', 2, {})
    await g.own('has them', 'A', 3, { '0': [0, 1, 2, 3], '1': [0, 1, 2, 3] })
    await g.describe('stable')
    await g.list('listed')
    await g.delete('cannot be deleted')
    await g.join('another joins', 'B', topology)
    await g.describe('reconciling')
    await g.beat('nothing said', 'A', 3)
    await g.own('gives up', 'A', 3, { '0': [0, 1], '1': [0, 1] })
    await g.own('has given up', 'A', 4, { '0': [0, 1], '1': [0, 1] })
    await g.own('gets what is free', 'B', 4, {})
    await g.own('has it', 'B', 4, { '0': [2, 3], '1': [2, 3] })
    await g.describe('two')
    await g.beat('leaves', 'B', -1)
    await g.own('gets all again', 'A', 4, { '0': [0, 1], '1': [0, 1] })
    await g.describe('one')
    await g.beat('leaves too', 'A', -1)
    await g.describe('empty')
    await g.delete('deleted')
    await g.describe('gone')
    await g.list('not listed')
  },
  'requests that make no sense': async (c) => {
    const g = await Talk.begin(c, 'nonsense')
    const topology = simple('sg-orders')
    await g.beat('unknown group', 'A', 1)
    await g.beat('leaves an unknown group', 'A', -1)
    await g.join('no member id', '', topology)
    await g.join('no timeout', 'A', topology, { rebalanceTimeoutMs: -1 })
    await g.join('static', 'A', topology, { instanceId: 'one' })
    await g.join('rack without a name', 'A', topology, { rackId: '' })
    await g.join('owns tasks', 'A', topology, { activeTasks: tasks({ '0': [0] }) })
    await g.join('says nothing of tasks', 'A', topology, { activeTasks: null })
    await g.join('warm-up tasks', 'A', topology, { warmupTasks: tasks({ '0': [0] }) })
    await g.join('task offsets', 'A', topology, { taskOffsets: [] })
    await g.beat('no topology', 'A', 0, {
      rebalanceTimeoutMs: 1500,
      activeTasks: [],
      standbyTasks: [],
      warmupTasks: [],
    })
    await g.beat('static leave', 'A', -2)
    await g.beat('odd epoch', 'A', -3)
    await g.beat('topology later', 'A', 1, { topology })
    await g.beat('half of the tasks', 'A', 1, { activeTasks: [] })
    await g.join('regex', 'A', { epoch: 0, subtopologies: [part('0', { sourceTopicRegex: ['sg-.*'] })] })
    await g.join('fixed changelog', 'A', {
      epoch: 0,
      subtopologies: [part('0', { sourceTopics: ['sg-orders'], stateChangelogTopics: [topic('x', 3)] })],
    })
    await g.join('internal topic', 'A', simple('__consumer_offsets'))
    await g.join('impossible name', 'A', simple('no/topic'))
    await g.join('no sources', 'A', { epoch: 0, subtopologies: [part('0', {})] })
    await g.join('a loop', 'A', {
      epoch: 0,
      subtopologies: [part('0', { repartitionSinkTopics: ['r'], repartitionSourceTopics: [topic('r')] })],
    })
    await g.describe('never was')
    await g.describe('nameless', '')
  },
  'topics that are missing or do not fit': async (c) => {
    const g = await Talk.begin(c, 'topics')
    const late = g.topic('late')
    const topology = {
      epoch: 0,
      subtopologies: [
        part('0', {
          sourceTopics: ['sg-orders', late],
          copartitionGroups: [{ sourceTopics: [0, 1], sourceTopicRegex: [], repartitionSourceTopics: [] }],
        }),
      ],
    }
    await g.join('source is missing', 'A', topology)
    await g.own('still', 'A', 2, {})
    await g.describe('not ready')
    await g.createTopic(late, 3)
    await pause(300)
    await g.own('does not fit', 'A', 2, {})
    await g.own('same', 'A', 3, {})
    const other = await Talk.begin(c, 'changelogs')
    await other.createTopic(other.topic('changelog'), 1)
    await pause(300)
    await other.join('changelog does not fit', 'A', simple('sg-orders', other.topic('changelog')))
  },
  'epochs that are known and not': async (c) => {
    const g = await Talk.begin(c, 'epochs')
    await g.join('joins', 'A', simple('sg-orders'))
    await g.beat('stays', 'A', 2)
    await g.beat('too new', 'A', 3)
    await g.beat('too old', 'A', 1)
    await g.own('too old with tasks', 'A', 1, { '0': [0] })
    await g.own('the epoch before', 'A', 0, {})
    await g.beat('a stranger', 'X', 2)
    await g.own('no such task', 'A', 2, { '0': [9] })
    await g.own('no such subtopology', 'A', 2, { '7': [0] })
    await g.join('joins again', 'A', simple('sg-orders'))
    await g.join('joins again with another process', 'A', simple('sg-orders'), { processId: 'other' })
    await g.own('the lost answer', 'A', 2, all)
    await g.beat('leaves', 'A', -1)
    await g.beat('leaves twice', 'A', -1)
  },
  'shutting down': async (c) => {
    const g = await Talk.begin(c, 'shutdown')
    await g.join('joins', 'A', simple('sg-orders'))
    await g.join('joins', 'B', simple('sg-orders'))
    await g.beat('asks', 'A', 2, { shutdownApplication: true })
    await g.beat('hears', 'B', 3)
    await g.beat('leaves', 'A', -1)
    await g.beat('still hears', 'B', 3)
    await g.beat('leaves', 'B', -1)
    await g.join('begins anew', 'A', simple('sg-orders'))
  },
  'where partitions are': async (c) => {
    const g = await Talk.begin(c, 'endpoints')
    const at = (host: string): Request => ({ userEndpoint: { host, port: 8080 }, endpointInformationEpoch: -1 })
    await g.join('joins', 'A', simple('sg-orders'), at('a'))
    await g.beat('asks', 'A', 2, { endpointInformationEpoch: 0 })
    await g.join('joins', 'B', simple('sg-orders'), at('b'))
    await g.own('gives up', 'A', 2, { '0': [0, 1] })
    await g.beat('hears', 'A', 3, { endpointInformationEpoch: 0 })
    await g.beat('gets', 'B', 3, { endpointInformationEpoch: 0 })
    await g.beat('knows', 'B', 3, { endpointInformationEpoch: 2 })
    await g.describe('described')
  },
  'standby tasks': async (c) => {
    const g = await Talk.begin(c, 'standby')
    const changelog = g.topic('changelog')
    await g.configure({ 'streams.num.standby.replicas': '1', 'streams.heartbeat.interval.ms': '700' })
    await g.join('joins', 'A', simple('sg-orders', changelog))
    await g.made(changelog)
    await g.own('gets all', 'A', 2, {})
    await g.join('joins', 'B', simple('sg-orders', changelog))
    await g.own('gives up', 'A', 3, { '0': [0, 1] })
    await g.own('hears', 'A', 4, { '0': [0, 1] })
    await g.own('gets', 'B', 4, {}, {})
    await g.own('has', 'B', 4, { '0': [2, 3] }, { '0': [0, 1] })
    await g.own('gets copies', 'A', 4, { '0': [0, 1] }, {})
    await g.describe('described')
    await g.configure({ 'streams.num.standby.replicas': '0' })
    await g.own('without copies', 'A', 4, { '0': [0, 1] }, { '0': [2, 3] })
  },
  'waiting before tasks are given': async (c) => {
    const g = await Talk.begin(c, 'delay')
    await g.configure({ 'streams.initial.rebalance.delay.ms': '1500' })
    await g.join('joins', 'A', simple('sg-orders'))
    await g.join('joins', 'B', simple('sg-orders'))
    await g.own('waits', 'A', 1, {})
    await g.describe('waiting')
    await pause(2000)
    await g.own('gets', 'A', 1, {})
    await g.own('gets', 'B', 1, {})
    const other = await Talk.begin(c, 'interval')
    await other.configure({ 'streams.assignment.interval.ms': '1500' })
    await other.join('joins', 'A', simple('sg-orders'))
    await other.join('joins', 'B', simple('sg-orders'))
    await other.own('keeps', 'A', 2, all)
    await pause(1800)
    await other.own('gives up', 'A', 2, all)
  },
  'members that fall silent': async (c) => {
    const g = await Talk.begin(c, 'silence')
    await g.configure({ 'streams.session.timeout.ms': '1000', 'streams.heartbeat.interval.ms': '200' })
    await g.join('joins', 'A', simple('sg-orders'))
    await pause(1600)
    await g.describe('empty')
    await g.beat('comes back', 'A', 2)
    const other = await Talk.begin(c, 'slow')
    await other.join('joins', 'A', simple('sg-orders'))
    await other.join('joins', 'B', simple('sg-orders'))
    await other.own('is to give up', 'A', 2, all)
    await pause(900)
    await other.own('does not', 'A', 2, all)
    await pause(1100)
    await other.beat('is out', 'A', 2)
    await other.own('gets all', 'B', 3, {})
  },
  'offsets of members': async (c) => {
    const g = await Talk.begin(c, 'offsets')
    await g.commit('of nobody', '', -1, [0])
    await g.join('joins', 'A', simple('sg-orders'))
    await g.commit('in its epoch', 'A', 2, [0, 1])
    await g.commit('in an old version', 'A', 2, [0], 8)
    await g.commit('too new', 'A', 3, [0])
    await g.commit('of a stranger', 'X', 2, [0])
    await g.commit('of nobody', '', -1, [0])
    await g.join('joins', 'B', simple('sg-orders'))
    await g.own('gives up', 'A', 2, { '0': [0, 1] })
    await g.commit('in the epoch before, of a task that it kept', 'A', 2, [0])
    await g.commit('in the epoch before, of a task that it gave up', 'A', 2, [3])
    await g.own('gets', 'B', 3, {})
    await g.commit('before it had it', 'B', 2, [3])
    await g.fetch('in its epoch', 'A', 3)
    await g.fetch('in another', 'A', 2)
    await g.fetch('of a stranger', 'X', 2)
    await g.fetch('of nobody', null, -1)
    await g.beat('leaves', 'A', -1)
    await g.beat('leaves', 'B', -1)
    await g.commit('of an empty group', '', -1, [0])
    await g.fetch('of nobody', null, -1)
  },
  'other kinds of groups': async (c) => {
    const g = await Talk.begin(c, 'kinds')
    const request = {
      groupId: g.groupId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 1000,
      memberId: '',
      groupInstanceId: 'static',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from([0, 1, 0, 0, 0, 0, 255, 255, 255, 255]) }],
    }
    const { memberId } = await g.client.call(joinGroup, 9, request)
    c.call(memberId, 'classic')
    await g.join('where a classic group is', 'A', simple('sg-orders'))
    await g.beat('where a classic group is', 'A', 1)
    await g.beat('where a classic group is', 'A', -1)
    await g.describe('where a classic group is')
    const other = await Talk.begin(c, 'kinds-too')
    await other.join('joins', 'A', simple('sg-orders'))
    const refused = await other.client.call(joinGroup, 9, { ...request, groupId: other.groupId })
    c.note(`classic where a streams group is: ${refused.errorCode}`)
    await other.beat('leaves', 'A', -1)
    const taken = await other.client.call(joinGroup, 9, { ...request, groupId: other.groupId })
    c.note(`classic where a streams group was: ${taken.errorCode}`)
    await other.describe('where a streams group was')
  },
  'topologies of other epochs': async (c) => {
    const g = await Talk.begin(c, 'updates')
    await g.join('joins', 'A', simple('sg-orders', undefined, 5))
    await g.join('an older one', 'B', simple('sg-orders', undefined, 4))
    await g.join('a newer one', 'C', simple('sg-orders', undefined, 6))
    await g.join('a different one', 'D', simple('sg-users', undefined, 5))
    await g.describe('described')
  },
}

/** The conversation that ends with the description of a group that it leaves behind, under the name `updates`. */
export const leavesBehind = 'topologies of other epochs'

/** Has one conversation; what was said. The topics of `prepareStreams` must be there. */
export async function converseOnStreams(bootstrap: string, name: string): Promise<string[]> {
  const c = new Conversation(bootstrap)
  try {
    await streamsScenarios[name]!(c)
    return c.transcript
  } finally {
    c.close()
  }
}

/** Makes the topics that the conversations are about. */
export async function prepareStreams(bootstrap: string): Promise<void> {
  const c = new Conversation(bootstrap)
  try {
    const talk = await Talk.begin(c, 'prepare')
    await talk.createTopic('sg-orders', 4)
    await talk.createTopic('sg-users', 2)
    await pause(500)
  } finally {
    c.close()
  }
}
