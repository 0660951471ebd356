import { describe, expect, it } from 'vitest'

import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { updateFeatures } from '#core/wire/api/57-update-features.ts'
import { describeTopicPartitions } from '#core/wire/api/75-describe-topic-partitions.ts'
import { streamsGroupHeartbeat } from '#core/wire/api/88-streams-group-heartbeat.ts'
import { streamsGroupDescribe } from '#core/wire/api/89-streams-group-describe.ts'
import { errorName } from '#core/wire/errors.ts'
import { makeTopic, memoryBroker, wireClient } from '../../support/memory-broker.ts'
import { reading } from '../../support/streams-members.ts'
import { type Right, brokerWithUsers, clientOf, giveOnly } from '../../support/users.ts'
import type { WireClient } from '../../support/wire-client.ts'

const settings = {
  'group.streams.initial.rebalance.delay.ms': '0',
  'group.streams.assignment.interval.ms': '0',
  'offsets.topic.num.partitions': '1',
}

async function join(client: WireClient, topology = reading(['orders'], 'app-changelog')) {
  const answer = await client.call(streamsGroupHeartbeat, 0, {
    groupId: 'app',
    memberId: 'a',
    memberEpoch: 0,
    endpointInformationEpoch: 0,
    topology,
    processId: 'p',
    clientTags: [],
    rebalanceTimeoutMs: 5000,
    activeTasks: [],
    standbyTasks: [],
    warmupTasks: [],
  })
  return { ...answer, error: errorName(answer.errorCode) }
}

const beat = (client: WireClient) =>
  client.call(streamsGroupHeartbeat, 0, { groupId: 'app', memberId: 'a', memberEpoch: 2, endpointInformationEpoch: 0 })

/** Waits until a group's partition of `__consumer_offsets` is there. */
async function coordinator(client: WireClient): Promise<void> {
  for (;;) {
    const { coordinators } = await client.call(findCoordinator, 4, { coordinatorKeys: ['app'] })
    if (coordinators[0]!.errorCode === 0) return
  }
}

describe('heartbeats of streams groups', () => {
  it('have internal topics made, with their settings', async () => {
    const client = await wireClient(await memoryBroker(settings))
    await makeTopic(client, 'orders', {}, 3)
    await coordinator(client)
    const { status } = await join(client)
    expect(status).toEqual([{ statusCode: 3, statusDetail: 'internal topics are missing: app-changelog' }])
    const { topics } = await client.call(describeTopicPartitions, 0, {
      topics: [{ name: 'app-changelog' }],
      cursor: null,
    })
    expect(topics[0]!.partitions).toHaveLength(3)
    const { activeTasks } = await beat(client)
    expect(activeTasks).toEqual([{ subtopologyId: '0', partitions: [0, 1, 2] }])
  })

  it('say why an internal topic cannot be made', async () => {
    const client = await wireClient(await memoryBroker(settings))
    await makeTopic(client, 'orders')
    await coordinator(client)
    const topology = reading(['orders'], 'app-changelog', [{ key: 'no.such.setting', value: '1' }])
    const { status } = await join(client, topology)
    expect(status![0]!.statusDetail).toBe(
      "internal topics are missing: app-changelog; cannot be made: app-changelog (topics have no setting 'no.such.setting')",
    )
  })

  it('refuse topics of the broker, and names that no topic can have', async () => {
    const client = await wireClient(await memoryBroker(settings))
    await coordinator(client)
    const [own, odd] = [await join(client, reading(['__consumer_offsets'])), await join(client, reading(['a/b']))]
    expect([own.error, odd.error]).toEqual(['STREAMS_INVALID_TOPOLOGY', 'STREAMS_INVALID_TOPOLOGY'])
    expect(own.errorMessage).toContain('__consumer_offsets')
    expect(odd.errorMessage).toContain('a/b')
  })

  it('need the feature streams.version', async () => {
    const client = await wireClient(await memoryBroker(settings))
    await coordinator(client)
    const featureUpdates = [{ feature: 'streams.version', maxVersionLevel: 0, upgradeType: 2 }]
    await client.call(updateFeatures, 1, { timeoutMs: 1000, featureUpdates, validateOnly: false })
    expect((await join(client)).error).toBe('UNSUPPORTED_VERSION')
    const { groups } = await client.call(streamsGroupDescribe, 0, {
      groupIds: ['app'],
      includeAuthorizedOperations: false,
    })
    expect(errorName(groups[0]!.errorCode)).toBe('UNSUPPORTED_VERSION')
  })

  it('need rights to the group, to its topics, and to make topics', async () => {
    const broker = await brokerWithUsers(['ann'], settings)
    const admin = await clientOf(broker, 'admin')
    const ann = await clientOf(broker, 'ann')
    await makeTopic(admin, 'orders')
    await coordinator(admin)
    expect((await join(ann)).error).toBe('GROUP_AUTHORIZATION_FAILED')
    const group: Right = ['READ', 'GROUP', 'app']
    const topics: readonly Right[] = ['orders', 'app-changelog'].map((name) => ['DESCRIBE', 'TOPIC', name])
    await giveOnly(admin, 'ann', [group])
    expect((await join(ann)).error).toBe('TOPIC_AUTHORIZATION_FAILED')
    await giveOnly(admin, 'ann', [group, ...topics])
    const { status } = await join(ann)
    expect(status![0]!.statusDetail).toBe(
      'internal topics are missing: app-changelog; the client may not make topics app-changelog',
    )
    await giveOnly(admin, 'ann', [group, ...topics, ['CREATE', 'TOPIC', 'app-changelog']])
    expect((await join(ann)).status).toMatchObject([{ statusDetail: 'internal topics are missing: app-changelog' }])
    expect((await beat(ann)).activeTasks).toMatchObject([{ partitions: [0] }])
  })

  it('are described to whom may see the group and its topics', async () => {
    const broker = await brokerWithUsers(['ann'], settings)
    const admin = await clientOf(broker, 'admin')
    const ann = await clientOf(broker, 'ann')
    await makeTopic(admin, 'orders')
    await coordinator(admin)
    await join(admin, reading(['orders']))
    const described = async () => {
      const request = { groupIds: ['app'], includeAuthorizedOperations: true }
      const { groups } = await ann.call(streamsGroupDescribe, 0, request)
      return { ...groups[0]!, error: errorName(groups[0]!.errorCode) }
    }
    expect((await described()).error).toBe('GROUP_AUTHORIZATION_FAILED')
    await giveOnly(admin, 'ann', [['DESCRIBE', 'GROUP', 'app']])
    expect(await described()).toMatchObject({ error: 'TOPIC_AUTHORIZATION_FAILED', topology: null, members: [] })
    await giveOnly(admin, 'ann', [
      ['DESCRIBE', 'GROUP', 'app'],
      ['DESCRIBE', 'TOPIC', 'orders'],
    ])
    expect(await described()).toMatchObject({ error: 'NONE', groupState: 'Stable', authorizedOperations: 1 << 8 })
  })
})
