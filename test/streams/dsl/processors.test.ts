import { describe, expect, it } from 'vitest'
import { serdes } from '../../../core/index.ts'
import type { KeyValueStore, WindowStore } from '../../../streams/index.ts'
import { StreamRecord, StreamsBuilder, stores, topic } from '../../../streams/index.ts'
import { TopologyTestDriver } from '../../../streams/testing/index.ts'

const strings = { key: serdes.string, value: serdes.string }
const input = topic('in', strings)
const output = topic('out', strings)
const open = (builder: StreamsBuilder): TopologyTestDriver =>
  new TopologyTestDriver(builder.build(), { startTime: 1000 })
const values = (driver: TopologyTestDriver): string[] => driver.read(output).map(({ value }) => value)
const send = (driver: TopologyTestDriver, value: string, timestamp: number): void =>
  driver.pipe(input, { key: 'k', value, timestamp })

describe('processors', () => {
  it('keep state in stores of their own, which the driver shows', () => {
    const builder = new StreamsBuilder()
    builder.addStore(stores.keyValue('totals', { key: serdes.string, value: serdes.long }))
    builder
      .stream(input)
      .process<string, string>(
        (context) => {
          const totals = context.store<KeyValueStore<string, number>>('totals')
          return (record) => {
            const total = (totals.get(record.key) ?? 0) + record.value.length
            totals.put(record.key, total)
            context.forward(record.withValue(`${total} by ${context.metadata!.topic}-${context.metadata!.offset}`))
          }
        },
        { stores: ['totals'], ...strings },
      )
      .to(output)
    using driver = open(builder)
    send(driver, 'four', 1)
    send(driver, 'fives', 2)
    expect(values(driver)).toEqual(['4 by in-0', '9 by in-1'])
    expect(driver.store<KeyValueStore<string, number>>('totals')!.get('k')).toBe(9)
  })

  it('are called back by stream time and by the wall clock, once after a gap', () => {
    const builder = new StreamsBuilder()
    builder
      .stream(input)
      .process<string, string>((context) => {
        context.schedule(10, 'stream', (at) => context.forward(new StreamRecord('s', `s${at}`, at)))
        const wall = context.schedule('1s', 'wall', (at) => {
          context.forward(new StreamRecord('w', `w${at}`, at))
          if (at >= 4000) wall.cancel()
        })
        return () => {}
      }, strings)
      .to(output)
    using driver = open(builder)
    send(driver, 'x', 5)
    send(driver, 'x', 9)
    expect(values(driver)).toEqual(['s5'])
    send(driver, 'x', 47)
    send(driver, 'x', 48)
    send(driver, 'x', 50)
    expect(values(driver)).toEqual(['s47', 's50'])
    driver.advanceWallClock(999)
    expect(values(driver)).toEqual([])
    driver.advanceWallClock(1)
    driver.advanceWallClock('2s')
    driver.advanceWallClock('1s')
    expect(values(driver)).toEqual(['w2000', 'w4000'])
  })

  it('choose the node that a record goes to, and are closed in the end', () => {
    const closed: string[] = []
    const builder = new StreamsBuilder()
    const routed = builder.stream(input).process<string, string>(
      (context) => ({
        process: (record) => context.forward(record, record.value.startsWith('a') ? 'to-a' : 'to-rest'),
        close: () => closed.push('router'),
      }),
      { name: 'router', ...strings },
    )
    routed.mapValues((value) => `a:${value}`, { name: 'to-a', value: serdes.string }).to(output)
    routed.mapValues((value) => `rest:${value}`, { name: 'to-rest', value: serdes.string }).to(output)
    const driver = open(builder)
    send(driver, 'apple', 1)
    send(driver, 'pear', 2)
    expect(values(driver)).toEqual(['a:apple', 'rest:pear'])
    driver.close()
    expect(closed).toEqual(['router'])
  })

  it('read windows back and forth', () => {
    const builder = new StreamsBuilder()
    builder.addStore(stores.window('seen', { ...strings, retention: 100, size: 10 }))
    builder
      .stream(input)
      .processValues<string>(
        (context) => {
          const seen = context.store<WindowStore<string, string>>('seen')
          return (record) => {
            seen.put(record.key, record.value, record.timestamp)
            const near = [...seen.fetchRange(record.key, record.timestamp - 10, record.timestamp + 10)]
            context.forward(record.withValue(near.map(([at, value]) => `${at}${value}`).join(' ')))
          }
        },
        { stores: ['seen'], value: serdes.string },
      )
      .to(output)
    using driver = open(builder)
    for (const [value, at] of [
      ['a', 20],
      ['b', 35],
      ['c', 28],
      ['d', 150],
      ['e', 20],
    ] as const)
      send(driver, value, at)
    expect(values(driver)).toEqual(['20a', '35b', '20a 28c 35b', '150d', ''])
    expect(driver.dropped.expired).toBe(1)
  })

  it('may only use stores that exist and that they asked for', () => {
    const build = (asked: readonly string[]): TopologyTestDriver => {
      const builder = new StreamsBuilder()
      builder.addStore(stores.keyValue('mine', strings))
      builder.stream(input).processValues(
        (context) => {
          context.store('mine')
          return () => {}
        },
        { name: 'asker', stores: asked },
      )
      return open(builder)
    }
    expect(() => build(['other'])).toThrow('other')
    expect(() => build([])).toThrow('mine')
    build(['mine']).close()
  })
})

describe('dead letters', () => {
  it('carry the record as it came in, and say what was wrong with it', () => {
    const builder = new StreamsBuilder()
    builder
      .stream(input)
      .mapValues(
        (value) => {
          if (value === 'bad') throw new TypeError('rotten')
          return value
        },
        { name: 'strict', value: serdes.string },
      )
      .to(output)
    using driver = new TopologyTestDriver(builder.build(), {
      config: { 'processing.exception.handler': 'continue', 'errors.dead.letter.queue.topic.name': 'dead' },
    })
    driver.pipe(
      input,
      { key: 'k', value: 'good', timestamp: 1 },
      { key: 'k', value: 'bad', timestamp: 2, headers: [{ key: 'h', value: Buffer.from('1') }] },
    )
    expect(values(driver)).toEqual(['good'])
    const [dead, ...more] = driver.readBytes('dead')
    expect(more).toEqual([])
    expect([String(dead!.key), String(dead!.value), dead!.timestamp]).toEqual(['k', 'bad', 2])
    const headers = new Map(dead!.headers.map(({ key, value }) => [key, String(value)]))
    expect(headers.get('h')).toBe('1')
    expect(headers.get('__streams.errors.message')).toContain('rotten')
    expect(headers.get('__streams.errors.topic')).toBe('in')
    expect(headers.get('__streams.errors.offset')).toBe('1')
  })
})
