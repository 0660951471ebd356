import { describe, expect, it } from 'vitest'

import { errorName } from '#core/wire/errors.ts'
import { deleteTopics } from '#core/wire/api/20-delete-topics.ts'
import {
  batchOf,
  fetch,
  makeTopic,
  memoryBroker,
  produce,
  produceBody,
  valuesIn,
  wireClient,
} from '../../support/memory-broker.ts'

/** A client of a broker with topics a and b, two partitions each, that fetches within sessions. */
async function reader(config: Readonly<Record<string, string>> = {}) {
  const broker = await memoryBroker(config)
  const client = await wireClient(broker)
  const topicIds = new Map<string, string>()
  for (const name of ['a', 'b']) topicIds.set(name, await makeTopic(client, name, {}, 2))
  const names = new Map([...topicIds].map(([name, id]) => [id, name]))
  type Wanted = readonly (readonly [topic: string, partition: number, offset: number])[]
  const ask = async (
    sessionId: number,
    sessionEpoch: number,
    wanted: Wanted = [],
    more: {
      forget?: readonly (readonly [string, number])[]
      version?: number
      maxWaitMs?: number
      maxBytes?: number
    } = {},
  ) => {
    const { version = 17, forget = [], ...rest } = more
    const named = (topic: string) => (version >= 13 ? { topicId: topicIds.get(topic)! } : { topic })
    const answer = await client.call(fetch, version, {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 50_000_000,
      ...rest,
      sessionId,
      sessionEpoch,
      topics: wanted.map(([topic, partition, fetchOffset]) => ({
        ...named(topic),
        partitions: [{ partition, fetchOffset, partitionMaxBytes: 1_000_000 }],
      })),
      forgottenTopicsData: forget.map(([topic, partition]) => ({ ...named(topic), partitions: [partition] })),
    })
    const told = answer.responses.flatMap((topic) =>
      topic.partitions.map((each) => ({
        partition: `${version >= 13 ? names.get(topic.topicId) : topic.topic}-${each.partitionIndex}`,
        error: errorName(each.errorCode),
        values: valuesIn(each.records),
      })),
    )
    return {
      id: answer.sessionId,
      error: errorName(answer.errorCode),
      told,
      partitions: told.map((each) => each.partition),
    }
  }
  const write = (topic: string, partition: number, ...values: string[]) =>
    client.call(produce, 9, produceBody(topic, batchOf(values), -1, partition))
  return { broker, client, ask, write }
}

const all = [
  ['a', 0, 0],
  ['a', 1, 0],
  ['b', 0, 0],
] as const

describe('a fetch session', () => {
  it.each([12, 17])('tells everything once and then only what is new (version %i)', async (version) => {
    const { ask, write } = await reader()
    const begun = await ask(0, 0, all, { version })
    expect(begun.id).toBeGreaterThan(0)
    expect(begun.partitions).toEqual(['a-0', 'a-1', 'b-0'])

    expect(await ask(begun.id, 1, [], { version })).toMatchObject({ id: begun.id, error: 'NONE', told: [] })
    await write('a', 1, 'x')
    expect((await ask(begun.id, 2, [], { version })).told).toEqual([{ partition: 'a-1', error: 'NONE', values: ['x'] }])
    // Not moved on: the client still wants offset 0.
    expect((await ask(begun.id, 3, [], { version })).told).toMatchObject([{ partition: 'a-1', values: ['x'] }])
    expect((await ask(begun.id, 4, [['a', 1, 1]], { version })).told).toEqual([])
  })

  it('adds and forgets partitions', async () => {
    const { ask, write } = await reader()
    const { id } = await ask(0, 0, [['a', 0, 0]])
    await write('a', 0, 'x')
    await write('b', 1, 'y')
    expect((await ask(id, 1, [['b', 1, 0]])).partitions).toEqual(['a-0', 'b-1'])
    expect((await ask(id, 2, [], { forget: [['a', 0]] })).partitions).toEqual(['b-1'])
    // Nothing left: the session is over.
    expect(await ask(id, 3, [], { forget: [['b', 1]] })).toMatchObject({ id: 0, error: 'NONE', told: [] })
    expect(await ask(id, 4)).toMatchObject({ error: 'FETCH_SESSION_ID_NOT_FOUND' })
  })

  it('waits for news and brings them', async () => {
    const { ask, write, broker } = await reader()
    const { id } = await ask(0, 0, all)
    const waiting = ask(id, 1, [], { maxWaitMs: 10_000 })
    const other = await wireClient(broker)
    await other.call(produce, 9, produceBody('b', batchOf(['late']), -1, 0))
    expect((await waiting).told).toEqual([{ partition: 'b-0', error: 'NONE', values: ['late'] }])
    await write('a', 0, 'next')
    expect((await ask(id, 2, [['b', 0, 1]])).partitions).toEqual(['a-0'])
  })

  it('lets every partition have its turn when an answer is full', async () => {
    const { ask, write } = await reader()
    for (const [topic, partition] of all) await write(topic, partition, 'v'.repeat(1000))
    // Room for one batch: who was served goes to the end of the line.
    const { id, told } = await ask(0, 0, all, { maxBytes: 10 })
    const served = [told.find(({ values }) => values.length > 0)!.partition]
    for (const epoch of [1, 2]) {
      const next = await ask(id, epoch, [], { maxBytes: 10 })
      served.push(next.told.find(({ values }) => values.length > 0)!.partition)
    }
    expect(served.toSorted()).toEqual(['a-0', 'a-1', 'b-0'])
  })

  it('repeats an error until it is over', async () => {
    const { ask, client } = await reader()
    const { id } = await ask(0, 0, [['a', 0, 7]])
    for (const epoch of [1, 2]) {
      expect((await ask(id, epoch)).told).toMatchObject([{ partition: 'a-0', error: 'OFFSET_OUT_OF_RANGE' }])
    }
    expect((await ask(id, 3, [['a', 0, 0]])).told).toMatchObject([{ partition: 'a-0', error: 'NONE' }])
    await client.call(deleteTopics, 5, { topicNames: ['a'], timeoutMs: 1000 })
    expect((await ask(id, 4)).told).toMatchObject([{ error: 'UNKNOWN_TOPIC_ID' }])
  })

  it('refuses a request that is not the next one', async () => {
    const { ask } = await reader()
    const { id } = await ask(0, 0, all)
    expect(await ask(id, 2)).toMatchObject({ error: 'INVALID_FETCH_SESSION_EPOCH', told: [] })
    expect(await ask(id, 1)).toMatchObject({ error: 'NONE' })
    expect(await ask(id, 1)).toMatchObject({ error: 'INVALID_FETCH_SESSION_EPOCH' })
    expect(await ask(id, 2, [], { version: 12 })).toMatchObject({ error: 'FETCH_SESSION_TOPIC_ID_ERROR' })
    expect(await ask(id + 1, 1)).toMatchObject({ error: 'FETCH_SESSION_ID_NOT_FOUND' })
  })

  it('ends when the client says so, or begins another', async () => {
    const { ask } = await reader()
    const first = await ask(0, 0, all)
    expect(await ask(first.id, -1, all)).toMatchObject({ id: 0, error: 'NONE', partitions: ['a-0', 'a-1', 'b-0'] })
    expect(await ask(first.id, 1)).toMatchObject({ error: 'FETCH_SESSION_ID_NOT_FOUND' })
    const second = await ask(0, 0, all)
    const third = await ask(second.id, 0, all)
    expect(third.id).not.toBe(second.id)
    expect(await ask(second.id, 1)).toMatchObject({ error: 'FETCH_SESSION_ID_NOT_FOUND' })
    expect(await ask(third.id, 1)).toMatchObject({ error: 'NONE' })
  })

  it('is not given where there is no room, and a full request works without', async () => {
    const { ask } = await reader({ 'max.incremental.fetch.session.cache.slots': '1' })
    const first = await ask(0, 0, all)
    expect(await ask(0, 0, all)).toMatchObject({ id: 0, error: 'NONE', partitions: ['a-0', 'a-1', 'b-0'] })
    expect(await ask(first.id, 1)).toMatchObject({ id: first.id, error: 'NONE' })
  })
})
