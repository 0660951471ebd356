import { describe, expect, it } from 'vitest'
import { silentLog } from '../../../core/telemetry/log.ts'
import { serdes } from '../../../core/index.ts'
import { VirtualTime } from '../../../core/ports/virtual-time.ts'
import { noHeaders } from '../../../core/records/record.ts'
import type { TimestampedKeyValueStore, Topology } from '../../../streams/index.ts'
import { StreamsBuilder, timeWindowedSerde, topic, windows } from '../../../streams/index.ts'
import { decodePartitionTime } from '../../../streams/runtime/partition-time.ts'
import { Task } from '../../../streams/runtime/task.ts'

const strings = { key: serdes.string, value: serdes.string }
const raw = (offset: number, key: string | null, value: string | null, timestamp = offset) => ({
  offset,
  timestamp,
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: noHeaders,
})

interface Sent {
  readonly topic: string
  readonly partition: number | null
  readonly key: string | undefined
  readonly value: Buffer | null
  readonly timestamp: number
}

function open(topology: Topology, config: object = {}, partition = 3) {
  const sent: Sent[] = []
  const collector = {
    partitionCount: () => 4,
    send: (to: string, at: number | null, key: Buffer | null, value: Buffer | null, timestamp: number) =>
      sent.push({ topic: to, partition: at, key: key?.toString(), value, timestamp }),
  }
  const ports = { collector, clock: new VirtualTime(), log: silentLog }
  const task = new Task(
    ports,
    topology,
    { subtopology: 0, partition },
    { 'application.id': 'app', 'statestore.cache.max.bytes': 1 << 20, ...config },
  )
  return { task, sent }
}

function counting(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(topic('in', strings))
    .groupByKey()
    .count({ store: 'counts' })
    .toStream()
    .to(topic('out', { key: serdes.string, value: serdes.long }))
  return builder.build()
}

const place = { topic: 'in', partition: 3 }

describe('task', () => {
  it('reads its partitions, keeps updates until a commit, and then says how far it came', () => {
    const { task, sent } = open(counting())
    expect([task.id, task.inputs, task.changelogs.map(({ topic: name, partition }) => ({ name, partition }))]).toEqual([
      '0_3',
      [place],
      [{ name: 'app-counts-changelog', partition: 3 }],
    ])
    task.start()
    task.add(place, [raw(5, 'a', 'x'), raw(6, 'a', 'y'), raw(9, 'b', 'z', 4)])
    expect(task.buffered(place)).toBe(3)
    expect(task.process(2)).toBe(2)
    expect([task.buffered(place), task.runnable, task.commitNeeded, sent.length]).toEqual([1, true, true, 0])
    expect(task.process(10)).toBe(1)
    task.prepareCommit()
    expect(sent.map(({ topic: to, partition, key, timestamp }) => [to, partition, key, timestamp])).toEqual([
      ['app-counts-changelog', 3, 'a', 6],
      ['out', null, 'a', 6],
      ['app-counts-changelog', 3, 'b', 4],
      ['out', null, 'b', 4],
    ])
    const { offset, metadata } = task.committable().get('in-3')!
    expect([offset, decodePartitionTime(metadata!).partitionTime]).toEqual([10, 6])
    task.committed()
    expect([task.committable().size, task.commitNeeded]).toEqual([0, false])
  })

  it('goes on where its changelog and its committed time say', () => {
    const first = open(counting())
    first.task.start()
    first.task.add(place, [raw(0, 'a', 'x', 50), raw(1, 'a', 'y', 40)])
    first.task.process(10)
    first.task.prepareCommit()
    const log = first.sent.filter(({ topic: to }) => to === 'app-counts-changelog')

    const second = open(counting())
    second.task.changelogs[0]!.restore(
      log.map(({ key, value, timestamp }) => ({ key: Buffer.from(key!), value, timestamp })),
    )
    second.task.start(new Map([['in-3', { partitionTime: 50, closed: new Map() }]]))
    expect(second.task.streamTime).toBe(50)
    expect((second.task.store('counts') as TimestampedKeyValueStore<string, number>).get('a')).toEqual({
      value: 2,
      timestamp: 50,
    })
    second.task.add(place, [raw(2, 'a', 'z', 45)])
    second.task.process(10)
    second.task.prepareCommit()
    expect(second.sent.at(-1)).toMatchObject({ topic: 'out', key: 'a', timestamp: 50 })
    expect(second.sent.at(-1)!.value!.readBigInt64BE()).toBe(3n)
  })

  it('a record that cannot be read does not hold offsets back', () => {
    const builder = new StreamsBuilder()
    builder.stream(topic('in', { key: serdes.string, value: serdes.long })).foreach(() => {})
    const { task } = open(builder.build(), { 'deserialization.exception.handler': 'continue' })
    task.start()
    task.add(place, [{ ...raw(0, 'a', null), value: Buffer.alloc(8) }, raw(1, 'a', 'bad'), raw(2, 'a', 'bad')])
    task.process(10)
    expect(task.committable().get('in-3')!.offset).toBe(3)
    expect(task.dropped.deserialization).toBe(2)
  })

  it('reads several inputs by time, and waits for an empty one when told to', () => {
    const builder = new StreamsBuilder()
    const seen: string[] = []
    builder
      .stream(topic('a', strings))
      .merge(builder.stream(topic('b', strings)))
      .foreach((value) => seen.push(value))
    const { task } = open(builder.build())
    task.start()
    task.await({ topic: 'b', partition: 3 }, true)
    task.add({ topic: 'a', partition: 3 }, [raw(0, 'k', 'a5', 5), raw(1, 'k', 'a7', 7)])
    expect([task.runnable, task.process(10)]).toEqual([false, 0])
    task.add({ topic: 'b', partition: 3 }, [raw(0, 'k', 'b6', 6)])
    expect(task.process(10)).toBe(2)
    task.await({ topic: 'b', partition: 3 }, false)
    expect(task.process(10)).toBe(1)
    expect(seen).toEqual(['a5', 'b6', 'a7'])
  })

  it('places windowed keys by their inner key', () => {
    const builder = new StreamsBuilder()
    builder
      .stream(topic('in', strings))
      .groupByKey()
      .windowedBy(windows.tumbling(10))
      .count()
      .toStream()
      .to(topic('out', { key: timeWindowedSerde(serdes.string, 10), value: serdes.long }))
    const { task, sent } = open(builder.build(), { 'statestore.cache.max.bytes': 0 })
    task.start()
    task.add(place, [raw(0, 'apple', 'x', 1), raw(1, 'apple', 'x', 1001), raw(2, 'pear', 'x', 1002)])
    task.process(10)
    const out = sent.filter(({ topic: to }) => to === 'out').map(({ partition }) => partition)
    expect(out[0]).toBe(out[1])
    expect(out.every((partition) => partition !== null && partition < 4)).toBe(true)
  })

  it('after an error it is failed and only can be closed', () => {
    const builder = new StreamsBuilder()
    builder.stream(topic('in', strings)).foreach(() => {
      throw new Error('no')
    })
    const { task } = open(builder.build())
    task.start()
    task.add(place, [raw(0, 'a', 'x'), raw(1, 'a', 'x')])
    expect(() => task.process(10)).toThrow('failed on in-3 at offset 0: no')
    expect([task.failed, task.runnable]).toEqual([true, false])
    expect(() => task.prepareCommit()).toThrow('offset 0')
    task.close()
  })
})
