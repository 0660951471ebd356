import { describe, expect, it } from 'vitest'

import { describeGroups } from '#core/wire/api/15-describe-groups.ts'
import { fetch } from '#core/wire/api/01-fetch.ts'
import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { listGroups } from '#core/wire/api/16-list-groups.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'
import { createTopics } from '#core/wire/api/19-create-topics.ts'
import { deleteTopics } from '#core/wire/api/20-delete-topics.ts'
import { describeAcls } from '#core/wire/api/29-describe-acls.ts'
import { describeCluster } from '#core/wire/api/60-describe-cluster.ts'
import { describeTopicPartitions } from '#core/wire/api/75-describe-topic-partitions.ts'
import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import { offsetFetch } from '#core/wire/api/09-offset-fetch.ts'
import { errorName } from '#core/wire/errors.ts'
import type { Api } from '#core/wire/schema.ts'
import { zeroUuid } from '#core/bytes/uuid.ts'
import { served } from '../../../broker/handlers/index.ts'
import { errorsIn } from '../../support/errors-in.ts'
import { authorizationCases } from '../../support/authorization/cases.ts'
import { fetchBody, makeTopic, memoryBroker, wireClient } from '../../support/memory-broker.ts'
import { type Right, brokerWithUsers, clientOf, giveOnly } from '../../support/users.ts'

const apiNamed = (name: string): Api => served.find(({ api }) => api.name === name)!.api
const isRefusal = (name: string): boolean => name.endsWith('AUTHORIZATION_FAILED')

/** A broker with the user ann, who has no rights, and a topic and a group that are there. */
async function world() {
  const broker = await brokerWithUsers(['ann'])
  const admin = await clientOf(broker, 'admin')
  const topicId = await makeTopic(admin, 't')
  for (const name of ['doomed-5', 'doomed-6']) await makeTopic(admin, name)
  await admin.call(findCoordinator, 4, { coordinatorKeys: ['g'] })
  const offset = { partitionIndex: 0, committedOffset: 1, committedMetadata: null }
  const commit = { groupId: 'kept', memberId: '', topics: [{ name: 't', partitions: [offset] }] }
  await admin.call(offsetCommit, 9, commit)
  return { broker, admin, topicId, ann: await clientOf(broker, 'ann') }
}

/** Requests that need no right, or answer with what may be seen. */
const freeForAll = [
  'ApiVersions',
  'DescribeCluster',
  'ListGroups',
  'ListTransactions',
  'SaslAuthenticate',
  'SaslHandshake',
]

describe('authorization', () => {
  it('has a case for every request that is served', () => {
    const tried = new Set([...freeForAll, ...authorizationCases(zeroUuid).map(({ api }) => api)])
    expect(served.map(({ api }) => api.name).filter((name) => !tried.has(name))).toEqual([])
  })

  it('refuses every request to who lacks just one right, and says which', async () => {
    const { admin, ann, topicId } = await world()
    const call = (api: string, version: number, body: object): Promise<unknown> =>
      ann.call(apiNamed(api), version, body as never)
    for (const { api, version, body, rights } of authorizationCases(topicId)) {
      for (const [lacking, code] of rights) {
        const others = rights.flatMap(([right]) => (right === lacking ? [] : [right]))
        await giveOnly(admin, 'ann', others)
        const errors = errorsIn(await call(api, version, body))
        expect(errors.filter(isRefusal), `${api} ${version} without ${lacking.join(' ')}`).toEqual([code])
      }
      const all = rights.map(([right]) => right)
      await giveOnly(admin, 'ann', all)
      const errors = errorsIn(await call(api, version, body))
      expect(errors.filter(isRefusal), `${api} ${version} with all rights`).toEqual([])
    }
  })

  it('hides topics from lists of all, and whether a topic is there', async () => {
    const { admin, ann } = await world()
    const seen = async () => {
      const { topics } = await ann.call(metadata, 12, { topics: null })
      const { topics: described } = await ann.call(describeTopicPartitions, 0, { topics: [], cursor: null })
      expect(described.map(({ name }) => name)).toEqual(topics.map(({ name }) => name).sort())
      return topics.map(({ name }) => name)
    }
    expect(await seen()).toEqual([])
    await giveOnly(admin, 'ann', [['READ', 'TOPIC', 't']])
    expect(await seen()).toEqual(['t'])
    const asked = { topics: [{ name: 'doomed-5' }, { name: 'missing' }], allowAutoTopicCreation: false }
    const { topics } = await ann.call(metadata, 12, asked)
    expect(topics.map(({ errorCode }) => errorName(errorCode))).toEqual([
      'TOPIC_AUTHORIZATION_FAILED',
      'TOPIC_AUTHORIZATION_FAILED',
    ])
    const gone = { timeoutMs: 1000, topics: [{ name: 'missing', topicId: zeroUuid }] }
    const { responses } = await ann.call(deleteTopics, 6, gone)
    expect(errorName(responses[0]!.errorCode)).toBe('TOPIC_AUTHORIZATION_FAILED')
  })

  it('makes topics on demand only for who may make them', async () => {
    const { admin, ann } = await world()
    const ask = async (name: string) => {
      const { topics } = await ann.call(metadata, 12, { topics: [{ name }], allowAutoTopicCreation: true })
      return errorName(topics[0]!.errorCode)
    }
    await giveOnly(admin, 'ann', [['DESCRIBE', 'TOPIC', 'new']])
    expect(await ask('new')).toBe('TOPIC_AUTHORIZATION_FAILED')
    await giveOnly(admin, 'ann', [
      ['DESCRIBE', 'TOPIC', 'new'],
      ['CREATE', 'TOPIC', 'new'],
    ])
    expect(await ask('new')).toBe('NONE')
  })

  it('tells the settings of a new topic only to who may see them', async () => {
    const { admin, ann } = await world()
    const topic = { name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const create = async () => {
      const { topics } = await ann.call(createTopics, 7, { timeoutMs: 1, topics: [topic], validateOnly: true })
      return topics[0]!
    }
    await giveOnly(admin, 'ann', [['CREATE', 'TOPIC', 'new']])
    const blind = await create()
    expect(blind).toMatchObject({ errorCode: 0, topicConfigErrorCode: 29, numPartitions: -1, configs: [] })
    const seeing: Right[] = [
      ['CREATE', 'TOPIC', 'new'],
      ['DESCRIBE_CONFIGS', 'TOPIC', 'new'],
    ]
    await giveOnly(admin, 'ann', seeing)
    const seen = await create()
    expect(seen.numPartitions).toBe(1)
    expect(seen.configs!.length).toBeGreaterThan(20)
  })

  it('shows groups and committed topics as far as they may be described', async () => {
    const { admin, ann } = await world()
    const groups = async () => (await ann.call(listGroups, 4, {})).groups.map(({ groupId }) => groupId)
    const topics = async () => {
      const answer = await ann.call(offsetFetch, 8, { groups: [{ groupId: 'kept', topics: null }] })
      return answer.groups[0]!.topics.map(({ name }) => name)
    }
    expect(await groups()).toEqual([])
    await giveOnly(admin, 'ann', [['DESCRIBE', 'GROUP', 'kept']])
    expect(await groups()).toEqual(['kept'])
    expect(await topics()).toEqual([])
    await giveOnly(admin, 'ann', [
      ['DESCRIBE', 'CLUSTER', 'kafka-cluster'],
      ['READ', 'GROUP', 'kept'],
      ['READ', 'TOPIC', 't'],
    ])
    expect(await groups()).toEqual(['kept'])
    expect(await topics()).toEqual(['t'])
  })

  it('lets followers fetch by the right to act for the cluster', async () => {
    const { admin, ann } = await world()
    const ask = async () => {
      const { responses } = await ann.call(fetch, 12, { ...fetchBody('t', 0), replicaId: 5 })
      return errorName(responses[0]!.partitions[0]!.errorCode)
    }
    await giveOnly(admin, 'ann', [['READ', 'TOPIC', 't']])
    expect(await ask()).toBe('TOPIC_AUTHORIZATION_FAILED')
    await giveOnly(admin, 'ann', [['CLUSTER_ACTION', 'CLUSTER', 'kafka-cluster']])
    expect(await ask()).toBe('NONE')
  })

  it('tells the operations that are allowed where it is asked', async () => {
    const { admin, ann } = await world()
    await giveOnly(admin, 'ann', [
      ['WRITE', 'TOPIC', 't'],
      ['READ', 'GROUP', 'kept'],
      ['DESCRIBE', 'CLUSTER', 'kafka-cluster'],
    ])
    const bits = (...operations: number[]): number => operations.reduce((sum, each) => sum | (1 << each), 0)
    const asked = { topics: [{ name: 't' }], includeTopicAuthorizedOperations: true }
    const { topics } = await ann.call(metadata, 9, { ...asked, includeClusterAuthorizedOperations: true })
    expect(topics[0]!.topicAuthorizedOperations).toBe(bits(4, 8))
    const cluster = await ann.call(describeCluster, 1, { includeClusterAuthorizedOperations: true })
    expect(cluster.clusterAuthorizedOperations).toBe(bits(8))
    const { groups } = await ann.call(describeGroups, 5, { groups: ['kept'], includeAuthorizedOperations: true })
    expect(groups[0]!.authorizedOperations).toBe(bits(3, 8))
    const silent = await ann.call(metadata, 9, { topics: [{ name: 't' }] })
    expect(silent.topics[0]!.topicAuthorizedOperations).toBe(-2_147_483_648)
  })

  it('tells who asks for ACLs that nothing decides by them', async () => {
    const client = await wireClient(await memoryBroker())
    const answer = await client.call(describeAcls, 3, {
      resourceTypeFilter: 1,
      resourceNameFilter: null,
      patternTypeFilter: 1,
      principalFilter: null,
      hostFilter: null,
      operation: 1,
      permissionType: 1,
    })
    expect(errorName(answer.errorCode)).toBe('SECURITY_DISABLED')
  })
})
