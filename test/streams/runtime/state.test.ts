import { describe, expect, it } from 'vitest'

import { serdes } from '#core/serde/serdes.ts'
import { KafkaStreams, StreamsBuilder, topic, windows, type Topology } from '../../../streams/index.ts'
import { StreamsCluster } from '../../support/streams-cluster.ts'

const strings = { key: serdes.string, value: serdes.string }
const cluster = new StreamsCluster()

/** Words by value, counted over a repartition topic. */
function wordCount(id: string): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(topic(`${id}-in`, strings))
    .flatMapValues((line) => line.split(' '))
    .groupBy((word) => word, strings)
    .count({ store: 'counts' })
    .toStream()
    .to(topic(`${id}-out`, { key: serdes.string, value: serdes.long }))
  return builder.build()
}

/** The last value of every key in a topic. */
const latest = async (name: string) =>
  new Map((await cluster.contents(name)).map(({ key, value }) => [String(key), value]))

const counts = async (name: string) =>
  Object.fromEntries([...(await latest(name))].map(([key, value]) => [key, serdes.long.deserialize(value!)]))

async function runOnce(topology: Topology, id: string): Promise<void> {
  await using app = new KafkaStreams(topology, cluster.config(id))
  await app.start()
  await app.finish()
}

describe('state of a running application', () => {
  it('is in its changelog, and a new instance goes on with it', async () => {
    await cluster.create({ 'r-in': 3, 'r-out': 1 })
    await cluster.produce('r-in', [
      ['to be or', 1],
      ['not to be', 2],
    ])
    await runOnce(wordCount('r'), 'r')
    expect(await counts('r-out')).toEqual({ to: 2, be: 2, or: 1, not: 1 })
    await cluster.produce('r-in', [['be be', 3]])
    await runOnce(wordCount('r'), 'r')
    expect(await counts('r-out')).toEqual({ to: 2, be: 4, or: 1, not: 1 })
    expect(await counts('r-counts-changelog')).toEqual({ to: 2, be: 4, or: 1, not: 1 })
  })

  it('internal topics have the names, counts and settings that Kafka Streams gives them', async () => {
    const described = await cluster.client.admin().describeTopics(['r-counts-changelog', 'r-counts-repartition'])
    expect(described.map((each) => [each.name, each.partitions.length]).sort()).toEqual([
      ['r-counts-changelog', 3],
      ['r-counts-repartition', 3],
    ])
    const settings = await cluster.client.admin().describeConfigs([
      { type: 'topic', name: 'r-counts-changelog' },
      { type: 'topic', name: 'r-counts-repartition' },
    ])
    const value = (name: string, setting: string) =>
      [...settings.entries()].find(([key]) => key.includes(name))![1].find((each) => each.name === setting)!.value
    expect(value('r-counts-changelog', 'cleanup.policy')).toBe('compact')
    expect(value('r-counts-repartition', 'cleanup.policy')).toBe('delete')
    expect(value('r-counts-repartition', 'retention.ms')).toBe('-1')
  })

  it('an application that dies without a commit loses nothing', async () => {
    await cluster.create({ 'd-in': 1, 'd-out': 1 })
    await cluster.produce('d-in', [
      ['a', 1],
      ['b', 2],
    ])
    let poison = true
    const builder = new StreamsBuilder()
    builder
      .stream(topic('d-in', strings))
      .peek((value) => {
        if (poison && value === 'c') throw new Error('power cut')
      })
      .groupByKey()
      .count({ store: 'counts' })
      .toStream()
      .to(topic('d-out', { key: serdes.string, value: serdes.long }))
    const topology = builder.build()
    await runOnce(topology, 'd')
    await cluster.produce('d-in', [
      ['a', 3],
      ['c', 4],
      ['a', 5],
    ])
    const dying = new KafkaStreams(topology, cluster.config('d'))
    await dying.start()
    await expect(dying.failed).rejects.toThrow('power cut')
    await dying.close()
    poison = false
    await runOnce(topology, 'd')
    expect(await counts('d-out')).toEqual({ a: 3, b: 1, c: 1 })
  })

  it('windows held back come out once, final, over a restart', async () => {
    await cluster.create({ 'w-in': 1, 'w-out': 1 })
    const builder = new StreamsBuilder()
    builder
      .stream(topic('w-in', strings))
      .groupByKey()
      .windowedBy(windows.tumbling('10ms', { grace: '5ms' }))
      .count({ store: 'windows' })
      .suppress({ until: 'windowCloses' })
      .toStream()
      .map((count, { key, start }) => [`${key}@${start}`, count])
      .to(topic('w-out', { key: serdes.string, value: serdes.long }))
    const topology = builder.build()
    await cluster.produce('w-in', [
      ['k', 1],
      ['k', 2],
      ['k', 12],
    ])
    const first = new KafkaStreams(topology, cluster.config('w', { 'commit.interval.ms': '20' }))
    await first.start()
    const committed = async () =>
      (await cluster.client.admin().groupOffsets('w')).find((each) => each.topic === 'w-in')?.offset
    while ((await committed()) !== 3) await new Promise((resolve) => setTimeout(resolve, 20))
    await first.close()
    expect(await latest('w-out')).toEqual(new Map())
    await cluster.produce('w-in', [['k', 30]])
    await runOnce(topology, 'w')
    const rows = await latest('w-out')
    expect([...rows.keys()].sort()).toEqual(['k@0', 'k@10', 'k@30'])
    expect(serdes.long.deserialize(rows.get('k@0')!)).toBe(2)
    expect(serdes.long.deserialize(rows.get('k@10')!)).toBe(1)
  })
})
