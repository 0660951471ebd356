import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { consume } from '../../../broker/commands/consume.ts'
import { type ProduceOptions, produce } from '../../../broker/commands/produce.ts'
import { createTopics } from '../../../broker/commands/topics.ts'
import type { Broker } from '../../../broker/start.ts'
import { ran } from '../../support/command-line.ts'
import { memoryBroker } from '../../support/memory-broker.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const all = { from: 'earliest', partitions: [], untilEnd: true } as const

async function brokerWith(topic: string, partitions = 1): Promise<Broker> {
  const broker = await memoryBroker()
  await ran(broker, (session) => createTopics(session, [topic], { partitions, configs: {} }))
  return broker
}

function lines(text: string, options: Partial<ProduceOptions> = {}): ProduceOptions {
  const file = join(temporaryFolder(), 'lines.txt')
  writeFileSync(file, text)
  return { topic: 't', file, headers: {}, producer: {}, ...options }
}

describe('produce and consume', () => {
  it('carry lines, an empty one and the last without a line end too', async () => {
    const broker = await brokerWith('t')
    const sent = await ran(broker, (session) => produce(session, lines('one\n\nthree')))
    expect(sent.remarks).toEqual(['3 records sent to t'])
    expect((await ran(broker, (session) => consume(session, { topic: 't', ...all }))).out).toBe('one\n\nthree\n')
  })

  it('carry keys, headers and times, and show them when asked', async () => {
    const broker = await brokerWith('t')
    const options = { keySeparator: '=>', headers: { source: 'test', kind: 'x' } }
    await ran(broker, (session) => produce(session, lines('k=>v=>w', options)))
    const shown = await ran(broker, (session) =>
      consume(session, { topic: 't', ...all, keys: true, headers: true, timestamps: true, offsets: true }),
    )
    const [time, place, ...rest] = shown.out.trimEnd().split('\t')
    expect(Date.now() - Date.parse(time!)).toBeLessThan(60_000)
    expect([place, ...rest]).toEqual(['0:0', 'source=test,kind=x', 'k', 'v=>w'])
  })

  it('print JSON that can be sent again as it is', async () => {
    const broker = await brokerWith('t', 3)
    await ran(broker, (session) => createTopics(session, ['copy'], { partitions: 3, configs: {} }))
    const records = [
      { key: 'a', value: '1', headers: { h: 'x' }, partition: 2, timestamp: 1_700_000_000_000 },
      { key: null, value: null, headers: {}, partition: 0, timestamp: 1_700_000_000_001 },
      { key: 'ü', value: '{"n":1}', headers: {}, partition: 2, timestamp: 1_700_000_000_002 },
    ]
    const text = records.map((record) => JSON.stringify(record)).join('\n')
    await ran(broker, (session) => produce(session, lines(text, { jsonLines: true })))
    const printed = await ran(broker, (session) => consume(session, { topic: 't', ...all }), true)
    await ran(broker, (session) => produce(session, lines(printed.out, { topic: 'copy', jsonLines: true })))
    const copied = await ran(broker, (session) => consume(session, { topic: 'copy', ...all }), true)
    const parsed = copied.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .sort((a, b) => Number(a['timestamp']) - Number(b['timestamp']))
    expect(parsed).toMatchObject(records.map((record) => ({ topic: 'copy', ...record })))
  })

  it.each([
    ['earliest', ['0', '1', '2', '3', '4']],
    ['3', ['3', '4']],
    ['-2', ['3', '4']],
    ['99', []],
    ['2023-11-14T22:13:22Z', ['2', '3', '4']],
    ['2030-01-01', []],
  ])('start from %s', async (from, expected) => {
    const broker = await brokerWith('t')
    const records = [0, 1, 2, 3, 4].map((i) =>
      JSON.stringify({ value: String(i), timestamp: 1_700_000_000_000 + i * 1000 }),
    )
    await ran(broker, (session) => produce(session, lines(records.join('\n'), { jsonLines: true })))
    const { out } = await ran(broker, (session) =>
      consume(session, { topic: 't', from, partitions: [], untilEnd: true }),
    )
    expect(out.split('\n').filter((line) => line !== '')).toEqual(expected)
  })

  it('go on where a group stopped', async () => {
    const broker = await brokerWith('t')
    await ran(broker, (session) => produce(session, lines('a\nb\nc')))
    const next = (max: number) =>
      ran(broker, (session) => consume(session, { topic: 't', from: 'earliest', partitions: [], group: 'g', max }))
    expect((await next(2)).out).toBe('a\nb\n')
    expect((await next(1)).out).toBe('c\n')
  })

  it('leave to a group who reads what, and from where', async () => {
    const broker = await brokerWith('t')
    const read = (from: string, partitions: number[]) =>
      ran(broker, (session) => consume(session, { topic: 't', from, partitions, group: 'g', untilEnd: true }))
    await expect(read('earliest', [0])).rejects.toThrow('--group and --partition exclude each other')
    await expect(read('5', [])).rejects.toThrow('--from "5" is not earliest or latest, with --group')
  })

  it('read only the partitions that are asked for, and name one that is not there', async () => {
    const broker = await brokerWith('t', 2)
    await ran(broker, (session) => produce(session, lines('zero', { partition: 0 })))
    await ran(broker, (session) => produce(session, lines('one', { partition: 1 })))
    const read = (partitions: number[]) =>
      ran(broker, (session) => consume(session, { topic: 't', ...all, partitions }))
    expect((await read([1])).out).toBe('one\n')
    await expect(read([7])).rejects.toThrow('--partition "7" is not a partition of t, which has 2')
  })

  it('name the line that cannot be sent, after sending those before it', async () => {
    const broker = await brokerWith('t')
    await expect(ran(broker, (session) => produce(session, lines('a:1\nb', { keySeparator: ':' })))).rejects.toThrow(
      'line 2 was not sent: there is no ":" between key and value',
    )
    const bad = '{"value":"x"}\n{"partition":1.5}'
    await expect(ran(broker, (session) => produce(session, lines(bad, { jsonLines: true })))).rejects.toThrow(
      'line 2 was not sent: partition 1.5 is not a whole number',
    )
    expect((await ran(broker, (session) => consume(session, { topic: 't', ...all }))).out).toBe('1\nx\n')
  })

  it('say what the broker refused', async () => {
    const broker = await brokerWith('t')
    await expect(ran(broker, (session) => produce(session, lines('x', { partition: 5 })))).rejects.toThrow(
      /1 of 1 records were not accepted; the first: .*partition 5/,
    )
    await expect(ran(broker, (session) => produce(session, lines('x', { file: '/no/such/file' })))).rejects.toThrow(
      'cannot read /no/such/file',
    )
    await expect(ran(broker, (session) => consume(session, { topic: 'nope', ...all }))).rejects.toThrow(
      'there is no topic "nope"',
    )
    await expect(
      ran(broker, (session) => consume(session, { topic: 't', from: 'yesterday', partitions: [] })),
    ).rejects.toThrow('--from "yesterday" is not earliest, latest')
  })
})
