import { describe, expect, it } from 'vitest'

import { serdes } from '#core/serde/serdes.ts'
import { KafkaStreams, StreamsBuilder, topic } from '../../../streams/index.ts'
import { StreamsCluster } from '../../support/streams-cluster.ts'

const strings = { key: serdes.string, value: serdes.string }
const cluster = new StreamsCluster()

async function put(name: string, rows: readonly (readonly [key: string, value: string | null, partition?: number])[]) {
  const producer = cluster.client.producer({ lingerMs: 0 })
  for (const [key, value, partition] of rows) {
    const bytes = value === null ? null : Buffer.from(value)
    const record = { topic: name, key: Buffer.from(key), value: bytes, timestamp: 1 }
    producer.append(partition === undefined ? record : { ...record, partition })
  }
  await producer.close()
}

const values = async (name: string): Promise<string[]> =>
  (await cluster.contents(name)).map(({ value }) => String(value))

async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('tables of a running application', () => {
  it('a global table is read whole, from all partitions, before the first record, and stays up to date', async () => {
    await cluster.create({ 'g-in': 1, 'g-names': 2, 'g-out': 1 })
    const builder = new StreamsBuilder({ defaults: strings })
    const names = builder.globalTable(topic('g-names', strings))
    builder
      .stream(topic('g-in', strings))
      .lookup(
        names,
        (value) => value,
        (value, name) => `${value}=${name}`,
        { left: true },
      )
      .to(topic('g-out', strings))
    await put('g-names', [
      ['1', 'one', 0],
      ['2', 'two', 1],
    ])
    await put('g-in', [
      ['k', '1'],
      ['k', '2'],
      ['k', '3'],
    ])
    await using app = new KafkaStreams(builder.build(), cluster.config('g'))
    await app.start()
    await until(async () => (await values('g-out')).length === 3)
    expect(await values('g-out')).toEqual(['1=one', '2=two', '3=null'])
    await put('g-names', [
      ['3', 'three', 1],
      ['1', null, 0],
    ])
    await until(async () => {
      await put('g-in', [['k', '3']])
      return (await values('g-out')).at(-1) === '3=three'
    })
    await put('g-in', [['k', '1']])
    await until(async () => (await values('g-out')).at(-1) === '1=null')
  })

  it('a global table without its topic says so', async () => {
    await cluster.create({ 'm-in': 1 })
    const builder = new StreamsBuilder({ defaults: strings })
    const missing = builder.globalTable(topic('m-names', strings))
    builder
      .stream(topic('m-in', strings))
      .lookup(
        missing,
        (value) => value,
        (value) => value,
      )
      .foreach(() => {})
    const app = new KafkaStreams(builder.build(), cluster.config('m'))
    await expect(app.start()).rejects.toThrow('reads topic "m-names", which does not exist')
    await app.close()
  })

  it('rows meet by foreign key whatever partitions they are in, and answers find their way back', async () => {
    await cluster.create({ 'f-people': 2, 'f-cities': 3, 'f-out': 1 })
    const builder = new StreamsBuilder({ defaults: strings })
    const cities = builder.table(topic('f-cities', strings))
    builder
      .table(topic('f-people', strings))
      .foreignKeyJoin(
        cities,
        (city) => city,
        (city, name) => `${city}:${name}`,
        { value: serdes.string },
      )
      .toStream()
      .to(topic('f-out', strings))
    const keys = Array.from({ length: 12 }, (_, i) => String(i))
    await put(
      'f-cities',
      keys.slice(0, 5).map((key) => [key, `city${key}`]),
    )
    await using app = new KafkaStreams(builder.build(), cluster.config('f', { 'commit.interval.ms': '20' }))
    await put(
      'f-people',
      keys.map((key, i) => [`p${key}`, String(i % 5), i % 2]),
    )
    await app.start()
    const joined = async () =>
      new Map((await cluster.contents('f-out')).map(({ key, value }) => [String(key), String(value)]))
    await until(async () => (await joined()).size === keys.length)
    for (const [i, key] of keys.entries()) expect((await joined()).get(`p${key}`)).toBe(`${i % 5}:city${i % 5}`)
    await put('f-cities', [['3', 'moved']])
    await until(async () => (await joined()).get('p8') === '3:moved' && (await joined()).get('p3') === '3:moved')
  })

  it('a table that is its own changelog comes back as it was at the commit, not as it is now', async () => {
    await cluster.create({ 'o-rows': 1, 'o-out': 1 })
    const builder = new StreamsBuilder({ defaults: strings })
    builder
      .table(topic('o-rows', strings), { store: 'rows' })
      .groupBy((value, key) => [value.slice(0, 1), key], { ...strings })
      .count({ store: 'groups' })
      .toStream()
      .to(topic('o-out', { key: serdes.string, value: serdes.long }))
    const topology = builder.build({ optimization: 'all' })
    expect(topology.internalTopics('o').map(({ name }) => name)).toEqual(['o-groups-changelog', 'o-groups-repartition'])
    const run = async (): Promise<Record<string, number>> => {
      await using app = new KafkaStreams(topology, cluster.config('o'))
      await app.start()
      await app.finish()
      const rows = await cluster.contents('o-out')
      return Object.fromEntries(rows.map(({ key, value }) => [String(key), serdes.long.deserialize(value!)]))
    }
    await put('o-rows', [
      ['1', 'a'],
      ['2', 'a'],
    ])
    expect(await run()).toEqual({ a: 2 })
    // These come while nobody runs: what the rows were before must be known when they are read.
    await put('o-rows', [
      ['1', 'b'],
      ['3', 'b'],
    ])
    expect(await run()).toEqual({ a: 1, b: 2 })
  })
})

describe('several inputs of a running application', () => {
  it.each([0, 50])('are read in order of time, whichever arrives first (max.task.idle.ms %d)', async (idleMs) => {
    const [one, two, out] = [`t${idleMs}-one`, `t${idleMs}-two`, `t${idleMs}-out`]
    await cluster.create({ [one]: 1, [two]: 1, [out]: 1 })
    const builder = new StreamsBuilder({ defaults: strings })
    builder
      .stream(topic(one, strings))
      .merge(builder.stream(topic(two, strings)))
      .to(topic(out, strings))
    const times = Array.from({ length: 3000 }, (_, i) => i)
    const lines = (odd: number) => times.filter((at) => at % 2 === odd).map((at) => [String(at), at] as const)
    await cluster.produce(one, lines(1))
    await cluster.produce(two, lines(0))
    const config = cluster.config(one, { 'max.poll.records': '100', 'max.task.idle.ms': String(idleMs) })
    await using app = new KafkaStreams(builder.build(), config)
    await app.start()
    await app.finish()
    expect((await values(out)).map(Number)).toEqual(times)
  })
})
