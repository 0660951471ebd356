import { describe, expect, it } from 'vitest'

import type { ConsumerOptions, FetchedPartition } from '#core/client/client.ts'
import { createClient } from '#core/client/lean-client.ts'
import { BatchBuilder } from '#core/records/batch-builder.ts'
import { batches } from '#core/records/batch.ts'
import { errorCodes } from '#core/wire/errors.ts'
import { hangUp, ScriptedCluster } from '../../../support/scripted-cluster.ts'

interface Wanted {
  readonly topicId: string
  readonly partitions: readonly { readonly partition: number; readonly fetchOffset: number }[]
}

/** Brokers with one topic; partition `p` holds `sizes[p]` records in batches of ten. */
function world(sizes: readonly number[], options: ConsumerOptions = {}, leader = (_partition: number): number => 1) {
  const cluster = new ScriptedCluster([1, 2])
  const logs = sizes.map((size) => {
    const chunks: Buffer[] = []
    for (let base = 0; base < size; base += 10) {
      const builder = new BatchBuilder({ baseOffset: base })
      for (let i = base; i < Math.min(size, base + 10); i++) builder.append(0, null, Buffer.from(`${i}`))
      chunks.push(builder.build())
    }
    return Buffer.concat(chunks)
  })
  let faults: ((broker: number, partition: number) => number)[] = []
  const served: string[] = []
  cluster.serveTopics({ t: sizes.length }, (_, partition) => leader(partition))
  cluster.on('ListOffsets', ({ body }) => ({
    topics: body.topics.map(({ name, partitions }: any) => ({
      name,
      partitions: partitions.map(({ partitionIndex, timestamp }: any) => ({
        partitionIndex,
        errorCode: 0,
        offset: timestamp === -2 ? 0 : sizes[partitionIndex],
      })),
    })),
  }))
  cluster.on('Fetch', async ({ broker, body }) => {
    const topics = body.topics as readonly Wanted[]
    const found = topics
      .flatMap(({ partitions }) => partitions)
      .some(({ partition, fetchOffset }) => fetchOffset < sizes[partition]!)
    if (!found) await new Promise<void>((resolve) => cluster.time.after(body.maxWaitMs, resolve))
    return {
      responses: topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partition, fetchOffset }) => {
          served.push(`${partition}@${broker}`)
          const errorCode = faults.shift()?.(broker, partition) ?? 0
          const from = [...batches(logs[partition]!)].find((batch) => batch.lastOffset >= fetchOffset)
          const records = errorCode === 0 && from !== undefined ? from.bytes() : null
          return {
            partitionIndex: partition,
            errorCode,
            highWatermark: sizes[partition],
            abortedTransactions: null,
            records,
          }
        }),
      })),
    }
  })
  const client = createClient({ bootstrapServers: cluster.bootstrap, ports: cluster.ports, callTimeoutMs: 5000 })
  const consumer = client.consumer({ autoOffsetReset: 'earliest', maxWaitMs: 100, ...options })
  const read = async (enough: number): Promise<string[]> => {
    const records: string[] = []
    while (records.length < enough) {
      const polled: FetchedPartition[] = await cluster.until(consumer.poll(1000))
      if (polled.length === 0) break
      for (const each of polled) for (const { partition, value } of each) records.push(`${partition}:${String(value)}`)
    }
    return records
  }
  const assign = (): void => consumer.assign(sizes.map((_, partition) => ({ topic: 't', partition })))
  return { cluster, consumer, read, assign, served, break: (...next: typeof faults) => void (faults = next) }
}

const values = (partition: number, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${partition}:${from + i}`)

describe('consumer', () => {
  it('reads a partition in order, however many polls share a batch', async () => {
    const { read, assign } = world([35], { maxPollRecords: 4 })
    assign()
    expect(await read(35)).toEqual(values(0, 0, 35))
  })

  it('gives every partition its turn', async () => {
    const { read, assign } = world([40, 40, 40], { maxPollRecords: 10 })
    assign()
    const turns = (await read(120)).filter((_, index) => index % 10 === 0).map((each) => each[0])
    for (let i = 0; i < turns.length; i += 3) expect(new Set(turns.slice(i, i + 3)).size).toBe(3)
  })

  it('reads on after faults of every kind, without gaps or doubles', async () => {
    let leader = 1
    const { cluster, read, assign, served, ...world1 } = world([50], {}, () => leader)
    assign()
    let fetches = 0
    world1.break(
      () => errorCodes.NOT_LEADER_OR_FOLLOWER.code,
      () => 0,
      () => {
        leader = 2
        return errorCodes.FENCED_LEADER_EPOCH.code
      },
      () => errorCodes.UNKNOWN_TOPIC_ID.code,
      () => errorCodes.KAFKA_STORAGE_ERROR.code,
      () => 0,
      () => {
        fetches++
        cluster.cut(2)
        return 0
      },
    )
    expect(await read(50)).toEqual(values(0, 0, 50))
    expect(fetches).toBe(1)
    expect(served.slice(-3)).toEqual(['0@2', '0@2', '0@2'])
  })

  it('throws what cannot be mended, and tries again when it is polled again', async () => {
    const { cluster, consumer, read, assign, ...world1 } = world([10])
    assign()
    world1.break(() => errorCodes.TOPIC_AUTHORIZATION_FAILED.code)
    await expect(cluster.until(consumer.poll(1000))).rejects.toMatchObject({ code: 'TOPIC_AUTHORIZATION_FAILED' })
    expect(await read(10)).toEqual(values(0, 0, 10))
  })

  it('hears of a batch that is damaged at the broker, and may seek past it', async () => {
    const { cluster, consumer, read, assign, ...world1 } = world([30])
    assign()
    const damaged = (): number => errorCodes.CORRUPT_MESSAGE.code
    world1.break(damaged, damaged)
    for (let i = 0; i < 2; i++)
      await expect(cluster.until(consumer.poll(1000))).rejects.toMatchObject({ code: 'CORRUPT_MESSAGE' })
    consumer.seek({ topic: 't', partition: 0 }, 10)
    expect(await read(20)).toEqual(values(0, 10, 30))
  })

  it('does not count an answer that was under way when somebody sought', async () => {
    const { cluster, consumer, read, assign } = world([30])
    const script = cluster.scriptOf('Fetch')
    let release = (): void => {}
    cluster.on('Fetch', async (asked) => {
      const answer = await script(asked)
      await new Promise<void>((resolve) => (release = resolve))
      cluster.on('Fetch', script)
      return answer
    })
    assign()
    const first = consumer.poll(1000)
    await cluster.settle()
    consumer.seek({ topic: 't', partition: 0 }, 20)
    release()
    expect((await cluster.until(first)).flatMap((each) => [...each]).map(({ offset }) => offset)[0]).toBe(20)
    consumer.seek({ topic: 't', partition: 0 }, 25)
    expect(await read(5)).toEqual(values(0, 25, 30))
  })

  it('serves a resumed partition while a fetch for others still waits', async () => {
    const { cluster, consumer, read, assign } = world([0, 10], { maxWaitMs: 5000 })
    assign()
    consumer.pause([{ topic: 't', partition: 1 }])
    expect(await cluster.until(consumer.poll(200))).toEqual([])
    consumer.resume([{ topic: 't', partition: 1 }])
    const before = cluster.time.now()
    expect(await read(10)).toEqual(values(1, 0, 10))
    expect(cluster.time.now() - before).toBeLessThan(1000)
  })

  it('goes on after the broker hung up, at another one', async () => {
    const { cluster, read, assign } = world([20])
    assign()
    let cut = 0
    const script = cluster.scriptOf('Fetch')
    cluster.on('Fetch', (asked) => (cut++ < 2 ? hangUp : script(asked)))
    expect(await read(20)).toEqual(values(0, 0, 20))
  })

  it('waits for a cluster that is away, without throwing it at every poll', async () => {
    const { cluster, consumer, read, assign } = world([10])
    cluster.down.add(1).add(2)
    assign()
    for (let i = 0; i < 10; i++) expect(await cluster.until(consumer.poll(2000))).toEqual([])
    await expect(cluster.until(consumer.position({ topic: 't', partition: 0 }))).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
    })
    cluster.down.clear()
    expect(await read(10)).toEqual(values(0, 0, 10))
  })

  it('forgets a missing offset once somebody sought', async () => {
    const { cluster, consumer, read, assign } = world([10], { autoOffsetReset: 'none' })
    const partition = { topic: 't', partition: 0 }
    assign()
    await expect(cluster.until(consumer.position(partition))).rejects.toMatchObject({ code: 'OFFSET_MISSING' })
    consumer.seek(partition, 3)
    expect(await read(7)).toEqual(values(0, 3, 10))
  })

  it('refuses what makes no sense', async () => {
    const { consumer } = world([1])
    const partition = { topic: 't', partition: 0 }
    expect(() => consumer.seek(partition, 1)).toThrow('not assigned')
    consumer.assign([partition])
    expect(() => consumer.seek(partition, -1)).toThrow('cannot seek')
    expect(() => consumer.subscribe(['t'])).toThrow('needs a group')
    const member = world([1], { groupId: 'g' }).consumer
    member.subscribe(['t'])
    expect(() => member.assign([partition])).toThrow('its group assigns')
    await expect(consumer.commit([])).rejects.toMatchObject({ code: 'GROUP_MISSING' })
  })
})
