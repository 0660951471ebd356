import { describe, expect, onTestFinished, test } from 'vitest'

import { BatchBuilder } from '#core/records/batch-builder.ts'
import { fetch } from '#core/wire/api/01-fetch.ts'
import { listOffsets } from '#core/wire/api/02-list-offsets.ts'
import { offsetFetch } from '#core/wire/api/09-offset-fetch.ts'
import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { initProducerId } from '#core/wire/api/22-init-producer-id.ts'
import { addOffsetsToTxn } from '#core/wire/api/25-add-offsets-to-txn.ts'
import { addPartitionsToTxn } from '#core/wire/api/24-add-partitions-to-txn.ts'
import { describeProducers } from '#core/wire/api/61-describe-producers.ts'
import { describeTransactions } from '#core/wire/api/65-describe-transactions.ts'
import { endTxn } from '#core/wire/api/26-end-txn.ts'
import { listTransactions } from '#core/wire/api/66-list-transactions.ts'
import { txnOffsetCommit } from '#core/wire/api/28-txn-offset-commit.ts'
import { writeTxnMarkers } from '#core/wire/api/27-write-txn-markers.ts'
import { errorName } from '#core/wire/errors.ts'
import {
  fetchBody,
  makeTopic,
  memoryBroker,
  produce,
  produceBody,
  produceValues,
  valuesIn,
  wireClient,
} from '../../support/memory-broker.ts'
import { startBroker } from '../../../broker/start.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import type { WireClient } from '../../support/wire-client.ts'

interface Producer {
  readonly producerId: number
  readonly producerEpoch: number
}

const id = 'payments'

async function coordinator(client: WireClient): Promise<void> {
  const answer = await client.call(findCoordinator, 6, { keyType: 1, coordinatorKeys: [id] })
  expect(answer.coordinators[0]!.errorCode).toBe(0)
}

const settled = (name: string): boolean => name !== 'CONCURRENT_TRANSACTIONS' && name !== 'COORDINATOR_LOAD_IN_PROGRESS'

/** Asks again while the coordinator is busy with what was before, as clients do. */
async function persist<T extends { readonly errorCode: number }>(
  ask: () => Promise<T>,
): Promise<T & { error: string }> {
  for (;;) {
    const answer = await ask()
    const error = errorName(answer.errorCode)
    if (settled(error)) return { ...answer, error }
    await new Promise((done) => setTimeout(done, 1))
  }
}

async function begin(client: WireClient, more: Partial<Producer> & { timeoutMs?: number } = {}): Promise<Producer> {
  const { producerId = -1, producerEpoch = -1, timeoutMs: transactionTimeoutMs = 60_000 } = more
  const request = { transactionalId: id, transactionTimeoutMs, producerId, producerEpoch }
  const answer = await persist(() => client.call(initProducerId, 5, request))
  expect(answer.error).toBe('NONE')
  return { producerId: answer.producerId, producerEpoch: answer.producerEpoch }
}

function batch({ producerId, producerEpoch }: Producer, values: readonly string[], baseSequence = 0): Buffer {
  const builder = new BatchBuilder({ producerId, producerEpoch, baseSequence, isTransactional: true })
  for (const value of values) builder.append(1_700_000_000_000, null, Buffer.from(value))
  return builder.build()
}

async function send(
  client: WireClient,
  version: number,
  topic: string,
  records: Buffer,
  partition = 0,
): Promise<string> {
  const body = { ...produceBody(topic, records, -1, partition), transactionalId: id }
  const { responses } = await client.call(produce, version, body)
  return errorName(responses[0]!.partitionResponses[0]!.errorCode)
}

const end = (client: WireClient, version: number, producer: Producer, committed: boolean) =>
  persist(() => client.call(endTxn, version, { transactionalId: id, ...producer, committed }))

async function add(client: WireClient, version: number, producer: Producer, topic: string): Promise<string> {
  const answer = await persist(async () => {
    const { resultsByTopicV3AndBelow } = await client.call(addPartitionsToTxn, version, {
      v3AndBelowTransactionalId: id,
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: producer.producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [0] }],
    })
    return { errorCode: resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode }
  })
  return answer.error
}

async function read(client: WireClient, topic: string, isolationLevel: number, offset = 0, maxWaitMs = 0) {
  const { responses } = await client.call(fetch, 12, { ...fetchBody(topic, offset, { maxWaitMs }), isolationLevel })
  const partition = responses[0]!.partitions[0]!
  return { ...partition, values: valuesIn(partition.records) }
}

/** All that a reader of committed data sees when it leaves out what it is told to. */
async function committed(client: WireClient, topic: string): Promise<number> {
  const { topics } = await client.call(listOffsets, 7, {
    replicaId: -1,
    isolationLevel: 1,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  })
  return topics[0]!.partitions[0]!.offset
}

const until = async (condition: () => Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise((done) => setTimeout(done, 1))
}

/** Few partitions, so that the coordinators are there at once. */
const small = { 'transaction.state.log.num.partitions': '2', 'offsets.topic.num.partitions': '2' }

async function setUp(config: Readonly<Record<string, string>> = {}) {
  const broker = await memoryBroker({ ...small, ...config })
  const client = await wireClient(broker)
  await makeTopic(client, 'orders', {}, 2)
  await coordinator(client)
  return { broker, client }
}

describe('transactions of old clients', () => {
  test('show their records when they are committed, and name those that were aborted', async () => {
    const { client } = await setUp()
    const producer = await begin(client)
    expect(await send(client, 10, 'orders', batch(producer, ['early']))).toBe('INVALID_TXN_STATE')
    expect(await send(client, 11, 'orders', batch(producer, ['early']))).toBe('TRANSACTION_ABORTABLE')
    expect(await add(client, 3, producer, 'orders')).toBe('NONE')
    expect(await send(client, 10, 'orders', batch(producer, ['a', 'b']))).toBe('NONE')
    expect((await read(client, 'orders', 0)).values).toEqual(['a', 'b'])
    expect(await read(client, 'orders', 1)).toMatchObject({ values: [], lastStableOffset: 0, highWatermark: 2 })
    expect((await end(client, 4, producer, true)).error).toBe('NONE')
    await until(async () => (await committed(client, 'orders')) === 3)
    expect((await read(client, 'orders', 1)).values.slice(0, 2)).toEqual(['a', 'b'])
    expect((await read(client, 'orders', 1)).abortedTransactions).toEqual([])

    expect(await add(client, 3, producer, 'orders')).toBe('NONE')
    expect(await send(client, 10, 'orders', batch(producer, ['c'], 2))).toBe('NONE')
    expect((await end(client, 4, producer, false)).error).toBe('NONE')
    await until(async () => (await committed(client, 'orders')) === 5)
    const { abortedTransactions } = await read(client, 'orders', 1)
    expect(abortedTransactions).toEqual([{ producerId: producer.producerId, firstOffset: 3 }])
    expect((await read(client, 'orders', 0)).abortedTransactions).toBeNull()
  })

  test('do not end twice in different ways', async () => {
    const { client } = await setUp()
    const producer = await begin(client)
    expect((await end(client, 4, producer, true)).error).toBe('INVALID_TXN_STATE')
    await add(client, 3, producer, 'orders')
    expect((await end(client, 4, producer, true)).error).toBe('NONE')
    expect((await end(client, 4, producer, true)).error).toBe('NONE')
    expect((await end(client, 4, producer, false)).error).toBe('INVALID_TXN_STATE')
    const stale = { ...producer, producerEpoch: producer.producerEpoch - 1 }
    expect((await end(client, 4, stale, true)).error).toBe('PRODUCER_FENCED')
    expect((await end(client, 1, stale, true)).error).toBe('INVALID_PRODUCER_EPOCH')
  })
})

describe('transactions v2', () => {
  test('are offered by new directories', async () => {
    const { client } = await setUp()
    const { finalizedFeatures } = await client.call(apiVersions, 3, {
      clientSoftwareName: 'x',
      clientSoftwareVersion: '1',
    })
    const feature = finalizedFeatures.find(({ name }) => name === 'transaction.version')
    expect(feature).toMatchObject({ minVersionLevel: 2, maxVersionLevel: 2 })
  })

  test('begin with the first batch and have an epoch each', async () => {
    const { client } = await setUp()
    const producer = await begin(client)
    expect(await send(client, 12, 'orders', batch(producer, ['a']))).toBe('NONE')
    const next = await end(client, 5, producer, true)
    expect(next).toMatchObject({
      error: 'NONE',
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch + 1,
    })
    // The answer was lost: the same question has the same answer.
    expect(await end(client, 5, producer, true)).toMatchObject({ error: 'NONE', producerEpoch: next.producerEpoch })
    expect((await end(client, 5, producer, false)).error).toBe('INVALID_TXN_STATE')
    await until(async () => (await committed(client, 'orders')) === 2)
    // A batch of the last transaction that comes late opens no new one.
    expect(await send(client, 12, 'orders', batch(producer, ['late'], 1))).toBe('INVALID_PRODUCER_EPOCH')
    const second = { producerId: next.producerId, producerEpoch: next.producerEpoch }
    expect(await send(client, 12, 'orders', batch(second, ['b']))).toBe('NONE')
    expect((await read(client, 'orders', 1)).values[0]).toBe('a')
    expect(await committed(client, 'orders')).toBe(2)
  })

  test('are not ended by an EndTxn of the one before that comes late, nor by a marker that comes twice', async () => {
    const { client } = await setUp()
    const first = await begin(client)
    await send(client, 12, 'orders', batch(first, ['a']))
    const { producerId, producerEpoch } = await end(client, 5, first, true)
    const second = { producerId, producerEpoch }
    await until(async () => (await committed(client, 'orders')) === 2)
    expect(await send(client, 12, 'orders', batch(second, ['b']))).toBe('NONE')
    expect((await end(client, 5, first, true)).error).toBe('PRODUCER_FENCED')
    expect((await end(client, 5, first, false)).error).toBe('PRODUCER_FENCED')
    const marker = { ...second, coordinatorEpoch: 100, transactionVersion: 2, transactionResult: true }
    const { markers } = await client.call(writeTxnMarkers, 2, {
      markers: [{ ...marker, topics: [{ name: 'orders', partitionIndexes: [0, 7] }] }],
    })
    const codes = markers[0]!.topics[0]!.partitions.map(({ errorCode }) => errorName(errorCode))
    expect(codes).toEqual(['INVALID_PRODUCER_EPOCH', 'UNKNOWN_TOPIC_OR_PARTITION'])
    expect(await committed(client, 'orders')).toBe(2)
    expect((await end(client, 5, second, false)).error).toBe('NONE')
  })

  test('keep the order of a connection while a partition is being added', async () => {
    const { client } = await setUp({ flush: 'always' })
    const producer = await begin(client)
    const answers = await Promise.all(
      [0, 1, 2, 3].map((n) => send(client, 12, 'orders', batch(producer, [`v${n}`], n))),
    )
    expect(answers).toEqual(['NONE', 'NONE', 'NONE', 'NONE'])
    expect((await read(client, 'orders', 0)).values).toEqual(['v0', 'v1', 'v2', 'v3'])
  })

  test('let a producer take over from one that is stuck', async () => {
    const { client } = await setUp()
    const first = await begin(client)
    await send(client, 12, 'orders', batch(first, ['a']))
    const second = await begin(client)
    expect(second.producerEpoch).toBe(first.producerEpoch + 2)
    expect(await committed(client, 'orders')).toBe(2)
    expect((await read(client, 'orders', 1)).abortedTransactions).toEqual([
      { producerId: first.producerId, firstOffset: 0 },
    ])
    expect(await send(client, 12, 'orders', batch(first, ['b'], 1))).toBe('INVALID_PRODUCER_EPOCH')
    expect((await end(client, 5, first, true)).error).toBe('PRODUCER_FENCED')
  })
})

describe('a reader of committed data', () => {
  test('waits for the end of a transaction, and is not woken by records that are still open', async () => {
    const { broker, client } = await setUp()
    const producer = await begin(client)
    const reader = await wireClient(broker)
    const waiting = read(reader, 'orders', 1, 0, 60_000)
    expect(await send(client, 12, 'orders', batch(producer, ['a']))).toBe('NONE')
    const open = Symbol('open')
    expect(await Promise.race([waiting, read(client, 'orders', 0).then(() => open)])).toBe(open)
    await end(client, 5, producer, true)
    expect((await waiting).values[0]).toBe('a')
  })

  test('waits for as many bytes as it may see, however many others see', async () => {
    const { broker, client } = await setUp()
    const producer = await begin(client)
    const reader = await wireClient(broker)
    const waiting = reader.call(fetch, 12, {
      ...fetchBody('orders', 0, { maxWaitMs: 60_000, minBytes: 1500 }),
      isolationLevel: 1,
    })
    const large = 'x'.repeat(1000)
    // The last stable offset stands at 0 while 2,000 bytes come, then moves over a few of them, then over all.
    await send(client, 12, 'orders', batch(producer, ['small']))
    const second = await end(client, 5, producer, true)
    await until(async () => (await committed(client, 'orders')) === 2)
    await send(client, 12, 'orders', batch(second, [large]))
    await produceValues(client, 'orders', [large])
    const open = Symbol('open')
    expect(await Promise.race([waiting, read(client, 'orders', 0).then(() => open)])).toBe(open)
    await end(client, 5, second, true)
    const { responses } = await waiting
    expect(valuesIn(responses[0]!.partitions[0]!.records).filter((value) => value === large)).toHaveLength(2)
  })

  test('sees what others write behind an open transaction only when that has ended', async () => {
    const { client } = await setUp()
    const producer = await begin(client)
    await produceValues(client, 'orders', ['before'])
    await send(client, 12, 'orders', batch(producer, ['open']))
    await produceValues(client, 'orders', ['behind'])
    expect((await read(client, 'orders', 1)).values).toEqual(['before'])
    await end(client, 5, producer, false)
    await until(async () => (await committed(client, 'orders')) === 4)
    expect((await read(client, 'orders', 1)).values.slice(0, 3)).toEqual(['before', 'open', 'behind'])
  })
})

describe('offsets inside a transaction', () => {
  const commit = async (client: WireClient, version: number, producer: Producer, offset: number, more = {}) => {
    const { topics } = await client.call(txnOffsetCommit, version, {
      transactionalId: id,
      groupId: 'g',
      ...producer,
      ...more,
      topics: [
        { name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'm' }] },
      ],
    })
    return errorName(topics[0]!.partitions[0]!.errorCode)
  }
  const committedOffset = async (client: WireClient, requireStable: boolean) => {
    const { groups } = await client.call(offsetFetch, 8, {
      groups: [{ groupId: 'g', topics: [{ name: 'orders', partitionIndexes: [0] }] }],
      requireStable,
    })
    const { committedOffset: offset, errorCode } = groups[0]!.topics[0]!.partitions[0]!
    return errorCode === 0 ? offset : errorName(errorCode)
  }
  const group = async (client: WireClient): Promise<void> => {
    await client.call(findCoordinator, 6, { keyType: 0, coordinatorKeys: ['g'] })
    await until(async () => (await committedOffset(client, false)) === -1)
  }

  test('count when it is committed, and hold up who wants stable ones meanwhile', async () => {
    const { client } = await setUp()
    await group(client)
    const first = await begin(client)
    expect(await commit(client, 5, first, 11)).toBe('NONE')
    expect(await committedOffset(client, false)).toBe(-1)
    expect(await committedOffset(client, true)).toBe('UNSTABLE_OFFSET_COMMIT')
    const { producerId, producerEpoch } = await end(client, 5, first, true)
    await until(async () => (await committedOffset(client, true)) === 11)
    const second = { producerId, producerEpoch }
    expect(await commit(client, 5, second, 12)).toBe('NONE')
    await end(client, 5, second, false)
    await until(async () => (await committedOffset(client, true)) === 11)
  })

  test('need the group to be added by old clients, and the right generation', async () => {
    const { client } = await setUp()
    await group(client)
    const producer = await begin(client)
    expect(await commit(client, 3, producer, 5)).toBe('INVALID_TXN_STATE')
    expect(await commit(client, 4, producer, 5)).toBe('TRANSACTION_ABORTABLE')
    const answer = await client.call(addOffsetsToTxn, 3, { transactionalId: id, ...producer, groupId: 'g' })
    expect(answer.errorCode).toBe(0)
    expect(await commit(client, 3, producer, 5, { generationId: 3, memberId: 'm' })).toBe('ILLEGAL_GENERATION')
    expect(await commit(client, 3, producer, 5)).toBe('NONE')
    const stale = { ...producer, producerEpoch: producer.producerEpoch + 1 }
    expect(await commit(client, 3, stale, 5)).toBe('INVALID_PRODUCER_EPOCH')
    await end(client, 3, producer, true)
    await until(async () => (await committedOffset(client, true)) === 5)
  })
})

describe('looking at transactions', () => {
  test('shows states, partitions and producers', async () => {
    const { client } = await setUp()
    const producer = await begin(client)
    await send(client, 12, 'orders', batch(producer, ['a']), 0)
    await send(client, 12, 'orders', batch(producer, ['a']), 1)
    const { transactionStates } = await client.call(describeTransactions, 0, { transactionalIds: [id, 'nobody'] })
    expect(transactionStates[0]).toMatchObject({
      errorCode: 0,
      transactionState: 'Ongoing',
      transactionTimeoutMs: 60_000,
      ...producer,
      topics: [{ topic: 'orders', partitions: [0, 1] }],
    })
    expect(errorName(transactionStates[1]!.errorCode)).toBe('TRANSACTIONAL_ID_NOT_FOUND')
    const list = async (more: object) => {
      const answer = await client.call(listTransactions, 2, { stateFilters: [], producerIdFilters: [], ...more })
      return answer.errorCode === 0
        ? answer.transactionStates.map(({ transactionalId }) => transactionalId)
        : errorName(answer.errorCode)
    }
    expect(await list({})).toEqual([id])
    expect(await list({ stateFilters: ['Empty'] })).toEqual([])
    expect(await list({ stateFilters: ['Ongoing'], producerIdFilters: [producer.producerId] })).toEqual([id])
    expect(await list({ durationFilter: 3_600_000 })).toEqual([])
    expect(await list({ transactionalIdPattern: 'pay.*' })).toEqual([id])
    expect(await list({ transactionalIdPattern: 'pay' })).toEqual([])
    expect(await list({ transactionalIdPattern: '(' })).toBe('INVALID_REGULAR_EXPRESSION')
    const { topics } = await client.call(describeProducers, 0, {
      topics: [{ name: 'orders', partitionIndexes: [0, 9] }],
    })
    const [known, missing] = topics[0]!.partitions
    expect(known!.activeProducers).toMatchObject([{ ...producer, lastSequence: 0, currentTxnStartOffset: 0 }])
    expect(errorName(missing!.errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('refuses timeouts beyond the bound and ids that are empty', async () => {
    const { client } = await setUp({ 'transaction.max.timeout.ms': '1000' })
    const init = async (transactionalId: string, transactionTimeoutMs: number) => {
      const answer = await client.call(initProducerId, 4, { transactionalId, transactionTimeoutMs })
      return errorName(answer.errorCode)
    }
    expect(await init(id, 1001)).toBe('INVALID_TRANSACTION_TIMEOUT')
    expect(await init(id, 0)).toBe('INVALID_TRANSACTION_TIMEOUT')
    expect(await init('', 1000)).toBe('INVALID_REQUEST')
  })
})

describe('after a restart', () => {
  async function restarted() {
    const config = small
    const dataDir = temporaryFolder()
    const first = await startBroker({ port: 0, dataDir, config })
    return {
      first,
      again: async () => {
        await first.stop()
        const broker = await startBroker({ port: 0, dataDir, config })
        onTestFinished(() => broker.stop())
        const client = await wireClient(broker)
        await coordinator(client)
        return client
      },
    }
  }

  test('a transaction goes on where it was, and so do its offsets', async () => {
    const { first, again } = await restarted()
    const before = await wireClient(first)
    await makeTopic(before, 'orders')
    await coordinator(before)
    await before.call(findCoordinator, 6, { keyType: 0, coordinatorKeys: ['g'] })
    const producer = await begin(before)
    expect(await send(before, 12, 'orders', batch(producer, ['a']))).toBe('NONE')
    await persist(async () => {
      const { topics } = await before.call(txnOffsetCommit, 5, {
        transactionalId: id,
        groupId: 'g',
        ...producer,
        topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }] }],
      })
      return { errorCode: topics[0]!.partitions[0]!.errorCode }
    })
    const client = await again()
    const stable = async () => {
      const groups = [{ groupId: 'g', topics: [{ name: 'orders', partitionIndexes: [0] }] }]
      const answer = await client.call(offsetFetch, 8, { groups, requireStable: true })
      const partition = answer.groups[0]!.topics[0]?.partitions[0]
      return partition === undefined
        ? 'loading'
        : partition.errorCode === 0
          ? partition.committedOffset
          : errorName(partition.errorCode)
    }
    await until(async () => (await stable()) !== 'loading')
    expect(await stable()).toBe('UNSTABLE_OFFSET_COMMIT')
    expect(await committed(client, 'orders')).toBe(0)
    expect(await send(client, 12, 'orders', batch(producer, ['b'], 1))).toBe('NONE')
    expect((await end(client, 5, producer, true)).error).toBe('NONE')
    await until(async () => (await committed(client, 'orders')) === 3)
    await until(async () => (await stable()) === 1)
  })

  test('an aborted transaction is still left out', async () => {
    const { first, again } = await restarted()
    const before = await wireClient(first)
    await makeTopic(before, 'orders')
    await coordinator(before)
    const producer = await begin(before)
    await send(before, 12, 'orders', batch(producer, ['a']))
    const { producerEpoch } = await end(before, 5, producer, false)
    await until(async () => (await committed(before, 'orders')) === 2)
    const client = await again()
    const { abortedTransactions } = await read(client, 'orders', 1)
    expect(abortedTransactions).toEqual([{ producerId: producer.producerId, firstOffset: 0 }])
    expect((await begin(client)).producerEpoch).toBe(producerEpoch + 1)
  })
})
