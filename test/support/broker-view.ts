import { createClient } from '#core/client/lean-client.ts'
import { batches } from '#core/records/batch.ts'
import { fetch } from '#core/wire/api/01-fetch.ts'
import { listOffsets } from '#core/wire/api/02-list-offsets.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'
import { offsetFetch } from '#core/wire/api/09-offset-fetch.ts'
import { describeGroups } from '#core/wire/api/15-describe-groups.ts'
import { listGroups } from '#core/wire/api/16-list-groups.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { describeAcls } from '#core/wire/api/29-describe-acls.ts'
import { describeConfigs } from '#core/wire/api/32-describe-configs.ts'
import { describeClientQuotas } from '#core/wire/api/48-describe-client-quotas.ts'
import { describeUserScramCredentials } from '#core/wire/api/50-describe-user-scram-credentials.ts'
import { describeProducers } from '#core/wire/api/61-describe-producers.ts'
import { describeTransactions } from '#core/wire/api/65-describe-transactions.ts'
import { listTransactions } from '#core/wire/api/66-list-transactions.ts'
import { consumerGroupDescribe } from '#core/wire/api/69-consumer-group-describe.ts'
import { listConfigResources } from '#core/wire/api/74-list-config-resources.ts'
import { streamsGroupDescribe } from '#core/wire/api/89-streams-group-describe.ts'
import { readRecords } from './read-records.ts'
import { everyAcl } from './users.ts'
import { WireClient } from './wire-client.ts'

/** A partition of the view. */
interface Place {
  readonly topic: string
  readonly partition: number
}

/**
 * Everything that a broker shows of itself and that its directory has to carry, a line each and in an order that is the same
 * everywhere: topics, settings, records per isolation level, groups with members and offsets, transactions, producers,
 * entries, users, quotas and features. Of topics that are `compacted`, what readers of committed data make of them counts.
 */
export async function viewOf(bootstrap: string, compacted: ReadonlySet<string>): Promise<string[]> {
  const client = await WireClient.connect(bootstrap)
  try {
    const everything = { topics: null, allowAutoTopicCreation: false }
    const { clusterId, topics } = await client.call(metadata, 12, everything)
    const places = topics
      .filter(({ isInternal }) => !isInternal)
      .flatMap(({ name, partitions }) => partitions.map((each) => ({ topic: name!, partition: each.partitionIndex })))
    const sections = [
      [`cluster ${clusterId}`, ...lines('topic', topics)],
      await settings(client),
      ...(await sequence(
        places.filter(({ topic }) => !compacted.has(topic)).map((place) => () => logOf(client, place)),
      )),
      ...(await sequence(places.map((place) => () => producersOf(client, place)))),
      ...(await sequence([...compacted].map((topic) => () => tableOf(bootstrap, topic)))),
      await groups(client),
      await transactions(client),
      await access(client),
    ]
    return sections.flat()
  } finally {
    client.close()
  }
}

async function sequence<T>(steps: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = []
  for (const step of steps) results.push(await step())
  return results
}

/** Without what differs from start to start, in an order of its own. */
function canonical(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (Buffer.isBuffer(value)) return value.toString('hex')
  if (Array.isArray(value)) {
    return value
      .map(canonical)
      .map((each) => [JSON.stringify(each), each] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, each]) => each)
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'throttleTimeMs' && name !== 'leaderEpoch')
      // How many partitions the topics of a streams application have got is known once a member speaks.
      .filter(([name]) => !('replicationFactor' in value && name === 'partitions'))
      .map(([name, each]) => [name, canonical(each)]),
  )
}

const lines = (what: string, items: readonly unknown[]): string[] =>
  items.map((item) => `${what} ${JSON.stringify(canonical(item))}`).toSorted()

/** From where the value of a setting may come that is kept with the data: the topic, the broker, all brokers, … */
const keptSources = new Set([1, 2, 3, 7, 8])

async function settings(client: WireClient): Promise<string[]> {
  const { configResources } = await client.call(listConfigResources, 1, { resourceTypes: [] })
  const listed = configResources.filter(({ resourceType }) => resourceType !== 8)
  const resources = [...listed, { resourceType: 4, resourceName: '' }].map((each) => ({
    ...each,
    configurationKeys: null,
  }))
  const { results } = await client.call(describeConfigs, 4, { resources, includeSynonyms: false })
  return results
    .flatMap(({ resourceType, resourceName, configs }) => [
      `setting ${resourceType} ${resourceName}`,
      ...configs
        .filter(({ configSource }) => keptSources.has(configSource))
        .map(
          ({ name, value, configSource }) => `setting ${resourceType} ${resourceName} ${name}=${value} ${configSource}`,
        ),
    ])
    .toSorted()
}

/** Every batch and record of a partition as readers of both levels get it, and its offsets. */
async function logOf(client: WireClient, { topic, partition }: Place): Promise<string[]> {
  const found: unknown[] = []
  for (const isolationLevel of [0, 1]) {
    for (const timestamp of [-2, -1, -3]) {
      const topics = [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }]
      const answer = await client.call(listOffsets, 7, { replicaId: -1, isolationLevel, topics })
      found.push({ isolationLevel, asked: timestamp, ...answer.topics[0]!.partitions[0]! })
    }
    found.push(...(await readLog(client, { topic, partition }, isolationLevel)))
  }
  return lines(`log ${topic}-${partition}`, found)
}

async function readLog(client: WireClient, { topic, partition }: Place, isolationLevel: number): Promise<unknown[]> {
  const found = new Map<string, unknown>()
  const add = (each: object): void => void found.set(JSON.stringify(each), each)
  for (let fetchOffset = 0; ;) {
    const request = {
      maxWaitMs: 0,
      minBytes: 0,
      isolationLevel,
      topics: [{ topic, partitions: [{ partition, fetchOffset, partitionMaxBytes: 10_000_000 }] }],
      forgottenTopicsData: [],
    }
    const { responses } = await client.call(fetch, 11, request)
    const { errorCode, records, logStartOffset, ...ends } = responses[0]!.partitions[0]!
    // Records were deleted.
    if (errorCode === 1 && fetchOffset < logStartOffset) fetchOffset = logStartOffset
    else {
      const { highWatermark, lastStableOffset, abortedTransactions } = ends
      add({ isolationLevel, errorCode, logStartOffset, highWatermark, lastStableOffset })
      for (const each of abortedTransactions ?? []) add({ isolationLevel, ...each })
      if (records === null || records.length === 0) return [...found.values()]
      for (const batch of batches(records)) {
        const { baseOffset, attributes, producerId, producerEpoch, baseSequence, partitionLeaderEpoch } = batch
        add({ isolationLevel, baseOffset, attributes, producerId, producerEpoch, baseSequence, partitionLeaderEpoch })
        for (const record of batch.records()) add({ isolationLevel, ...record })
        fetchOffset = batch.lastOffset + 1
      }
    }
  }
}

async function producersOf(client: WireClient, { topic, partition }: Place): Promise<string[]> {
  const answer = await client.call(describeProducers, 0, { topics: [{ name: topic, partitionIndexes: [partition] }] })
  return lines(`producers ${topic}-${partition}`, answer.topics[0]!.partitions[0]!.activeProducers)
}

/** The last value of each key. */
async function tableOf(bootstrapServers: string, topic: string): Promise<string[]> {
  const client = createClient({ bootstrapServers })
  const table = new Map<string, string>()
  for (const { key, value } of await readRecords(client, topic, 'read_committed')) table.set(String(key), String(value))
  await client.close()
  return lines(`table ${topic}`, [...table])
}

async function groups(client: WireClient): Promise<string[]> {
  const { groups: listed, errorCode } = await client.call(listGroups, 5, {})
  const idsOf = (type: string) => listed.filter(({ groupType }) => groupType === type).map(({ groupId }) => groupId)
  const ask = { includeAuthorizedOperations: false }
  const described = [
    await client.call(describeGroups, 6, { groups: idsOf('classic'), ...ask }),
    await client.call(consumerGroupDescribe, 1, { groupIds: idsOf('consumer'), ...ask }),
    await client.call(streamsGroupDescribe, 0, { groupIds: idsOf('streams'), ...ask }),
  ].flatMap<unknown>((answer) => answer.groups)
  const offsets = await sequence(
    [false, true].map((requireStable) => async () => {
      const asked = listed.map(({ groupId }) => ({ groupId, topics: null }))
      const found = await client.call(offsetFetch, 9, { groups: asked, requireStable })
      return lines(`offsets ${requireStable ? 'that are stable' : ''}`, found.groups)
    }),
  )
  return [`groups ${errorCode}`, ...lines('group', listed), ...lines('group', described), ...offsets.flat()]
}

async function transactions(client: WireClient): Promise<string[]> {
  const listed = await client.call(listTransactions, 2, { stateFilters: [], producerIdFilters: [] })
  const transactionalIds = listed.transactionStates.map(({ transactionalId }) => transactionalId)
  const { transactionStates } = await client.call(describeTransactions, 0, { transactionalIds })
  return [`transactions ${listed.errorCode}`, ...lines('transaction', transactionStates)]
}

async function access(client: WireClient): Promise<string[]> {
  const { resources } = await client.call(describeAcls, 3, everyAcl)
  const { entries } = await client.call(describeClientQuotas, 1, { components: [], strict: false })
  const { results } = await client.call(describeUserScramCredentials, 0, { users: null })
  const software = { clientSoftwareName: 'check', clientSoftwareVersion: '1' }
  const { finalizedFeatures } = await client.call(apiVersions, 4, software)
  return [
    ...lines('acls', resources),
    ...lines('quota', entries ?? []),
    ...lines('user', results),
    ...lines('feature', finalizedFeatures),
  ]
}

/** Asks a broker as a SCRAM user; false when it refuses the login. */
export async function isLetIn(
  bootstrapServers: string,
  mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512',
  username: string,
  secret: string,
): Promise<boolean> {
  const client = createClient({
    bootstrapServers,
    properties: {
      'security.protocol': 'SASL_PLAINTEXT',
      'sasl.mechanism': mechanism,
      'sasl.jaas.config': `x.ScramLoginModule required username="${username}" password="${secret}";`,
    },
  })
  try {
    await client.admin().listTopics()
    return true
  } catch (error) {
    if ((error as { code?: string }).code === 'AUTHENTICATION_FAILED') return false
    throw error
  } finally {
    await client.close()
  }
}
