import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startWorker } from '../../../connectors/runtime/worker.ts'
import { ConnectWorld, sinkOf, sourceOf, stringConverters, until } from '../../support/connect-world.ts'
import { temporaryFolder } from '../../support/temporary.ts'

let world: ConnectWorld
beforeAll(async () => {
  world = await ConnectWorld.start()
})
afterAll(() => world.stop())

const source = (name: string, config: Record<string, string>) => ({
  name,
  config: { 'connector.class': 'FileStreamSource', topic: name, ...config },
})
const sink = (name: string, config: Record<string, string>) => ({
  name,
  config: { 'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector', ...config },
})

describe('a worker', () => {
  it('brings lines of a file into a topic and out into another file', async () => {
    const folder = temporaryFolder()
    const [from, to] = [join(folder, 'in.txt'), join(folder, 'out.txt')]
    const lines = Array.from({ length: 5000 }, (_, i) => `line ${i} é`)
    writeFileSync(from, `${lines.join('\n')}\n`)
    const worker = await world.work({
      worker: { 'offset.storage.topic': 'through-offsets' },
      connectors: [
        source('through', { file: from, mode: 'once' }),
        sink('through-out', { topics: 'through', file: to }),
      ],
    })
    await until(() => worker.idle())
    expect(worker.status()).toEqual([
      { name: 'through', type: 'source', state: 'RUNNING', tasks: [{ id: 0, state: 'ENDED' }] },
      { name: 'through-out', type: 'sink', state: 'RUNNING', tasks: [{ id: 0, state: 'RUNNING' }] },
    ])
    await worker.stop()
    expect(readFileSync(to, 'utf8')).toBe(readFileSync(from, 'utf8'))
    const committed = await world.client.admin().groupOffsets('connect-through-out')
    expect(committed.map(({ topic, partition, offset }) => [topic, partition, offset])).toEqual([['through', 0, 5000]])
  })

  it('keeps offsets in a topic, in the records of Connect', async () => {
    const file = join(temporaryFolder(), 'in.txt')
    writeFileSync(file, 'a\nb\n')
    const options = {
      worker: { 'offset.storage.topic': 'stored' },
      connectors: [source('topical', { file, mode: 'once' })],
    }
    await (
      await world.work(options)
    ).ended
    const records = await world.read('stored')
    expect(records.at(-1)!.key).toBe(JSON.stringify(['topical', { filename: file }]))
    expect(JSON.parse(records.at(-1)!.value!)).toMatchObject({ position: 4 })
    const [config] = (await world.client.admin().describeConfigs([{ type: 'topic', name: 'stored' }])).values()
    expect(config!.find(({ name }) => name === 'cleanup.policy')!.value).toBe('compact')
    appendFileSync(file, 'c\n')
    await (
      await world.work(options)
    ).ended
    expect((await world.read('topical')).map(({ value }) => value)).toEqual(['a', 'b', 'c'])
  })

  it('keeps offsets in a file', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'in.txt')
    writeFileSync(file, 'a\n')
    const offsets = join(folder, 'deep', 'offsets.json')
    const options = {
      worker: { 'offset.storage.file.filename': offsets },
      connectors: [source('filed', { file, mode: 'once' })],
    }
    await (
      await world.work(options)
    ).ended
    expect(JSON.parse(readFileSync(offsets, 'utf8'))).toMatchObject({
      offsets: [{ connector: 'filed', partition: { filename: file }, offset: { position: 2 } }],
    })
    await (
      await world.work(options)
    ).ended
    expect(await world.read('filed')).toHaveLength(1)
  })

  it('refuses a storage file that holds something else, and does not touch it', async () => {
    const offsets = join(temporaryFolder(), 'offsets.json')
    writeFileSync(offsets, 'not offsets')
    const starting = world.work({
      worker: { 'offset.storage.file.filename': offsets },
      connectors: [source('x', { file: 'x' })],
    })
    await expect(starting).rejects.toThrow(/offset storage .*offsets\.json holds no offsets/)
    expect(readFileSync(offsets, 'utf8')).toBe('not offsets')
  })

  it('lets one task fail and the others go on', async () => {
    const folder = temporaryFolder()
    const [good, bad, out] = ['good', 'bad', 'out'].map((name) => join(folder, name)) as [string, string, string]
    writeFileSync(good, 'a\n')
    writeFileSync(bad, 'b\n')
    const worker = await world.work({
      connectors: [
        source('bad', {
          file: bad,
          mode: 'once',
          'value.converter': 'org.apache.kafka.connect.converters.LongConverter',
        }),
        source('good', { file: good, mode: 'once' }),
        sink('good-out', { topics: 'good', file: out }),
      ],
    })
    await until(() => existsSync(out) && readFileSync(out, 'utf8') === 'a\n')
    await until(() => worker.status()[0]!.tasks[0]!.state === 'FAILED')
    const [failed] = worker.status()[0]!.tasks
    expect(failed!.trace).toMatch(/failed at VALUE_CONVERTER: Failed to serialize to long/)
    expect(worker.sourcesEnded()).toBe(false)
    await worker.stop()
    expect(worker.status().map(({ tasks }) => tasks[0]!.state)).toEqual(['FAILED', 'ENDED', 'ENDED'])
  })

  it('makes topics as topic.creation says', async () => {
    const file = join(temporaryFolder(), 'in.txt')
    writeFileSync(file, 'a\n')
    const creation = {
      'topic.creation.default.partitions': '3',
      'topic.creation.default.replication.factor': '1',
      'topic.creation.default.retention.ms': '86400000',
      'topic.creation.groups': 'small',
      'topic.creation.small.include': 'sm.*',
      'topic.creation.small.partitions': '2',
    }
    const connectors = ['made', 'small-one'].map((name) => source(name, { file, mode: 'once', ...creation }))
    await (
      await world.work({ connectors })
    ).ended
    const topics = await world.client.admin().describeTopics(['made', 'small-one'])
    expect(Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions.length]))).toEqual({
      made: 3,
      'small-one': 2,
    })
    const configs = await world.client.admin().describeConfigs([{ type: 'topic', name: 'made' }])
    expect([...configs.values()][0]!.find(({ name }) => name === 'retention.ms')!.value).toBe('86400000')
  })
})

describe('settings', () => {
  const start = (
    connectors: { name: string; config: Record<string, string> }[],
    worker: Record<string, string> = stringConverters,
  ) =>
    startWorker({
      client: world.client,
      worker: { 'offset.storage.file.filename': '/nowhere/offsets', ...worker },
      connectors,
    })

  it.each([
    [[sink('s', { file: 'x' })], /a sink needs topics or topics.regex/],
    [[sink('s', { topics: 'a', 'topics.regex': 'b' })], /set either topics or topics.regex/],
    [[sink('s', { topics: 'a', 'errors.deadletterqueue.topic.name': 'a' })], /must not be one of topics/],
    [[sink('s', { topics: 'a', 'tasks.max': '0' })], /"tasks.max": expected at least 1/],
    [
      [source('s', { 'connector.class': 'com.example.Other' })],
      /no connector is called "com\.example\.Other"; known are .*FileStreamSource/,
    ],
    [[source('s', { 'value.converter': 'Avro' })], /no converter is called "Avro"; known are .*JsonConverter/],
    [[source('s', { transforms: 'a' })], /setting "transforms" is not supported/],
    [[source('s', { file: 'a' }), source('s', { file: 'b' })], /two connectors are called "s"/],
  ])('%j are refused', async (connectors, message) => {
    await expect(start(connectors as never)).rejects.toThrow(message)
  })

  it('of the worker must name converters', async () => {
    await expect(start([], {})).rejects.toThrow(/missing required setting "key.converter".*"value.converter"/)
  })

  it('that nobody knows are warned of', async () => {
    const warned: string[] = []
    const worker = await startWorker({
      client: world.client,
      worker: { ...stringConverters, 'offset.flush.intervall.ms': '1', listeners: 'http://:8083' },
      connectors: [sink('warned', { topics: 'nothing', fiel: 'x', 'consumer.override.what': '1' })],
      log: (level, message) => void (level === 'warn' && warned.push(message)),
    })
    await worker.stop()
    expect(warned).toEqual([
      'worker: unknown setting "offset.flush.intervall.ms"',
      'connector "warned": unknown setting "fiel"',
      '[warned|task-0] this consumer has no setting "what"',
    ])
  })
})

describe('plugins', () => {
  it('are given by a program or by plugin.path', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'plugin.mjs')
    writeFileSync(
      file,
      `const config = { settings: {}, parse: () => ({}), validate: () => [], resolve: () => undefined, unknown: () => [] }
       export const numbers = { kind: 'source', names: ['my.Numbers'], version: '1', doc: '', config,
         createTask: () => ({ async *read() { yield { partition: {}, offset: { at: 1 }, records: [{ topic: 'numbers', value: 'one' }] } } }) }`,
    )
    const given = sourceOf(() => ({
      async *read() {
        yield { partition: {}, offset: { at: 1 }, records: [{ topic: 'given', value: 'two' }] }
      },
    }))
    const worker = await world.work({
      worker: { 'plugin.path': `/usr/share/java,${file}` },
      plugins: [given],
      connectors: [
        { name: 'by-path', config: { 'connector.class': 'my.Numbers' } },
        { name: 'by-program', config: { 'connector.class': 'test.Source' } },
      ],
    })
    await worker.ended
    expect([...(await world.read('numbers')), ...(await world.read('given'))].map(({ value }) => value)).toEqual([
      'one',
      'two',
    ])
  })

  it('may not make more tasks than tasks.max', async () => {
    const many = { ...sinkOf(() => ({ put: () => {} })), taskConfigs: () => [{}, {}] }
    const connectors = [{ name: 'many', config: { 'connector.class': 'test.Sink', topics: 'a' } }]
    await expect(world.work({ plugins: [many], connectors })).rejects.toThrow(/asked for 2 tasks, tasks.max allows 1/)
  })
})
