import { BatchBuilder } from '#core/records/batch-builder.ts'
import { batches } from '#core/records/batch.ts'
import { produce } from '#core/wire/api/00-produce.ts'
import { fetch } from '#core/wire/api/01-fetch.ts'
import { listOffsets } from '#core/wire/api/02-list-offsets.ts'
import { offsetFetch } from '#core/wire/api/09-offset-fetch.ts'
import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { createTopics } from '#core/wire/api/19-create-topics.ts'
import { initProducerId } from '#core/wire/api/22-init-producer-id.ts'
import { addPartitionsToTxn } from '#core/wire/api/24-add-partitions-to-txn.ts'
import { addOffsetsToTxn } from '#core/wire/api/25-add-offsets-to-txn.ts'
import { endTxn } from '#core/wire/api/26-end-txn.ts'
import { writeTxnMarkers } from '#core/wire/api/27-write-txn-markers.ts'
import { txnOffsetCommit } from '#core/wire/api/28-txn-offset-commit.ts'
import { describeProducers } from '#core/wire/api/61-describe-producers.ts'
import { describeTransactions } from '#core/wire/api/65-describe-transactions.ts'
import { listTransactions } from '#core/wire/api/66-list-transactions.ts'
import { errorName } from '#core/wire/errors.ts'
import type { Api, Encodable, Fields } from '#core/wire/schema.ts'
import { WireClient } from './wire-client.ts'

/** A producer as its requests name it. */
export interface Producer {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/**
 * Conversations about transactions, frame by frame. Run against Apache Kafka and against ours they must give the same
 * transcript: every field of every answer, with producer ids and times replaced by names.
 */
export class TransactionTalk {
  readonly transcript: string[] = []
  client: WireClient
  readonly #tag = Math.random().toString(36).slice(2, 8)
  readonly #producers: number[] = []

  private constructor(client: WireClient) {
    this.client = client
  }

  static async begin(bootstrap: string): Promise<TransactionTalk> {
    return new TransactionTalk(await WireClient.connect(bootstrap))
  }

  /** Goes on with another broker, under the same names. */
  async reconnect(bootstrap: string): Promise<void> {
    this.client.close()
    this.client = await WireClient.connect(bootstrap)
  }

  /** A name that no earlier conversation used; the transcript shows it as it is given here. */
  name(plain: string): string {
    return `${plain}-${this.#tag}`
  }

  async ask<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    version: number,
    request: Encodable<Api<Q, R>['request']>,
    note = '',
  ) {
    const answer = await this.client.call(api, version, request)
    this.transcript.push(`${note === '' ? '' : `${note}: `}${api.name} v${version} -> ${this.print(answer)}`)
    return answer
  }

  /** A topic of one partition that is this conversation's own. */
  async topic(plain: string, partitions = 1): Promise<string> {
    const name = this.name(plain)
    const topic = { name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }
    await this.client.call(createTopics, 5, { topics: [topic], timeoutMs: 10_000, validateOnly: false })
    for (;;) {
      const { topics } = await this.client.call(listOffsets, 7, offsetsBody(name, 0))
      if (topics[0]!.partitions[0]!.errorCode === 0) return name
      await pause(20)
    }
  }

  /** Initializes a transactional id without writing the answer down. */
  async init(plain: string, more: { timeoutMs?: number; previous?: Producer } = {}): Promise<Producer> {
    const transactionalId = this.name(plain)
    for (;;) {
      const { producerId, producerEpoch, errorCode } = await this.client.call(initProducerId, 5, {
        transactionalId,
        transactionTimeoutMs: more.timeoutMs ?? 60_000,
        producerId: more.previous?.producerId ?? -1,
        producerEpoch: more.previous?.producerEpoch ?? -1,
      })
      if (errorCode === 0) return { transactionalId, producerId, producerEpoch }
      if (!['CONCURRENT_TRANSACTIONS', 'COORDINATOR_LOAD_IN_PROGRESS'].includes(errorName(errorCode)))
        throw new Error(errorName(errorCode))
      await pause(5)
    }
  }

  /** Waits until the coordinator is done with the last transaction. */
  async settle({ transactionalId }: { readonly transactionalId: string }): Promise<Producer> {
    for (;;) {
      const { transactionStates } = await this.client.call(describeTransactions, 0, {
        transactionalIds: [transactionalId],
      })
      const { transactionState, producerId, producerEpoch } = transactionStates[0]!
      if (!transactionState.startsWith('Prepare')) {
        // Markers are acknowledged before everybody who reads has heard of them.
        await pause(5)
        return { transactionalId, producerId, producerEpoch }
      }
      await pause(5)
    }
  }

  close(): void {
    this.client.close()
  }

  print(answer: unknown): string {
    const text = JSON.stringify(answer, (key, value: unknown) => this.#show(key, value))
    return text.replaceAll(`-${this.#tag}`, '')
  }

  #show(key: string, value: unknown): unknown {
    if (key === 'throttleTimeMs' || key === 'errorMessage') return undefined
    if (/errorCode$/i.test(key)) return value === 0 ? 0 : errorName(value as number)
    if (key === 'producerId') return this.#producer(value as number)
    if (/time(stamp)?(Ms)?$/i.test(key)) return (value as number) > 0 ? 'a time' : value
    if (key === 'records') return recordsIn(value)
    // Kafka keeps these in tables of its own order.
    if (/^(topics|topicResults|resultsByTopic\w*)$/.test(key) && Array.isArray(value))
      return sorted(value, (each) => String(each.name ?? each.topic))
    if (key === 'partitions' && Array.isArray(value) && typeof value[0] === 'number') return value.toSorted()
    if (/^(partitions|resultsByPartition)$/.test(key) && Array.isArray(value))
      return sorted(value, (each) => String(each.partitionIndex))
    if (key === 'transactionStates' && Array.isArray(value))
      return sorted(value, (each) => String(each.transactionalId))
    return value
  }

  #producer(id: number): string | number {
    // 0 stands where nothing is told.
    if (id <= 0) return id
    if (!this.#producers.includes(id)) this.#producers.push(id)
    return `p${this.#producers.indexOf(id)}`
  }
}

interface Named {
  readonly name?: string
  readonly topic?: string
  readonly transactionalId?: string
  readonly partitionIndex?: number
}
const sorted = (items: readonly Named[], by: (item: Named) => string): Named[] =>
  items.toSorted((a, b) => (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0))

/** Batches in short: what kind, whose epoch, what values. */
function recordsIn(value: unknown): unknown {
  const { data } = (value ?? {}) as { data?: number[] }
  if (data === undefined) return value
  return Array.from(batches(Buffer.from(data)), (batch) => {
    const kind = batch.isControl ? 'marker' : batch.isTransactional ? 'transactional' : 'plain'
    const shown = Array.from(batch.records(), (record) =>
      batch.isControl ? (record.key!.readInt16BE(2) === 1 ? 'commit' : 'abort') : String(record.value),
    )
    return `${kind} ${batch.baseOffset} epoch ${batch.producerEpoch} sequence ${batch.baseSequence}: ${shown.join(' ')}`
  })
}

/** One batch of a producer. */
export function batchOf(producer: Producer | undefined, values: readonly string[], more: object = {}): Buffer {
  const { producerId = -1, producerEpoch = -1 } = producer ?? {}
  const stamp = { producerId, producerEpoch, baseSequence: producer === undefined ? -1 : 0 }
  const builder = new BatchBuilder({ ...stamp, isTransactional: producer !== undefined, ...more })
  // Older than any marker, and not much older: a segment ends when the next record is a week younger than its first.
  for (const value of values) builder.append(Date.now() - 60_000, null, Buffer.from(value))
  return builder.build()
}

export const produceBody = (topic: string, records: Buffer, transactionalId: string | null, index = 0) => ({
  transactionalId,
  acks: -1,
  timeoutMs: 5000,
  topicData: [{ name: topic, partitionData: [{ index, records }] }],
})

const offsetsBody = (topic: string, isolationLevel: number, timestamp = -1) => ({
  replicaId: -1,
  isolationLevel,
  topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }],
})

export const fetchBody = (topic: string, isolationLevel: number, fetchOffset = 0) => ({
  maxWaitMs: 0,
  minBytes: 0,
  maxBytes: 1_000_000,
  isolationLevel,
  topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }] }],
  forgottenTopicsData: [],
})

const addBody = (producer: Producer, ...topics: readonly (readonly [string, ...number[]])[]) => ({
  v3AndBelowTransactionalId: producer.transactionalId,
  v3AndBelowProducerId: producer.producerId,
  v3AndBelowProducerEpoch: producer.producerEpoch,
  v3AndBelowTopics: topics.map(([name, ...partitions]) => ({ name, partitions })),
})

const brokerAddBody = (producer: Producer, verifyOnly: boolean, ...topics: readonly string[]) => ({
  transactions: [{ ...producer, verifyOnly, topics: topics.map((name) => ({ name, partitions: [0] })) }],
})

const endBody = (producer: Producer, committed: boolean) => ({ ...producer, committed })

/** Makes the coordinators ready. */
export async function prepareTransactions(bootstrap: string): Promise<void> {
  const client = await WireClient.connect(bootstrap)
  for (const keyType of [0, 1]) {
    for (;;) {
      const { coordinators } = await client.call(findCoordinator, 4, { keyType, coordinatorKeys: ['any'] })
      if (coordinators[0]!.errorCode === 0) break
      await pause(100)
    }
  }
  // The first producer id of all is 0, which would look like none.
  for (;;) {
    const request = { transactionalId: null, transactionTimeoutMs: 1 }
    if ((await client.call(initProducerId, 4, request)).errorCode === 0) break
    await pause(20)
  }
  // Every partition of the coordinators is up when each of these ids can be asked for.
  for (let i = 0; i < 200; i++) {
    for (;;) {
      const { errorCode } = await client.call(endTxn, 4, {
        transactionalId: `ready-${i}`,
        producerId: 1,
        producerEpoch: 0,
        committed: true,
      })
      if (errorName(errorCode) === 'INVALID_PRODUCER_ID_MAPPING') break
      await pause(20)
    }
  }
  client.close()
}

type Scenario = (talk: TransactionTalk) => Promise<void>

const both = [true, false] as const

/** Brings a transactional id into a state, by the requests of clients with or without transactions v2. */
async function inState(talk: TransactionTalk, state: string, plain: string, topic: string, v2: boolean) {
  const producer = await talk.init(plain)
  if (state === 'Empty') return producer
  const version = v2 ? 5 : 4
  const { client } = talk
  if (v2) await client.call(produce, 12, produceBody(topic, batchOf(producer, ['x']), producer.transactionalId))
  else await client.call(addPartitionsToTxn, 3, addBody(producer, [topic, 0]))
  if (state === 'Ongoing') return producer
  await client.call(endTxn, version, endBody(producer, state === 'CompleteCommit'))
  return talk.settle(producer)
}

const states = ['Empty', 'Ongoing', 'CompleteCommit', 'CompleteAbort']

/** Every state, every epoch that may come, both outcomes. */
const endings =
  (version: number, v2: boolean): Scenario =>
  async (talk) => {
    const topic = await talk.topic('t')
    const nobody = { transactionalId: talk.name('nobody'), producerId: 5, producerEpoch: 0 }
    for (const committed of both) {
      await talk.ask(endTxn, version, endBody(nobody, committed), 'nobody')
      await talk.ask(endTxn, version, endBody({ ...nobody, transactionalId: '' }, committed), 'no id')
    }
    for (const state of states) {
      for (const committed of both) {
        for (const epochs of [-1, 0, 1]) {
          const plain = `${state}${committed}${epochs}`
          const now = await inState(talk, state, plain, topic, v2)
          const producer = { ...now, producerEpoch: now.producerEpoch + epochs }
          const note = `${state}, ${committed ? 'commit' : 'abort'}, epoch ${epochs}`
          await talk.ask(endTxn, version, endBody(producer, committed), note)
          await talk.settle(now)
          await talk.ask(endTxn, version, endBody(producer, committed), `${note}, again`)
          await talk.settle(now)
          await talk.ask(endTxn, version, endBody(producer, !committed), `${note}, then otherwise`)
          await talk.settle(now)
          await talk.ask(describeTransactions, 0, { transactionalIds: [now.transactionalId] }, note)
        }
        const other = { ...(await inState(talk, state, `${state}${committed}x`, topic, v2)), producerId: 987_654 }
        await talk.ask(endTxn, version, endBody(other, committed), `${state}, another producer`)
      }
    }
  }

async function initVariants(talk: TransactionTalk): Promise<void> {
  const topic = await talk.topic('t')
  const ask = (plain: string, version: number, more: object, note: string) => {
    const request = { transactionalId: talk.name(plain), transactionTimeoutMs: 60_000, ...more }
    return talk.ask(initProducerId, version, request, note)
  }
  await ask('a', 4, { transactionalId: '' }, 'empty id')
  await ask('a', 4, { transactionTimeoutMs: 0 }, 'no timeout')
  await ask('a', 4, { transactionTimeoutMs: -1 }, 'a negative timeout')
  await ask('a', 4, { transactionTimeoutMs: 900_001 }, 'a long timeout')
  await ask('a', 4, { producerId: 3 }, 'half')
  await ask('a', 4, { producerEpoch: 3 }, 'other half')
  await ask('unknown', 4, { producerId: 3, producerEpoch: 4 }, 'somebody that nobody knows')
  for (const version of [0, 1, 2, 3, 4, 5]) await ask('b', version, {}, 'anew')
  for (const state of states) {
    for (const epochs of [-2, -1, 0, 1]) {
      const now = await inState(talk, state, `${state}${epochs}`, topic, true)
      const plain = `${state}${epochs}`
      const expected = { producerId: now.producerId, producerEpoch: now.producerEpoch + epochs }
      if (expected.producerEpoch < 0) continue
      for (const version of [3, 5]) {
        await ask(plain, version, expected, `${state}, epoch ${epochs}`)
        await talk.settle(now)
      }
      await ask(plain, 5, { ...expected, producerId: 987_654 }, `${state}, another producer`)
      await talk.ask(describeTransactions, 0, { transactionalIds: [now.transactionalId] })
    }
    const now = await inState(talk, state, `${state}anew`, topic, true)
    await ask(`${state}anew`, 5, {}, `${state}, anew`)
    await talk.settle(now)
    await ask(`${state}anew`, 5, {}, `${state}, anew again`)
    await talk.ask(describeTransactions, 0, { transactionalIds: [now.transactionalId] })
  }
}

async function addVariants(talk: TransactionTalk): Promise<void> {
  const topic = await talk.topic('t', 2)
  const absent = talk.name('absent')
  const nobody = { transactionalId: talk.name('nobody'), producerId: 5, producerEpoch: 0 }
  for (const version of [0, 1, 2, 3]) {
    const producer = await talk.init(`a${version}`)
    const ask = (who: Producer, note: string, ...topics: readonly (readonly [string, ...number[]])[]) =>
      talk.ask(addPartitionsToTxn, version, addBody(who, ...topics), note)
    await ask(nobody, 'nobody', [topic, 0])
    await ask({ ...nobody, transactionalId: '' }, 'no id', [topic, 0])
    await ask({ ...producer, producerEpoch: producer.producerEpoch + 1 }, 'a later epoch', [topic, 0])
    await ask({ ...producer, producerEpoch: producer.producerEpoch - 1 }, 'an earlier epoch', [topic, 0])
    await ask({ ...producer, producerId: 987_654 }, 'another producer', [topic, 0])
    await ask(producer, 'a topic that is not there', [topic, 0], [absent, 0])
    await ask(producer, 'a partition that is not there', [topic, 0, 7])
    await ask(producer, 'an internal topic', [topic, 0], ['__consumer_offsets', 0])
    await ask(producer, 'right', [topic, 0])
    await ask(producer, 'again', [topic, 0])
    await ask(producer, 'more', [topic, 1])
    await talk.ask(describeTransactions, 0, { transactionalIds: [producer.transactionalId] })
    const offsets = { ...producer, groupId: talk.name('g') }
    await talk.ask(addOffsetsToTxn, version, offsets, 'offsets')
    await talk.ask(addOffsetsToTxn, version, { ...offsets, producerEpoch: 9 }, 'a later epoch')
    await talk.ask(addOffsetsToTxn, version, { ...offsets, producerId: 9 }, 'another producer')
    await talk.ask(addOffsetsToTxn, version, { ...offsets, ...nobody }, 'nobody')
    await talk.ask(addOffsetsToTxn, version, { ...offsets, transactionalId: '' }, 'no id')
  }
  for (const version of [4, 5]) {
    const producer = await talk.init(`b${version}`)
    const ask = (who: Producer, verifyOnly: boolean, note: string, ...topics: readonly string[]) =>
      talk.ask(addPartitionsToTxn, version, brokerAddBody(who, verifyOnly, ...topics), note)
    for (const verifyOnly of [true, false]) {
      const how = verifyOnly ? 'verify' : 'add'
      await ask(nobody, verifyOnly, `${how} nobody`, topic)
      await ask({ ...nobody, transactionalId: '' }, verifyOnly, `${how} no id`, topic)
      await ask({ ...producer, producerEpoch: producer.producerEpoch + 1 }, verifyOnly, `${how} a later epoch`, topic)
      await ask(
        { ...producer, producerEpoch: producer.producerEpoch - 1 },
        verifyOnly,
        `${how} an earlier epoch`,
        topic,
      )
      await ask({ ...producer, producerId: 987_654 }, verifyOnly, `${how} another producer`, topic)
      await ask(producer, verifyOnly, `${how} a topic that is not there`, topic, absent)
      await ask(producer, verifyOnly, how, topic)
      await ask(producer, verifyOnly, `${how} again`, topic)
    }
    await ask(producer, true, 'verify what is there', topic)
  }
}

async function produceVariants(talk: TransactionTalk): Promise<void> {
  for (const version of [9, 10, 11, 12]) {
    const topic = await talk.topic(`t${version}`)
    const producer = await talk.init(`a${version}`)
    const { transactionalId } = producer
    const send = async (note: string, records: Buffer, id: string | null = transactionalId) => {
      await talk.ask(produce, version, produceBody(topic, records, id), note)
    }
    await send('another producer', batchOf({ ...producer, producerId: 987_654 }, ['x']))
    await send('a later epoch', batchOf({ ...producer, producerEpoch: producer.producerEpoch + 1 }, ['x']))
    await send('an id that is not known', batchOf(producer, ['x']), talk.name('nobody'))
    await send('an empty id', batchOf(producer, ['x']), '')
    await send('begins in the middle', batchOf(producer, ['x'], { baseSequence: 4 }))
    await send('not added', batchOf(producer, ['x']))
    if (version < 12) {
      const added = addBody(producer, [topic, 0])
      await talk.ask(addPartitionsToTxn, 3, added, 'add')
      await send('begins in the middle', batchOf(producer, ['x'], { baseSequence: 4 }))
      await send('added', batchOf(producer, ['a']))
    }
    await send('the same again', batchOf(producer, ['a']))
    await send('next', batchOf(producer, ['b'], { baseSequence: 1 }))
    await send('a gap', batchOf(producer, ['c'], { baseSequence: 7 }))
    await send('outside of its transaction', batchOf(producer, ['c'], { baseSequence: 2, isTransactional: false }))
    await send('plain with an id', batchOf(undefined, ['p']))
    await send('plain', batchOf(undefined, ['p']), null)
    await talk.ask(fetch, 11, fetchBody(topic, 1), 'committed')
    await talk.ask(fetch, 11, fetchBody(topic, 0), 'all')
    await talk.ask(endTxn, version >= 12 ? 5 : 4, endBody(producer, version % 2 === 0))
    const next = await talk.settle(producer)
    await send('late', batchOf(producer, ['late'], { baseSequence: 2 }))
    await send('the same again, late', batchOf(producer, ['b'], { baseSequence: 1 }))
    await talk.ask(fetch, 11, fetchBody(topic, 1), 'committed')
    await talk.ask(fetch, 11, fetchBody(topic, 0), 'all')
    await talk.ask(fetch, 11, fetchBody(topic, 1, 3), 'from the middle')
    await talk.ask(fetch, 11, fetchBody(topic, 1, 99), 'beyond the end')
    for (const isolation of [0, 1]) {
      for (const timestamp of [-1, -2, -3, 1]) await talk.ask(listOffsets, 7, offsetsBody(topic, isolation, timestamp))
    }
    const second = { ...producer, ...next }
    if (version >= 12) await send('the next transaction', batchOf(second, ['d']))
    await talk.ask(describeProducers, 0, { topics: [{ name: topic, partitionIndexes: [0, 5] }] })
    await talk.ask(describeTransactions, 0, { transactionalIds: [transactionalId] })
    await talk.ask(listTransactions, 2, {
      stateFilters: ['Ongoing', 'Wrong', 'CompleteCommit', 'CompleteAbort'],
      producerIdFilters: [producer.producerId],
    })
  }
}

async function offsetVariants(talk: TransactionTalk): Promise<void> {
  const topic = await talk.topic('t', 2)
  for (const version of [0, 1, 2, 3, 4, 5]) {
    const producer = await talk.init(`a${version}`)
    const groupId = talk.name(`g${version}`)
    const commit = (note: string, more: object = {}, name = topic, metadata: string | null = 'm') =>
      talk.ask(
        txnOffsetCommit,
        version,
        {
          ...producer,
          groupId,
          ...more,
          topics: [
            { name, partitions: [{ partitionIndex: 0, committedOffset: 7, committedMetadata: metadata }] },
            { name: talk.name('t'), partitions: [{ partitionIndex: 1, committedOffset: 8, committedMetadata: null }] },
          ],
        },
        note,
      )
    const look = async (note: string): Promise<void> => {
      const groups = [{ groupId, topics: [{ name: topic, partitionIndexes: [0, 1] }] }]
      for (const requireStable of both) await talk.ask(offsetFetch, 8, { groups, requireStable }, note)
    }
    await commit('another producer', { producerId: 987_654 })
    await commit('a later epoch', { producerEpoch: producer.producerEpoch + 1 })
    await commit('an id that is not known', { transactionalId: talk.name('nobody') })
    await commit('an empty id', { transactionalId: '' })
    await commit('not added')
    if (version < 5) await talk.ask(addOffsetsToTxn, 3, { ...producer, groupId }, 'add')
    if (version >= 3) {
      await commit('a generation', { generationId: 3, memberId: 'm' })
      await commit('a member', { memberId: 'm' })
      await commit('a static member', { groupInstanceId: 'i' })
    }
    await commit('a topic that is not there', {}, talk.name('absent'))
    await commit('a long text', {}, topic, 'x'.repeat(5000))
    await commit('right')
    await look('before the end')
    await talk.ask(endTxn, version >= 5 ? 5 : 4, endBody(producer, version % 2 === 1))
    await talk.settle(producer)
    await look('after the end')
    await commit('late')
  }
}

async function markerVariants(talk: TransactionTalk): Promise<void> {
  const topic = await talk.topic('t')
  for (const version of [1, 2]) {
    await talk.init(`a${version}`)
    const producer = await talk.init(`a${version}`)
    const mark = (note: string, more: object) =>
      talk.ask(
        writeTxnMarkers,
        version,
        {
          markers: [
            {
              producerId: producer.producerId,
              producerEpoch: producer.producerEpoch,
              transactionResult: true,
              coordinatorEpoch: 50,
              ...(version >= 2 && { transactionVersion: 2 }),
              topics: [{ name: topic, partitionIndexes: [0, 3] }],
              ...more,
            },
          ],
        },
        note,
      )
    await mark('nothing written', {})
    await talk.ask(produce, 12, produceBody(topic, batchOf(producer, ['a']), producer.transactionalId))
    await mark('the same epoch', {})
    await mark('an older coordinator', { coordinatorEpoch: 1, producerEpoch: producer.producerEpoch + 1 })
    await mark('an older epoch', { producerEpoch: producer.producerEpoch - 1 })
    await mark('a topic that is not there', { topics: [{ name: talk.name('absent'), partitionIndexes: [0] }] })
    await mark('the next epoch', { producerEpoch: producer.producerEpoch + 1 })
    await mark('the next epoch again', { producerEpoch: producer.producerEpoch + 1 })
    await mark('the next epoch, otherwise', { producerEpoch: producer.producerEpoch + 1, transactionResult: false })
    await talk.ask(fetch, 11, fetchBody(topic, 1))
    await talk.ask(describeProducers, 0, { topics: [{ name: topic, partitionIndexes: [0] }] })
  }
}

async function looking(talk: TransactionTalk): Promise<void> {
  const topic = await talk.topic('t')
  const producers = []
  for (const state of states) producers.push(await inState(talk, state, state, topic, true))
  const ids = producers.map(({ producerId }) => producerId)
  await talk.ask(describeTransactions, 0, { transactionalIds: producers.map((each) => each.transactionalId) })
  await talk.ask(describeTransactions, 0, { transactionalIds: ['', talk.name('nobody')] })
  const list = (more: object) =>
    talk.ask(listTransactions, 2, { stateFilters: [], producerIdFilters: ids, ...more }, JSON.stringify(more))
  await list({})
  await list({ stateFilters: ['Empty', 'Ongoing'] })
  await list({ stateFilters: ['empty', 'Dead'] })
  await list({ durationFilter: 3_600_000 })
  await list({ durationFilter: 0 })
  await list({ transactionalIdPattern: 'Complete.*' })
  await list({ transactionalIdPattern: 'Complete' })
  await list({ transactionalIdPattern: '' })
  await list({ transactionalIdPattern: '(' })
  for (const keyType of [1, 2, 3]) {
    const { coordinators } = await talk.client.call(findCoordinator, 6, { keyType, coordinatorKeys: ['x'] })
    talk.transcript.push(`coordinator of type ${keyType}: ${errorName(coordinators[0]!.errorCode)}`)
  }
}

/** Takes a transactional id to its last epoch, by the thousands. */
async function usedUp(talk: TransactionTalk, by: (producer: Producer) => Promise<Producer>): Promise<Producer> {
  let producer = await talk.init('used')
  while (producer.producerEpoch < 32_765) producer = await by(producer)
  return producer
}

const exhausting =
  (version: number): Scenario =>
  async (talk) => {
    const topic = await talk.topic('t')
    const last = await usedUp(talk, (previous) => talk.init('used', { previous }))
    const ending = async (producer: Producer, committed: boolean, note: string) => {
      const next = await talk.ask(endTxn, version, endBody(producer, committed), note)
      await talk.settle(producer)
      return { ...producer, producerId: next.producerId, producerEpoch: next.producerEpoch }
    }
    const write = (producer: Producer, note: string) =>
      talk.ask(produce, 12, produceBody(topic, batchOf(producer, ['x']), producer.transactionalId), note)
    if (version >= 5) {
      await write(last, 'in the last but one epoch')
      const exhausted = await ending(last, true, 'to the last epoch')
      await write(exhausted, 'in the last epoch')
      const fresh = await ending(exhausted, true, 'to a new producer')
      await ending(exhausted, true, 'again')
      await ending(exhausted, false, 'otherwise')
      await write(fresh, 'as the new producer')
      await ending(fresh, false, 'and on')
    } else {
      const ask = async (more: object, note: string) => {
        const request = { transactionalId: last.transactionalId, transactionTimeoutMs: 60_000, ...more }
        const answer = await talk.ask(initProducerId, 5, request, note)
        await talk.settle(last)
        return { ...last, producerId: answer.producerId, producerEpoch: answer.producerEpoch }
      }
      const exhausted = await ask(last, 'to the last epoch')
      await talk.ask(addPartitionsToTxn, 3, addBody(exhausted, [topic, 0]))
      await ask({ producerId: -1, producerEpoch: -1 }, 'somebody else')
      await ask(exhausted, 'fenced')
      await ask({ producerId: -1, producerEpoch: -1 }, 'somebody else, again')
    }
    await talk.ask(describeTransactions, 0, { transactionalIds: [last.transactionalId] })
    await talk.ask(fetch, 11, fetchBody(topic, 1))
  }

/** The conversations by name. */
export const transactionScenarios: Readonly<Record<string, Scenario>> = {
  'ends of transactions v1': endings(4, false),
  'ends of transactions v1, old clients': endings(1, false),
  'ends of transactions v2': endings(5, true),
  'ends of transactions v1 that began as v2': endings(4, true),
  'ends of transactions v2 that began as v1': endings(5, false),
  'beginnings of producers': initVariants,
  'adding partitions': addVariants,
  'writing inside of transactions': produceVariants,
  'offsets inside of transactions': offsetVariants,
  'markers from elsewhere': markerVariants,
  'looking at transactions': looking,
}

/** Conversations that take tens of thousands of requests. */
export const longTransactionScenarios: Readonly<Record<string, Scenario>> = {
  'epochs that are used up, v2': exhausting(5),
  'epochs that are used up, v1': exhausting(4),
}

/** Has a conversation and gives its transcript. */
export async function talkAbout(bootstrap: string, scenario: Scenario): Promise<string[]> {
  const talk = await TransactionTalk.begin(bootstrap)
  try {
    await scenario(talk)
    return talk.transcript
  } finally {
    talk.close()
  }
}
