import { describe, expect, it } from 'vitest'

import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { describeConfigs } from '#core/wire/api/32-describe-configs.ts'
import { createPartitions } from '#core/wire/api/37-create-partitions.ts'
import { incrementalAlterConfigs } from '#core/wire/api/44-incremental-alter-configs.ts'
import { updateFeatures } from '#core/wire/api/57-update-features.ts'
import { consumerGroupHeartbeat } from '#core/wire/api/68-consumer-group-heartbeat.ts'
import { consumerGroupDescribe } from '#core/wire/api/69-consumer-group-describe.ts'
import { errorName } from '#core/wire/errors.ts'
import { makeTopic, memoryBroker, wireClient } from '../../support/memory-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

const groupResource = 32
const quick = { 'group.consumer.assignment.interval.ms': '0' }

/** Joins a group whose coordinator is found, which makes the topic of groups. */
async function join(client: WireClient, groupId: string, topics: readonly string[]) {
  await client.call(findCoordinator, 6, { keyType: 0, coordinatorKeys: [groupId] })
  return client.call(consumerGroupHeartbeat, 1, {
    groupId,
    memberId: 'm',
    memberEpoch: 0,
    rebalanceTimeoutMs: 5000,
    subscribedTopicNames: topics,
    topicPartitions: [],
  })
}

describe('consumer groups of a broker', () => {
  it('are told of topics that grow, by the heartbeat after', async () => {
    const broker = await memoryBroker(quick)
    const client = await wireClient(broker)
    await makeTopic(client, 't')
    const joined = await join(client, 'g', ['t'])
    expect(joined.assignment?.topicPartitions.map(({ partitions }) => partitions)).toEqual([[0]])
    const topics = [{ name: 't', count: 3, assignments: null }]
    await client.call(createPartitions, 3, { topics, timeoutMs: 1000, validateOnly: false })
    const owned = joined.assignment!.topicPartitions
    const beat = { groupId: 'g', memberId: 'm', memberEpoch: joined.memberEpoch, topicPartitions: owned }
    const { assignment } = await client.call(consumerGroupHeartbeat, 1, beat)
    expect(assignment?.topicPartitions.map(({ partitions }) => partitions)).toEqual([[0, 1, 2]])
  })

  it('follow the settings of each', async () => {
    const broker = await memoryBroker(quick)
    const client = await wireClient(broker)
    expect((await join(client, 'g', [])).heartbeatIntervalMs).toBe(5000)
    const change = { name: 'consumer.heartbeat.interval.ms', configOperation: 0, value: '7000' }
    const resources = [{ resourceType: groupResource, resourceName: 'g', configs: [change] }]
    const altered = await client.call(incrementalAlterConfigs, 1, { resources, validateOnly: false })
    expect(altered.responses[0]!.errorCode).toBe(0)
    expect((await join(client, 'g', [])).heartbeatIntervalMs).toBe(7000)
    expect((await join(client, 'h', [])).heartbeatIntervalMs).toBe(5000)
    const asked = [{ resourceType: groupResource, resourceName: 'g', configurationKeys: null }]
    const { results } = await client.call(describeConfigs, 4, { resources: asked })
    const shown = results[0]!.configs.find(({ name }) => name === change.name)
    expect(shown?.value).toBe('7000')
  })

  it('are there while group.version is 1, as in a new cluster', async () => {
    const broker = await memoryBroker(quick)
    const client = await wireClient(broker)
    await join(client, 'g', [])
    const asked = { clientSoftwareName: 'check', clientSoftwareVersion: '1' }
    const { finalizedFeatures } = await client.call(apiVersions, 4, asked)
    expect(finalizedFeatures?.find(({ name }) => name === 'group.version')?.maxVersionLevel).toBe(1)
    const featureUpdates = [{ feature: 'group.version', maxVersionLevel: 0, upgradeType: 2 }]
    await client.call(updateFeatures, 1, { timeoutMs: 1000, featureUpdates, validateOnly: false })
    expect(errorName((await join(client, 'g', [])).errorCode)).toBe('UNSUPPORTED_VERSION')
    const described = { groupIds: ['g'], includeAuthorizedOperations: false }
    const { groups } = await client.call(consumerGroupDescribe, 1, described)
    expect(errorName(groups[0]!.errorCode)).toBe('UNSUPPORTED_VERSION')
  })
})
