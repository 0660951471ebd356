import { describe, expect, it } from 'vitest'

import { partitionKey } from '#core/client/client.ts'
import { decodeAssignment } from '#core/wire/embedded/consumer-protocol.ts'
import { serdes } from '#core/serde/serdes.ts'
import { KafkaStreams, StreamsBuilder, topic } from '../../../streams/index.ts'
import { StreamsCluster, type Line } from '../../support/streams-cluster.ts'

const strings = { key: serdes.string, value: serdes.string }
const cluster = new StreamsCluster()

const copy = (from: string, to: string, see: (value: string) => string = (value) => value) => {
  const builder = new StreamsBuilder()
  builder.stream(topic(from, strings)).mapValues(see).to(topic(to, strings))
  return builder.build()
}

const lines = (...values: readonly string[]): Line[] => values.map((value) => [value, 1000])
const numbers = (count: number): Line[] => lines(...Array.from({ length: count }, (_, index) => `v${index}`))

describe('a running application', () => {
  it('processes what is there, keeps event time, commits, and goes on where it stopped', async () => {
    await cluster.create({ 'a-in': 2, 'a-out': 1 })
    await cluster.produce('a-in', numbers(50))
    const first = new KafkaStreams(copy('a-in', 'a-out'), cluster.config('a'))
    await first.start()
    await first.finish()
    await first.close()
    expect(first.state).toBe('NOT_RUNNING')
    await cluster.produce('a-in', lines('later'))
    await using second = new KafkaStreams(
      copy('a-in', 'a-out', (value) => `second ${value}`),
      cluster.config('a'),
    )
    await second.start()
    await second.finish()
    const out = await cluster.contents('a-out')
    expect(out).toHaveLength(51)
    expect(out.filter((record) => record.value!.toString().startsWith('second'))).toHaveLength(1)
    expect(out.every((record) => record.timestamp === 1000)).toBe(true)
  })

  it('states follow one another as in Kafka Streams', async () => {
    await cluster.create({ 's-in': 1, 's-out': 1 })
    const app = new KafkaStreams(copy('s-in', 's-out'), cluster.config('s'))
    const states = [app.state]
    app.onStateChange((state) => states.push(state))
    await app.start()
    await app.close()
    await app.close()
    expect(states.filter((state, index) => state !== 'REBALANCING' || index < 2)).toEqual([
      'CREATED',
      'REBALANCING',
      'RUNNING',
      'PENDING_SHUTDOWN',
      'NOT_RUNNING',
    ])
    await expect(app.start()).rejects.toThrow('application "s" is NOT_RUNNING: it cannot start')
  })

  it('two instances share the partitions, and one takes over when the other closes', async () => {
    await cluster.create({ 'share-in': 4, 'share-out': 1 })
    const seen: string[][] = [[], []]
    const make = (index: number) =>
      new KafkaStreams(
        copy('share-in', 'share-out', (value) => (seen[index]!.push(value), value)),
        cluster.config('share', { 'commit.interval.ms': '20' }),
      )
    const one = make(0)
    const two = make(1)
    await one.start()
    await two.start()
    const shares = async (): Promise<number[]> => {
      const [group] = await cluster.client.admin().describeGroups(['share'])
      if (group!.state !== 'Stable') return []
      return group!.members.map(
        ({ assignment }) => decodeAssignment(assignment).assignedPartitions.flatMap((each) => each.partitions).length,
      )
    }
    while ((await shares()).join() !== '2,2') await new Promise((resolve) => setTimeout(resolve, 20))
    await cluster.produce('share-in', numbers(200))
    await Promise.all([one.finish(), two.finish()])
    expect(seen[0]!.length).toBeGreaterThan(0)
    expect(seen[1]!.length).toBeGreaterThan(0)
    await two.close()
    await cluster.produce('share-in', lines('x1', 'x2', 'x3', 'x4', 'x5', 'x6', 'x7', 'x8'))
    while (seen[0]!.filter((value) => value.startsWith('x')).length < 8)
      await new Promise((resolve) => setTimeout(resolve, 20))
    await one.finish()
    await one.close()
    const out = (await cluster.contents('share-out')).map((record) => record.value!.toString())
    expect(new Set(out).size).toBe(208)
    expect(out).toHaveLength(208)
  })

  it('a function that throws ends the application with node, topic and offset, and commits nothing of it', async () => {
    await cluster.create({ 'e-in': 1, 'e-out': 1 })
    await cluster.produce('e-in', lines('fine', 'poison', 'after'))
    const app = new KafkaStreams(
      copy('e-in', 'e-out', (value) => {
        if (value === 'poison') throw new Error('bad apple')
        return value
      }),
      cluster.config('e'),
    )
    const failed = app.failed.catch((error: unknown) => error)
    await app.start().catch(() => undefined)
    expect(String(await failed)).toMatch(/e-in-0 at offset 1: bad apple/)
    await app.close()
    expect(app.state).toBe('ERROR')
    const committed = new Map(
      (await cluster.client.admin().groupOffsets('e')).map((each) => [partitionKey(each), each.offset]),
    )
    expect(committed.get('e-in-0') ?? 0).toBeLessThanOrEqual(1)

    await using again = new KafkaStreams(copy('e-in', 'e-out'), cluster.config('e'))
    await again.start()
    await again.finish()
    const values = (await cluster.contents('e-out')).map((record) => record.value!.toString())
    expect(new Set(values)).toEqual(new Set(['fine', 'poison', 'after']))
  })

  it('a source topic that does not exist is named before anything starts', async () => {
    const app = new KafkaStreams(copy('nowhere', 's-out'), cluster.config('n'))
    await expect(app.start()).rejects.toThrow('application "n" reads topic "nowhere", which does not exist')
    expect(app.state).toBe('ERROR')
  })

  it('unknown and wrong settings are told apart: one warns, the other refuses', () => {
    const lines: string[] = []
    const log = (level: string, message: string): void => void lines.push(`${level} ${message}`)
    void new KafkaStreams(copy('a-in', 'a-out'), cluster.config('w', { 'num.tea.cups': '3' }), { log })
    expect(lines).toEqual(['warn setting "num.tea.cups" is not known and has no effect'])
    expect(
      () =>
        new KafkaStreams(copy('a-in', 'a-out'), {
          'application.id': 'w',
          'bootstrap.servers': 'x:1',
          'poll.ms': 'soon',
        }),
    ).toThrow('setting "poll.ms": expected a whole number')
  })
})
