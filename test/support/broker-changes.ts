import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'

import { produce } from '#core/wire/api/00-produce.ts'
import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import { offsetFetch } from '#core/wire/api/09-offset-fetch.ts'
import { heartbeat } from '#core/wire/api/12-heartbeat.ts'
import { describeGroups } from '#core/wire/api/15-describe-groups.ts'
import { createTopics } from '#core/wire/api/19-create-topics.ts'
import { deleteTopics } from '#core/wire/api/20-delete-topics.ts'
import { initProducerId } from '#core/wire/api/22-init-producer-id.ts'
import { endTxn } from '#core/wire/api/26-end-txn.ts'
import { deleteAcls } from '#core/wire/api/31-delete-acls.ts'
import { incrementalAlterConfigs } from '#core/wire/api/44-incremental-alter-configs.ts'
import { alterClientQuotas } from '#core/wire/api/49-alter-client-quotas.ts'
import { describeTransactions } from '#core/wire/api/65-describe-transactions.ts'
import { consumerGroupHeartbeat } from '#core/wire/api/68-consumer-group-heartbeat.ts'
import { consumerGroupDescribe } from '#core/wire/api/69-consumer-group-describe.ts'
import { streamsGroupHeartbeat } from '#core/wire/api/88-streams-group-heartbeat.ts'
import { streamsGroupDescribe } from '#core/wire/api/89-streams-group-describe.ts'
import { errorName } from '#core/wire/errors.ts'
import { errorsIn } from './errors-in.ts'
import { batchOf, produceBody } from './transaction-scenarios.ts'
import { everyAcl } from './users.ts'
import { WireClient } from './wire-client.ts'

/**
 * Goes on with a broker that `FillBroker.java` filled and somebody else served: ends what is open, lets members say that they
 * are still there, and changes something of everything. `before` is what the broker showed until now.
 */
export async function changeEverything(bootstrap: string, before: readonly string[]): Promise<void> {
  const client = await WireClient.connect(bootstrap)
  try {
    await endTransactions(client, before)
    await membersGoOn(client)
    await change(client)
  } finally {
    client.close()
  }
}

async function endTransactions(client: WireClient, before: readonly string[]): Promise<void> {
  const describe = async (transactionalId: string) =>
    (await client.call(describeTransactions, 0, { transactionalIds: [transactionalId] })).transactionStates[0]!
  const settled = async (transactionalId: string, state: string): Promise<void> => {
    for (const end = Date.now() + 30_000; ; await pause(20)) {
      const { transactionState } = await describe(transactionalId)
      if (transactionState === state) return
      assert.ok(Date.now() < end, `${transactionalId} is still ${transactionState}`)
    }
  }
  const init = async (transactionalId: string | null): Promise<number> => {
    for (const end = Date.now() + 30_000; ; await pause(20)) {
      const request = { transactionalId, transactionTimeoutMs: 900_000 }
      const { errorCode, producerId } = await client.call(initProducerId, 5, request)
      if (errorCode === 0) return producerId
      // The second one: Apache Kafka waits for a block of ids.
      assert.match(errorName(errorCode), /^(CONCURRENT_TRANSACTIONS|COORDINATOR_LOAD_IN_PROGRESS)$/)
      assert.ok(Date.now() < end, `${transactionalId} has no producer id yet`)
    }
  }
  const open = await describe('open-0')
  assert.equal(errorName((await client.call(endTxn, 5, { ...open, committed: true })).errorCode), 'NONE')
  await settled('open-0', 'CompleteCommit')
  // Another producer of the name: what the one before left open is undone.
  await init('open-1')
  await settled('open-1', 'Empty')
  const known = before.flatMap((line) => line.match(/"producerId":\d+/g) ?? [])
  const fresh = await init(null)
  assert.ok(!known.includes(`"producerId":${fresh}`), `producer id ${fresh} is given a second time`)
  for (const [groupId, offset] of [
    ['group-of-open-0', 3],
    ['group-of-open-1', 2],
  ] as const) {
    const found = await client.call(offsetFetch, 9, { groups: [{ groupId, topics: null }], requireStable: true })
    assert.equal(found.groups[0]!.topics[0]!.partitions[0]!.committedOffset, offset, groupId)
  }
}

/** Every member that was left behind is known, at its epoch, under the name that its client has; one of them leaves. */
async function membersGoOn(client: WireClient): Promise<void> {
  const ask = { includeAuthorizedOperations: false }
  const classic = await client.call(describeGroups, 6, { groups: ['classic-live'], ...ask })
  const { memberId, groupInstanceId, clientId } = classic.groups[0]!.members[0]!
  const beat = { groupId: 'classic-live', generationId: 1, memberId, groupInstanceId }
  assert.deepEqual(errorsIn(await client.call(heartbeat, 4, beat, clientId)), [], 'classic-live')
  const groupIds = ['consumer-live', 'pattern-live']
  for (const { groupId, members } of (await client.call(consumerGroupDescribe, 1, { groupIds, ...ask })).groups) {
    assert.equal(members.length, 1, groupId)
    const { instanceId, memberEpoch, clientId: name } = members[0]!
    const member = { groupId, memberId: members[0]!.memberId, instanceId, memberEpoch }
    const answer = await client.call(consumerGroupHeartbeat, 1, member, name)
    assert.deepEqual([errorsIn(answer), answer.memberEpoch], [[], memberEpoch], groupId)
    if (groupId === 'consumer-live') continue
    assert.deepEqual(errorsIn(await client.call(consumerGroupHeartbeat, 1, { ...member, memberEpoch: -1 })), [])
  }
  const streams = await client.call(streamsGroupDescribe, 0, { groupIds: ['app'], ...ask })
  const { members } = streams.groups[0]!
  assert.equal(members.length, 2, 'threads of the application')
  for (const { memberId: id, memberEpoch, clientId: name } of members) {
    const member = { groupId: 'app', memberId: id, memberEpoch, endpointInformationEpoch: 0 }
    const answer = await client.call(streamsGroupHeartbeat, 0, member, name)
    assert.deepEqual([errorsIn(answer), answer.memberEpoch], [[], memberEpoch], 'app')
  }
}

async function change(client: WireClient): Promise<void> {
  const later = { name: 'later', numPartitions: 2, replicationFactor: 1, assignments: [] }
  const creation = [{ ...later, configs: [{ name: 'cleanup.policy', value: 'compact' }] }]
  const quota = (key: string, value: number, remove = false) => ({ key, value, remove })
  const ops = [quota('producer_byte_rate', 5), quota('consumer_byte_rate', 0, true)]
  const entries = [{ entity: [{ entityType: 'user', entityName: 'alice' }], ops }]
  const many = { resourceType: 2, resourceName: 'many' }
  const configs = [
    { name: 'retention.ms', configOperation: 1, value: null },
    { name: 'segment.ms', configOperation: 0, value: '86400000' },
  ]
  const commit = { partitionIndex: 1, committedOffset: 8, committedMetadata: 'again' }
  const offsets = { groupId: 'simple', memberId: '', generationIdOrMemberEpoch: -1 }
  const answers = [
    await client.call(produce, 12, produceBody('many', batchOf(undefined, ['from the other side']), null)),
    await client.call(offsetCommit, 9, { ...offsets, topics: [{ name: 'many', partitions: [commit] }] }),
    await client.call(createTopics, 7, { topics: creation, timeoutMs: 10_000, validateOnly: false }),
    await client.call(deleteTopics, 5, { topicNames: ['stamped'], timeoutMs: 10_000 }),
    await client.call(deleteAcls, 3, { filters: [{ ...everyAcl, principalFilter: 'User:bob' }] }),
    await client.call(alterClientQuotas, 1, { entries, validateOnly: false }),
    await client.call(incrementalAlterConfigs, 1, { resources: [{ ...many, configs }], validateOnly: false }),
  ]
  for (const answer of answers) assert.deepEqual(errorsIn(answer), [], JSON.stringify(answer))
  // Who serves follows the controller with a delay.
  await pause(1000)
}
