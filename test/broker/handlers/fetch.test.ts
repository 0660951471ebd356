import { setTimeout as pause } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { errorCodes } from '#core/wire/errors.ts'
import {
  batchOf,
  fetch,
  fetchBody,
  makeTopic,
  memoryBroker,
  produce,
  produceBody,
  produceValues,
  valuesIn,
  wireClient,
} from '../../support/memory-broker.ts'

describe('fetch', () => {
  it('gives the first batch whole although it is larger than every limit, and no more than that', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, 'a', {}, 2)
    const large = 'x'.repeat(5000)
    for (const partition of [0, 1]) {
      for (const value of [large, 'small'])
        await client.call(produce, 9, produceBody('a', batchOf([value]), -1, partition))
    }
    const body = fetchBody('a', 0, { maxBytes: 100, partitionMaxBytes: 100 })
    const ask = (partition: number) => ({ partition, fetchOffset: 0, partitionMaxBytes: 100 })
    const { responses } = await client.call(fetch, 12, {
      ...body,
      topics: [{ topic: 'a', partitions: [ask(1), ask(0)] }],
    })
    const [first, second] = responses[0]!.partitions
    expect(first!.partitionIndex).toBe(1)
    expect(valuesIn(first!.records)).toEqual([large])
    expect(valuesIn(second!.records)).toEqual([])
    expect(second!.highWatermark).toBe(2)
  })

  it('waits for as many bytes as the client wants at least', async () => {
    const broker = await memoryBroker()
    const [reader, writer] = [await wireClient(broker), await wireClient(broker)]
    await makeTopic(reader, 'a')
    const batch = batchOf(['12345'])
    let answered = false
    const parked = reader
      .call(fetch, 12, fetchBody('a', 0, { maxWaitMs: 60_000, minBytes: batch.length * 3 }))
      .then((answer) => {
        answered = true
        return answer
      })
    for (let i = 0; i < 3; i++) {
      await pause(5)
      expect(answered).toBe(false)
      await writer.call(produce, 9, produceBody('a', batchOf(['12345'])))
    }
    expect(valuesIn((await parked).responses[0]!.partitions[0]!.records)).toHaveLength(3)
  })

  it('answers with nothing when the time is over', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, 'a')
    const { responses, sessionId } = await client.call(fetch, 12, fetchBody('a', 0, { maxWaitMs: 20 }))
    expect(responses[0]!.partitions[0]).toMatchObject({ errorCode: 0, highWatermark: 0 })
    expect(sessionId).toBe(0)
  })

  it('answers at once when a partition is wrong, and reads the others all the same', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, 'a')
    await produceValues(client, 'a', ['x'])
    const partitions = [0, 7].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1000 }))
    const { responses } = await client.call(fetch, 12, {
      ...fetchBody('a', 0, { maxWaitMs: 60_000, minBytes: 1_000_000 }),
      topics: [{ topic: 'a', partitions }],
    })
    const [good, wrong] = responses[0]!.partitions
    expect(valuesIn(good!.records)).toEqual(['x'])
    expect(wrong!.errorCode).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION.code)
  })

  it('tells offsets outside of the log, leader epochs that differ, and epochs that ended earlier', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, 'a')
    await produceValues(client, 'a', ['x', 'y'])
    const ask = async (more: { fetchOffset?: number; currentLeaderEpoch?: number; lastFetchedEpoch?: number }) => {
      const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1000, ...more }
      const body = { ...fetchBody('a', 0), topics: [{ topic: 'a', partitions: [partition] }] }
      return (await client.call(fetch, 12, body)).responses[0]!.partitions[0]!
    }
    expect((await ask({ fetchOffset: 3 })).errorCode).toBe(errorCodes.OFFSET_OUT_OF_RANGE.code)
    expect((await ask({ fetchOffset: 2 })).errorCode).toBe(0)
    expect((await ask({ currentLeaderEpoch: 5 })).errorCode).toBe(errorCodes.UNKNOWN_LEADER_EPOCH.code)
    expect((await ask({ currentLeaderEpoch: 0, lastFetchedEpoch: 0 })).divergingEpoch).toEqual({
      epoch: -1,
      endOffset: -1,
    })
  })

  it('finds topics by their id, and says when there is no such topic', async () => {
    const client = await wireClient(await memoryBroker())
    const topicId = await makeTopic(client, 'a')
    await produceValues(client, 'a', ['x'])
    const ask = async (id: string, partition = 0) => {
      const partitions = [{ partition, fetchOffset: 0, partitionMaxBytes: 1000 }]
      const answer = await client.call(fetch, 18, {
        maxWaitMs: 0,
        minBytes: 1,
        topics: [{ topicId: id, partitions }],
        forgottenTopicsData: [],
      })
      return answer.responses[0]!.partitions[0]!
    }
    expect(valuesIn((await ask(topicId)).records)).toEqual(['x'])
    expect((await ask('IFgOxOxuRZOOWCY2hQxIkw')).errorCode).toBe(errorCodes.UNKNOWN_TOPIC_ID.code)
    expect((await ask(topicId, 9)).errorCode).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION.code)
  })

  it('wakes those who wait on a topic that is deleted', async () => {
    const broker = await memoryBroker()
    const [reader, admin] = [await wireClient(broker), await wireClient(broker)]
    await makeTopic(admin, 'a')
    const parked = reader.call(fetch, 12, fetchBody('a', 0, { maxWaitMs: 60_000 }))
    while (broker.metrics.values.broker_requests_total < 2) await pause(1)
    const { deleteTopics } = await import('#core/wire/api/20-delete-topics.ts')
    await admin.call(deleteTopics, 5, { topicNames: ['a'], timeoutMs: 1000 })
    expect((await parked).responses[0]!.partitions[0]!.errorCode).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION.code)
  })
})
