import { describe, expect, it } from 'vitest'

import { alterReplicaLogDirs } from '#core/wire/api/34-alter-replica-log-dirs.ts'
import { describeLogDirs } from '#core/wire/api/35-describe-log-dirs.ts'
import { electLeaders } from '#core/wire/api/43-elect-leaders.ts'
import { alterPartitionReassignments } from '#core/wire/api/45-alter-partition-reassignments.ts'
import { listPartitionReassignments } from '#core/wire/api/46-list-partition-reassignments.ts'
import { describeQuorum } from '#core/wire/api/55-describe-quorum.ts'
import { updateFeatures } from '#core/wire/api/57-update-features.ts'
import { unregisterBroker } from '#core/wire/api/64-unregister-broker.ts'
import { errorName } from '#core/wire/errors.ts'
import { MetadataImage } from '../../../broker/controller/image.ts'
import { planReassignment, planUnregistration } from '../../../broker/controller/replica-plans.ts'
import { makeTopic, memoryBroker, wireClient } from '../../support/memory-broker.ts'

async function cluster() {
  const broker = await memoryBroker()
  const client = await wireClient(broker)
  await makeTopic(client, 'a', {}, 2)
  return { broker, client }
}

describe('one node', () => {
  it('needs no elections, and says for which partition there is none', async () => {
    const { client } = await cluster()
    const elect = async (type: number, topicPartitions: { topic: string; partitions: number[] }[] | null) => {
      const answer = await client.call(electLeaders, 2, { electionType: type, topicPartitions })
      return answer.replicaElectionResults.flatMap(({ partitionResult }) =>
        partitionResult.map(({ errorCode }) => errorName(errorCode)),
      )
    }
    expect(await elect(0, null)).toEqual([])
    expect(await elect(0, [{ topic: 'a', partitions: [0, 7] }])).toEqual([
      'ELECTION_NOT_NEEDED',
      'UNKNOWN_TOPIC_OR_PARTITION',
    ])
    expect(await elect(1, [{ topic: 'a', partitions: [1] }])).toEqual(['ELECTION_NOT_NEEDED'])
    expect(errorName((await client.call(electLeaders, 2, { electionType: 9, topicPartitions: null })).errorCode)).toBe(
      'INVALID_REQUEST',
    )
  })

  it('takes reassignments to itself and refuses others', async () => {
    const { client } = await cluster()
    const reassign = async (name: string, replicas: number[] | null) => {
      const topics = [{ name, partitions: [{ partitionIndex: 0, replicas }] }]
      const { responses } = await client.call(alterPartitionReassignments, 1, { topics })
      return errorName(responses[0]!.partitions[0]!.errorCode)
    }
    expect(await reassign('a', [1])).toBe('NONE')
    expect(await reassign('a', [1, 1])).toBe('INVALID_REPLICA_ASSIGNMENT')
    expect(await reassign('a', [2])).toBe('INVALID_REPLICA_ASSIGNMENT')
    expect(await reassign('a', [])).toBe('INVALID_REPLICA_ASSIGNMENT')
    expect(await reassign('a', null)).toBe('NO_REASSIGNMENT_IN_PROGRESS')
    expect(await reassign('b', [1])).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect((await client.call(listPartitionReassignments, 0, { topics: null })).topics).toEqual([])
  })

  it('is its own quorum', async () => {
    const { broker, client } = await cluster()
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }, { partitionIndex: 1 }] }]
    const answer = await client.call(describeQuorum, 2, { topics })
    const [quorum, other] = answer.topics[0]!.partitions
    expect(quorum).toMatchObject({ errorCode: 0, leaderId: broker.nodeId, leaderEpoch: 1, observers: [] })
    expect(quorum!.currentVoters).toMatchObject([{ replicaId: broker.nodeId, logEndOffset: quorum!.highWatermark }])
    expect(errorName(other!.errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(answer.nodes).toMatchObject([{ nodeId: broker.nodeId, listeners: [{ name: 'CONTROLLER' }] }])
  })

  it('has one directory', async () => {
    const { broker, client } = await cluster()
    const move = async (path: string, partitions: number[]) => {
      const answer = await client.call(alterReplicaLogDirs, 2, {
        dirs: [{ path, topics: [{ name: 'a', partitions }] }],
      })
      return answer.results[0]!.partitions.map(({ errorCode }) => errorName(errorCode))
    }
    expect(await move(broker.dataDir, [0, 9])).toEqual(['NONE', 'REPLICA_NOT_AVAILABLE'])
    expect(await move('/elsewhere', [0])).toEqual(['LOG_DIR_NOT_FOUND'])
    const { results } = await client.call(describeLogDirs, 5, { topics: null })
    expect(results).toMatchObject([{ errorCode: 0, logDir: broker.dataDir, isCordoned: false }])
  })

  it('changes features, or says in every version why not', async () => {
    const { client } = await cluster()
    const update = (version: number, level: number, validateOnly = false) =>
      client.call(updateFeatures, version, {
        featureUpdates: [{ feature: 'metadata.version', maxVersionLevel: level }],
        ...(version > 0 && { validateOnly }),
      })
    expect((await update(2, 30)).errorCode).toBe(0)
    expect((await update(0, 30)).results).toMatchObject([{ feature: 'metadata.version', errorCode: 0 }])
    const refused = await update(1, 31, true)
    expect(errorName(refused.errorCode)).toBe('INVALID_UPDATE_VERSION')
    expect(refused.errorMessage).toMatch(/metadata\.version at level 31.*7 to 30/)
  })

  it('forgets others, but not itself', async () => {
    const { broker, client } = await cluster()
    const forget = async (brokerId: number) =>
      errorName((await client.call(unregisterBroker, 0, { brokerId })).errorCode)
    expect(await forget(7)).toBe('BROKER_ID_NOT_REGISTERED')
    expect(await forget(broker.nodeId)).toBe('INVALID_REQUEST')
  })
})

describe('a directory that came from a cluster', () => {
  const here = { nodeId: 1, directoryId: 'IFgOxOxuRZOOWCY2hQxIkw' }
  const elsewhere = 'AAAAAAAAAAAAAAAAAAAAAQ'

  /** Brokers 1, alive, and 2, gone; a partition that both held. */
  function image(): MetadataImage {
    const made = new MetadataImage()
    const broker = { epoch: 5, incarnationId: elsewhere, endpoints: [], features: [], rack: null, logDirs: [] }
    for (const id of [1, 2]) {
      made.brokers.set(id, { ...broker, id, fenced: id === 2, inControlledShutdown: false })
    }
    const partition = {
      partitionId: 0,
      replicas: [2, 1],
      isr: [1, 2],
      removingReplicas: [],
      addingReplicas: [],
      leader: 1,
      leaderRecoveryState: 0,
      leaderEpoch: 3,
      partitionEpoch: 3,
      directories: [elsewhere, here.directoryId],
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
    }
    made.topics.set('t', { name: 't', id: elsewhere, partitions: [partition] })
    return made
  }

  it('gives up the replicas of brokers that are gone', () => {
    const wanted = { topic: 't', index: 0, replicas: [1] }
    expect(planReassignment(image(), wanted, here, true)).toMatchObject([
      { value: { replicas: [1], isr: [1], directories: [here.directoryId] } },
    ])
    expect(() => planReassignment(image(), wanted, here, false)).toThrow(/2 replicas and would have 1/)
  })

  it('forgets a broker, also as a replica in sync', () => {
    expect(planUnregistration(image(), 2, 1)).toMatchObject([
      { kind: 'partitionChange', value: { isr: [1] } },
      { kind: 'unregisterBroker', value: { brokerId: 2, brokerEpoch: 5 } },
    ])
  })
})
