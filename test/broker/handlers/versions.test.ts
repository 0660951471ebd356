import { describe, expect, it } from 'vitest'

import { zeroUuid } from '#core/bytes/uuid.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import type { Log } from '#core/telemetry/log.ts'
import { errorCodes } from '#core/wire/errors.ts'
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse, readRequestHeader } from '#core/wire/frame.ts'
import type { Api } from '#core/wire/schema.ts'
import { features } from '../../../broker/controller/features.ts'
import { served } from '../../../broker/handlers/index.ts'
import { errorsIn } from '../../support/errors-in.ts'
import { batchOf, makeTopic, memoryBroker, wireClient } from '../../support/memory-broker.ts'

const anyAcl = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}

/** A request that every version of an API can carry and that asks for something which is there. */
const requests: Record<string, (version: number, topicId: string) => object> = {
  Produce: (version, topicId) => ({
    acks: -1,
    timeoutMs: 1000,
    topicData: [
      { ...(version < 13 ? { name: 'a' } : { topicId }), partitionData: [{ index: 0, records: batchOf(['x']) }] },
    ],
  }),
  Fetch: (version, topicId) => ({
    maxWaitMs: 0,
    minBytes: 1,
    topics: [
      {
        ...(version < 13 ? { topic: 'a' } : { topicId }),
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }],
      },
    ],
    forgottenTopicsData: [],
  }),
  ListOffsets: () => ({ replicaId: -1, topics: [{ name: 'a', partitions: [{ partitionIndex: 0, timestamp: -1 }] }] }),
  Metadata: () => ({ topics: [{ name: 'a' }] }),
  OffsetCommit: (version, topicId) => ({
    groupId: 'g',
    memberId: '',
    topics: [
      {
        ...(version < 10 ? { name: 'a' } : { topicId }),
        partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }],
      },
    ],
  }),
  OffsetFetch: (version, topicId) =>
    version < 8
      ? { groupId: 'g', topics: [{ name: 'a', partitionIndexes: [0] }] }
      : {
          groups: [
            { groupId: 'g', topics: [{ ...(version < 10 ? { name: 'a' } : { topicId }), partitionIndexes: [0] }] },
          ],
        },
  FindCoordinator: (version) => (version < 4 ? { key: 'g' } : { coordinatorKeys: ['g'] }),
  JoinGroup: (version) => ({
    groupId: `joined-${version}`,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 1000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
  }),
  Heartbeat: () => ({ groupId: 'g', generationId: 1, memberId: 'm' }),
  LeaveGroup: (version) => ({ groupId: 'g', ...(version < 3 ? { memberId: 'm' } : { members: [{ memberId: 'm' }] }) }),
  SyncGroup: () => ({ groupId: 'g', generationId: 1, memberId: 'm', assignments: [] }),
  DescribeGroups: () => ({ groups: ['g', 'nobody'] }),
  ListGroups: () => ({}),
  ConsumerGroupHeartbeat: () => ({
    groupId: 'consumers',
    memberId: 'm',
    memberEpoch: 0,
    rebalanceTimeoutMs: 1000,
    subscribedTopicNames: ['t'],
    topicPartitions: [],
  }),
  ConsumerGroupDescribe: () => ({ groupIds: ['consumers', 'nobody'], includeAuthorizedOperations: true }),
  ApiVersions: (version) => (version < 3 ? {} : { clientSoftwareName: 'wire', clientSoftwareVersion: '1.0' }),
  CreateTopics: (version) => ({
    timeoutMs: 1000,
    topics: [
      {
        name: `made-${version}`,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: [{ name: 'retention.ms', value: '1000' }],
      },
    ],
  }),
  DeleteTopics: (version) => ({
    timeoutMs: 1000,
    ...(version < 6
      ? { topicNames: [`made-${version + 1}`, 'missing'] }
      : { topics: [{ name: `made-${version + 1}`, topicId: zeroUuid }] }),
  }),
  DeleteRecords: () => ({ timeoutMs: 1000, topics: [{ name: 'a', partitions: [{ partitionIndex: 0, offset: 0 }] }] }),
  InitProducerId: () => ({ transactionalId: null, transactionTimeoutMs: 1000 }),
  AddPartitionsToTxn: (version) =>
    version < 4
      ? {
          v3AndBelowTransactionalId: 't',
          v3AndBelowProducerId: 1,
          v3AndBelowProducerEpoch: 0,
          v3AndBelowTopics: [{ name: 'a', partitions: [0] }],
        }
      : {
          transactions: [
            { transactionalId: 't', producerId: 1, producerEpoch: 0, topics: [{ name: 'a', partitions: [0] }] },
          ],
        },
  AddOffsetsToTxn: () => ({ transactionalId: 't', producerId: 1, producerEpoch: 0, groupId: 'g' }),
  EndTxn: () => ({ transactionalId: 't', producerId: 1, producerEpoch: 0, committed: true }),
  WriteTxnMarkers: () => ({
    markers: [
      {
        producerId: 1,
        producerEpoch: 0,
        transactionResult: true,
        coordinatorEpoch: 0,
        topics: [{ name: 'a', partitionIndexes: [0] }],
      },
    ],
  }),
  TxnOffsetCommit: () => ({
    transactionalId: 't',
    groupId: 'g',
    producerId: 1,
    producerEpoch: 0,
    topics: [{ name: 'a', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }] }],
  }),
  DescribeProducers: () => ({ topics: [{ name: 'a', partitionIndexes: [0] }] }),
  DescribeTransactions: () => ({ transactionalIds: ['t'] }),
  ListTransactions: () => ({ stateFilters: [], producerIdFilters: [] }),
  OffsetForLeaderEpoch: () => ({ topics: [{ topic: 'a', partitions: [{ partition: 0, leaderEpoch: 0 }] }] }),
  DescribeAcls: () => anyAcl,
  CreateAcls: () => ({
    creations: [
      { resourceType: 2, resourceName: 'a', principal: 'User:a', host: '*', operation: 3, permissionType: 3 },
    ],
  }),
  DeleteAcls: () => ({
    filters: [anyAcl],
  }),
  DescribeConfigs: () => ({
    includeSynonyms: true,
    resources: [
      { resourceType: 2, resourceName: 'a', configurationKeys: null },
      { resourceType: 4, resourceName: '1', configurationKeys: null },
    ],
  }),
  AlterConfigs: () => ({
    validateOnly: true,
    resources: [{ resourceType: 2, resourceName: 'a', configs: [{ name: 'retention.ms', value: '5' }] }],
  }),
  DescribeLogDirs: () => ({ topics: null }),
  CreatePartitions: () => ({
    timeoutMs: 1000,
    validateOnly: true,
    topics: [{ name: 'a', count: 2, assignments: null }],
  }),
  DeleteGroups: () => ({ groupsNames: ['nobody'] }),
  IncrementalAlterConfigs: () => ({
    validateOnly: true,
    resources: [
      { resourceType: 2, resourceName: 'a', configs: [{ name: 'retention.ms', configOperation: 0, value: '5' }] },
    ],
  }),
  OffsetDelete: () => ({ groupId: 'g', topics: [{ name: 'a', partitions: [{ partitionIndex: 0 }] }] }),
  UpdateFeatures: (version) => ({
    validateOnly: version > 0,
    featureUpdates: [{ feature: 'metadata.version', maxVersionLevel: 30 }],
  }),
  DescribeClientQuotas: () => ({ components: [], strict: false }),
  AlterClientQuotas: () => ({
    entries: [
      {
        entity: [{ entityType: 'user', entityName: 'a' }],
        ops: [{ key: 'producer_byte_rate', value: 1e9, remove: false }],
      },
    ],
    validateOnly: false,
  }),
  DescribeCluster: () => ({ includeClusterAuthorizedOperations: false }),
  ListConfigResources: (version) => (version === 0 ? {} : { resourceTypes: [2, 4] }),
  AlterReplicaLogDirs: () => ({ dirs: [{ path: '/broker', topics: [{ name: 'a', partitions: [0] }] }] }),
  ElectLeaders: (version) => ({
    ...(version > 0 && { electionType: 0 }),
    topicPartitions: [{ topic: 'a', partitions: [0] }],
  }),
  AlterPartitionReassignments: () => ({ topics: [{ name: 'a', partitions: [{ partitionIndex: 0, replicas: [1] }] }] }),
  ListPartitionReassignments: () => ({ topics: null }),
  DescribeQuorum: () => ({ topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }),
  UnregisterBroker: () => ({ brokerId: 9 }),
  SaslHandshake: () => ({ mechanism: 'PLAIN' }),
  SaslAuthenticate: () => ({ authBytes: Buffer.alloc(1) }),
  DescribeUserScramCredentials: () => ({ users: null }),
  AlterUserScramCredentials: () => ({ deletions: [{ name: 'nobody', mechanism: 1 }], upsertions: [] }),
  StreamsGroupHeartbeat: () => ({ groupId: 's', memberId: 'm', memberEpoch: -1, endpointInformationEpoch: 0 }),
  StreamsGroupDescribe: () => ({ groupIds: ['s'], includeAuthorizedOperations: false }),
  DescribeTopicPartitions: () => ({ topics: [{ name: 'a' }, { name: 'missing' }] }),
}

/** The windows in which nine client libraries find a version in common with the broker: lowest minimum, highest maximum. */
const windows: Record<number, { readonly minAtMost: number; readonly maxAtLeast: number }> = {
  0: { minAtMost: 7, maxAtLeast: 3 },
  1: { minAtMost: 11, maxAtLeast: 4 },
  2: { minAtMost: 3, maxAtLeast: 1 },
  3: { minAtMost: 5, maxAtLeast: 0 },
  8: { minAtMost: 3, maxAtLeast: 2 },
  9: { minAtMost: 3, maxAtLeast: 1 },
  10: { minAtMost: 1, maxAtLeast: 0 },
  11: { minAtMost: 5, maxAtLeast: 0 },
  12: { minAtMost: 1, maxAtLeast: 0 },
  13: { minAtMost: 1, maxAtLeast: 0 },
  14: { minAtMost: 3, maxAtLeast: 0 },
  15: { minAtMost: 2, maxAtLeast: 0 },
  16: { minAtMost: 2, maxAtLeast: 0 },
  18: { minAtMost: 2, maxAtLeast: 0 },
  19: { minAtMost: 3, maxAtLeast: 2 },
  20: { minAtMost: 1, maxAtLeast: 1 },
  21: { minAtMost: 1, maxAtLeast: 0 },
  22: { minAtMost: 0, maxAtLeast: 0 },
  23: { minAtMost: 2, maxAtLeast: 2 },
  29: { minAtMost: 1, maxAtLeast: 1 },
  30: { minAtMost: 1, maxAtLeast: 1 },
  31: { minAtMost: 1, maxAtLeast: 1 },
  32: { minAtMost: 1, maxAtLeast: 1 },
  33: { minAtMost: 1, maxAtLeast: 0 },
  35: { minAtMost: 4, maxAtLeast: 1 },
  37: { minAtMost: 1, maxAtLeast: 0 },
  42: { minAtMost: 1, maxAtLeast: 0 },
  44: { minAtMost: 1, maxAtLeast: 0 },
  47: { minAtMost: 0, maxAtLeast: 0 },
  48: { minAtMost: 0, maxAtLeast: 0 },
  49: { minAtMost: 1, maxAtLeast: 0 },
  57: { minAtMost: 0, maxAtLeast: 0 },
  24: { minAtMost: 0, maxAtLeast: 0 },
  25: { minAtMost: 0, maxAtLeast: 0 },
  26: { minAtMost: 0, maxAtLeast: 0 },
  27: { minAtMost: 1, maxAtLeast: 1 },
  28: { minAtMost: 0, maxAtLeast: 0 },
  60: { minAtMost: 1, maxAtLeast: 0 },
  61: { minAtMost: 0, maxAtLeast: 0 },
  65: { minAtMost: 0, maxAtLeast: 0 },
  66: { minAtMost: 1, maxAtLeast: 0 },
  74: { minAtMost: 0, maxAtLeast: 0 },
  34: { minAtMost: 2, maxAtLeast: 1 },
  43: { minAtMost: 2, maxAtLeast: 0 },
  45: { minAtMost: 0, maxAtLeast: 0 },
  46: { minAtMost: 0, maxAtLeast: 0 },
  55: { minAtMost: 2, maxAtLeast: 0 },
  64: { minAtMost: 0, maxAtLeast: 0 },
  75: { minAtMost: 0, maxAtLeast: 0 },
}

const cases = served.flatMap(({ api, versions, refuse }) =>
  Array.from({ length: versions.high - versions.low + 1 }, (_, i) => ({ api, version: versions.low + i, refuse })),
)

describe('versions', () => {
  it('answers every API in every version it shows', async () => {
    const faults: string[] = []
    const log: Log = (level, text, details) => level === 'error' && faults.push(text + JSON.stringify(details))
    const broker = await memoryBroker({}, { log })
    const setup = await wireClient(broker)
    const topicId = await makeTopic(setup, 'a')
    const client = await wireClient(broker)
    // The offsets topic first, so that groups have their place.
    await client.call(served.find(({ api }) => api.name === 'FindCoordinator')!.api, 4, {
      coordinatorKeys: ['g'],
    } as never)
    for (const { api, version } of cases) {
      const request = requests[api.name]!(version, topicId)
      const answer = await client.call(api as Api, version, request as never).catch((error: Error) => error)
      expect(answer, `${api.name} ${version}`).not.toBeInstanceOf(Error)
      expect(errorsIn(answer), `${api.name} ${version}`).not.toContain('UNKNOWN_SERVER_ERROR')
    }
    expect(faults).toEqual([])
    expect(cases.map(({ api }) => api.name)).toEqual(expect.arrayContaining(Object.keys(requests)))
  })

  it('has a refusal for every API in every version, which carries the error', () => {
    const { code } = errorCodes.CLUSTER_AUTHORIZATION_FAILED
    const silent: string[] = []
    for (const { api, version, refuse } of cases) {
      if (refuse === undefined) continue
      const asked = requests[api.name]!(version, zeroUuid)
      const frame = Buffer.concat(encodeRequest(api, version, 7, 'wire', asked as never)).subarray(4)
      const request = decodeRequest(api, version, frame, readRequestHeader(frame).bodyStart)
      const body = refuse(request as never, code, { apiVersion: version } as never, 'no')
      const answer = Buffer.concat(encodeResponse(api, version, 7, body as never)).subarray(4)
      const told = errorsIn(decodeResponse(api, version, answer).body)
      if (told.join() !== 'CLUSTER_AUTHORIZATION_FAILED') silent.push(`${api.name} ${version} ${told.join()}`.trim())
    }
    // These have no room for an error of the whole, in Apache Kafka neither.
    expect(silent).toEqual(['DescribeLogDirs 1', 'DescribeLogDirs 2'])
  })

  it('shows ranges in which the known clients find a version', async () => {
    const client = await wireClient(await memoryBroker())
    const { apiKeys } = await client.call(apiVersions, 4, { clientSoftwareName: 'wire', clientSoftwareVersion: '1.0' })
    for (const [key, { minAtMost, maxAtLeast }] of Object.entries(windows)) {
      const shown = apiKeys.find(({ apiKey }) => apiKey === Number(key))
      expect(shown, `API ${key}`).toBeDefined()
      expect(shown!.minVersion, `API ${key}`).toBeLessThanOrEqual(minAtMost)
      expect(shown!.maxVersion, `API ${key}`).toBeGreaterThanOrEqual(maxAtLeast)
    }
    expect(apiKeys.find(({ apiKey }) => apiKey === 0)).toEqual({ apiKey: 0, minVersion: 0, maxVersion: 13 })
    expect(apiKeys).toHaveLength(served.length)
  })

  it('shows features that may be off only to clients that can read them', async () => {
    const client = await wireClient(await memoryBroker())
    const software = { clientSoftwareName: 'wire', clientSoftwareVersion: '1.0' }
    const three = await client.call(apiVersions, 3, software)
    const four = await client.call(apiVersions, 4, software)
    expect(three.supportedFeatures.map(({ name }) => name)).toEqual(['metadata.version'])
    expect(four.supportedFeatures.map(({ name }) => name).sort()).toEqual([
      'eligible.leader.replicas.version',
      'group.version',
      'kraft.version',
      'metadata.version',
      'streams.version',
      'transaction.version',
    ])
    expect(four.finalizedFeaturesEpoch).toBeGreaterThanOrEqual(0)
    const finalized = new Map(four.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]))
    for (const [name, { fresh }] of Object.entries(features)) expect(finalized.get(name) ?? 0, name).toBe(fresh)
  })

  it('wants to know the software of clients that can tell', async () => {
    const client = await wireClient(await memoryBroker())
    expect((await client.call(apiVersions, 3, { clientSoftwareName: '', clientSoftwareVersion: '' })).errorCode).toBe(
      42,
    )
  })
})
