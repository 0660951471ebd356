import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

import type { Client } from '#core/client/client.ts'
import { createClient } from '#core/client/lean-client.ts'
import { encodeRequest } from '#core/wire/frame.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { kafkajsRates } from './kafkajs-load.ts'
import type { PerfClient } from './perf-client.ts'
import type { Row } from './rows.ts'
import type { Server } from './servers.ts'

/** Both brokers, running and warm, and what drives them. */
export interface Bench {
  readonly apache: Server
  readonly millrace: Server
  readonly perf: PerfClient
  readonly rounds: number
  /** Multiplies the number of records, except where a case is named by its size. */
  readonly scale: number
}

/** A part of the bench; `run` measures both brokers in turns. */
export interface Case {
  readonly name: string
  run(bench: Bench): Promise<Row[]>
}

const sides = ['apache', 'millrace'] as const

/** Runs a measurement on both brokers, round by round; the figures by name. */
async function rounds(
  bench: Bench,
  measure: (server: Server, round: number) => Promise<Record<string, number>>,
  count = bench.rounds,
): Promise<(name: string) => { apache: number[]; millrace: number[] }> {
  const figures = { apache: [] as Record<string, number>[], millrace: [] as Record<string, number>[] }
  for (let round = 0; round < count; round++) {
    // Who goes first changes, so that a load from elsewhere hits both.
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      figures[side].push(await measure(bench[side], round))
    }
  }
  return (name) => ({
    apache: figures.apache.map((each) => each[name]!),
    millrace: figures.millrace.map((each) => each[name]!),
  })
}

/** CPU seconds of the broker while `work` runs. */
async function cpuOf<T>(server: Server, work: () => Promise<T>): Promise<[T, number]> {
  const before = server.cpuSeconds()
  const result = await work()
  return [result, server.cpuSeconds() - before]
}

async function withClient<T>(server: Server, work: (client: Client) => Promise<T>): Promise<T> {
  const client = createClient({ bootstrapServers: server.bootstrap, requestTimeoutMs: 120_000, callTimeoutMs: 120_000 })
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

/** Makes a topic; resolves when every partition of it is served, so that no producer waits for a leader. */
const createTopic = (server: Server, name: string, partitions = 1): Promise<void> =>
  withClient(server, async (client) => {
    await client.admin().createTopics([{ name, partitions }])
    await endsOf(client, name, partitions)
  })

const deleteTopic = (server: Server, name: string): Promise<void> =>
  withClient(server, (client) => client.admin().deleteTopics([name]))

async function endsOf(client: Client, topic: string, partitions: number): Promise<number[]> {
  const asked = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, timestamp: -1 }))
  const ends = await client.admin().listOffsets(asked)
  return Array.from(ends.values(), ({ offset }) => offset)
}

/** Records that a topic holds. */
async function storedRecords(server: Server, topic: string, partitions: number): Promise<number> {
  const ends = await withClient(server, (client) => endsOf(client, topic, partitions))
  return ends.reduce((sum, offset) => sum + offset, 0)
}

const sizeName = (size: number): string => (size < 1024 ? `${size} B` : `${size / 1024} KiB`)

/** Produce throughput of one combination; the consume side reads what was just written. */
function produceCase(size: number, partitions: number, acks: 'all' | '1', codec: 'none' | 'lz4'): Case {
  const name = `produce ${sizeName(size)}, acks ${acks}, ${partitions} partition${partitions > 1 ? 's' : ''}, ${codec}`
  const target = size === 100 ? { atLeast: 1.3 } : size === 1024 ? { atLeast: 1.2 } : undefined
  return {
    name,
    async run(bench) {
      const records = Math.round(((size === 100 ? 2e8 : size === 1024 ? 5e8 : 1e9) / size) * bench.scale)
      const properties = [`acks=${acks}`, `compression.type=${codec}`]
      const found = await rounds(bench, async (server, round) => {
        const topic = `p-${size}-${partitions}-${acks}-${codec}-${round}`
        await createTopic(server, topic, partitions)
        const [sent, produceCpu] = await cpuOf(server, () =>
          bench.perf.produce(server.bootstrap, topic, { records, size, properties }),
        )
        // A broker on a busy machine may time a batch out: what is read is what is there.
        const stored = await storedRecords(server, topic, partitions)
        const [read, consumeCpu] = await cpuOf(server, () => bench.perf.consume(server.bootstrap, topic, stored))
        const rss = server.rssMib()
        await deleteTopic(server, topic)
        const gb = (records * size) / 1e9
        if (stored < records) console.log(`${server.name} stored ${stored} of ${records} records of ${topic}`)
        return { rate: sent.recordsPerSecond, p99: sent.p99, read, cpu: (produceCpu + consumeCpu) / gb, rss }
      })
      return [
        { what: `${name}: records/s`, ...found('rate'), ...(target !== undefined && { target }) },
        { what: `${name}: p99 of a send, ms`, ...found('p99') },
        { what: `${name}: consumed right after, records/s`, ...found('read'), target: { atLeast: 1 } },
        { what: `${name}: broker CPU s per GB, both ways`, ...found('cpu'), target: { atMost: 0.4 } },
        { what: `${name}: RSS after it, MiB`, ...found('rss'), target: { atMost: 0.3 } },
      ]
    },
  }
}

const tail: Case = {
  name: 'tail consume',
  async run(bench) {
    const records = Math.round(500_000 * bench.scale)
    const found = await rounds(bench, async (server, round) => {
      const topic = `tail-${round}`
      await createTopic(server, topic)
      const [rate, cpu] = await cpuOf(server, () => bench.perf.tail(server.bootstrap, topic, records, 1024))
      await deleteTopic(server, topic)
      return { rate, cpu: cpu / ((records * 1024) / 1e9) }
    })
    return [
      { what: 'tail, 1 KiB, written and read at once: records/s', ...found('rate'), target: { atLeast: 1 } },
      { what: 'tail: broker CPU s per GB, both ways', ...found('cpu'), target: { atMost: 0.4 } },
    ]
  },
}

const catchUp: Case = {
  name: 'catch-up consume',
  async run(bench) {
    const records = 4 * 1024 * 1024
    for (const side of sides) {
      await createTopic(bench[side], 'catch-up')
      await bench.perf.produce(bench[side].bootstrap, 'catch-up', { records, size: 1024 })
    }
    const found = await rounds(bench, async (server) => {
      const [rate, cpu] = await cpuOf(server, () => bench.perf.consume(server.bootstrap, 'catch-up', records))
      return { rate, cpu: cpu / ((records * 1024) / 1e9), rss: server.rssMib() }
    })
    for (const side of sides) await deleteTopic(bench[side], 'catch-up')
    return [
      {
        what: 'catch-up of 4 GiB: records/s',
        ...found('rate'),
        target: { atLeast: 1 },
      },
      { what: 'catch-up: broker CPU s per GB read', ...found('cpu') },
      { what: 'catch-up: RSS after it, MiB', ...found('rss'), target: { atMost: 0.3 } },
    ]
  },
}

const latency: Case = {
  name: 'end-to-end latency',
  async run(bench) {
    const records = Math.round(100_000 * bench.scale)
    const found = await rounds(bench, async (server, round) => {
      const topic = `latency-${round}`
      await createTopic(server, topic)
      const [[p50, p99, p999], cpu] = await cpuOf(server, () =>
        bench.perf.latency(server.bootstrap, topic, records, 10_000, 100),
      )
      await deleteTopic(server, topic)
      return { p50: p50!, p99: p99!, p999: p999!, cpu }
    })
    return [
      { what: 'end to end at 10,000 records/s: p50, ms', ...found('p50') },
      { what: 'end to end at 10,000 records/s: p99, ms', ...found('p99'), target: { atMost: 0.7 } },
      { what: 'end to end at 10,000 records/s: p99.9, ms', ...found('p999') },
      { what: 'end to end at 10,000 records/s: broker CPU s', ...found('cpu') },
    ]
  },
}

const kafkajs: Case = {
  name: 'kafkajs',
  async run(bench) {
    const records = Math.round(300_000 * bench.scale)
    const found = await rounds(bench, async (server, round) => {
      const topic = `kafkajs-${round}`
      await createTopic(server, topic)
      const [rates, cpu] = await cpuOf(server, () => kafkajsRates(server.bootstrap, topic, records, 100))
      await deleteTopic(server, topic)
      return { ...rates, cpu: (cpu * 1e6) / records }
    })
    return [
      { what: 'kafkajs, 100 B: produced records/s', ...found('produced') },
      { what: 'kafkajs, 100 B: consumed records/s', ...found('consumed') },
      { what: 'kafkajs, 100 B: broker CPU s per million records, both ways', ...found('cpu') },
    ]
  },
}

const idleConnections: Case = {
  name: '1,000 idle connections',
  async run(bench) {
    const count = 1000
    const records = Math.round(300_000 * bench.scale)
    const found = await rounds(bench, async (server, round) => {
      const before = server.rssMib()
      const sockets = await openConnections(server, count)
      const [, idleCpu] = await cpuOf(server, () => pause(2000))
      const more = server.rssMib() - before
      const topic = `idle-${round}`
      await createTopic(server, topic)
      const sent = await bench.perf.produce(server.bootstrap, topic, { records, size: 100 })
      for (const socket of sockets) socket.destroy()
      await deleteTopic(server, topic)
      return { kib: Math.max(0, (more * 1024) / count), idleCpu: idleCpu / 2, rate: sent.recordsPerSecond }
    })
    return [
      { what: '1,000 idle connections: RSS of one, KiB', ...found('kib') },
      { what: '1,000 idle connections: broker CPU, share of a core', ...found('idleCpu') },
      {
        what: '1,000 idle connections: produce 100 B meanwhile, records/s',
        ...found('rate'),
        target: { atLeast: 1.3 },
      },
    ]
  },
}

/** Connections that have asked for the versions, as every client does first. */
async function openConnections(server: Server, count: number): Promise<Socket[]> {
  const [host, port] = server.bootstrap.split(':')
  const hello = Buffer.concat(
    encodeRequest(apiVersions, 3, 1, 'idle', { clientSoftwareName: 'bench', clientSoftwareVersion: '1' }),
  )
  const open = (): Promise<Socket> =>
    new Promise((done, failed) => {
      const socket = connect(Number(port), host, () => socket.write(hello))
      socket.once('data', () => done(socket)).once('error', failed)
    })
  const sockets: Socket[] = []
  while (sockets.length < count) sockets.push(...(await Promise.all(Array.from({ length: 50 }, open))))
  return sockets
}

const manyPartitions: Case = {
  name: '2,000 partitions',
  async run(bench) {
    const records = Math.round(1_000_000 * bench.scale)
    const create = await rounds(
      bench,
      async (server) => {
        const begin = performance.now()
        await createTopic(server, 'many', 2000)
        return { create: performance.now() - begin }
      },
      1,
    )
    const found = await rounds(bench, async (server) => {
      const sent = await bench.perf.produce(server.bootstrap, 'many', { records, size: 100 })
      return { rate: sent.recordsPerSecond, rss: server.rssMib() }
    })
    const starts = await rounds(bench, async (server) => {
      await server.stop()
      return { ready: await server.start() }
    })
    for (const side of sides) await deleteTopic(bench[side], 'many')
    return [
      { what: '2,000 partitions: create, ms', ...create('create') },
      { what: '2,000 partitions: produce 100 B, records/s', ...found('rate'), target: { atLeast: 1.3 } },
      { what: '2,000 partitions: RSS, MiB', ...found('rss'), target: { atMost: 0.3 } },
      { what: '2,000 partitions: start to ready after a clean stop, ms', ...starts('ready'), target: { atMost: 0.5 } },
    ]
  },
}

const afterKill: Case = {
  name: 'ready after kill -9 with 1 GiB',
  async run(bench) {
    const records = 1024 * 1024
    for (const side of sides) {
      await createTopic(bench[side], 'recover')
      await bench.perf.produce(bench[side].bootstrap, 'recover', { records, size: 1024 })
    }
    const found = await rounds(bench, async (server) => {
      await server.kill()
      return { ready: await server.start() }
    })
    for (const side of sides) await deleteTopic(bench[side], 'recover')
    return [
      {
        what: 'start to ready after kill -9, 1 GiB of log, ms',
        ...found('ready'),
        target: { atMost: 0.5 },
      },
    ]
  },
}

/** Every case on running brokers, in their order. */
export const cases: readonly Case[] = [
  latency,
  ...[100, 1024, 10_240].flatMap((size) =>
    [1, 16].flatMap((partitions) =>
      (['all', '1'] as const).flatMap((acks) =>
        (['none', 'lz4'] as const).map((codec) => produceCase(size, partitions, acks, codec)),
      ),
    ),
  ),
  tail,
  kafkajs,
  idleConnections,
  manyPartitions,
  catchUp,
  afterKill,
]
