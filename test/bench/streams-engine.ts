/**
 * The task engine by itself: no broker, no client, a collector that counts. Records are bytes before and behind, so serdes
 * are part of it. CPU seconds are those of this process.
 */
import { partitionKey } from '#core/client/client.ts'
import { systemClock } from '#core/ports/clock.ts'
import { noHeaders } from '#core/records/record.ts'
import { serdes } from '#core/serde/serdes.ts'
import { silentLog } from '#core/telemetry/log.ts'
import { StreamsBuilder, topic, windows } from '../../streams/index.ts'
import type { Topology } from '../../streams/index.ts'
import type { RawRecord } from '../../streams/record.ts'
import type { Collector } from '../../streams/runtime/collector.ts'
import { Task } from '../../streams/runtime/task.ts'
import type { BenchReport } from './run.ts'

const strings = { key: serdes.string, value: serdes.string }
const batch = 500
/** Records between two commits: what half a second of input may be. */
const commitEvery = 100_000

interface Measured {
  readonly name: string
  readonly count: number
  readonly unit: string
  readonly seconds: number
  readonly cpu: number
}

const words = Array.from({ length: 5000 }, (_, i) => `word-${((i * 2654435761) >>> 0).toString(36)}`)

/** Lines of eight words, as bytes; a few words are far more frequent than the rest. */
const pool = Array.from({ length: 4999 }, (_, n) => {
  const line = Array.from({ length: 8 }, (_, i) => words[Math.floor(5000 * (((n * 31 + i * 17) % 997) / 997) ** 3)]!)
  return { key: Buffer.from(`k${n % 100}`), value: Buffer.from(line.join(' ')) }
})

/** What a consumer would hand over. */
const batchAt = (first: number, end: number): RawRecord[] =>
  Array.from({ length: Math.min(batch, end - first) }, (_, i) => {
    const { key, value } = pool[(first + i) % pool.length]!
    return { offset: first + i, timestamp: 1_700_000_000_000 + first + i, key, value, headers: noHeaders }
  })

/** Runs input through all tasks of a topology on one partition; repartition topics are handed on in memory. */
function drive(topology: Topology, input: string, count: number): number {
  const app = 'bench'
  const tasks: Task[] = []
  const readers = new Map<string, Task>()
  const between = new Map<string, RawRecord[]>()
  let sent = 0
  let offset = 0
  const collector: Collector = {
    partitionCount: () => 1,
    send: (to, _partition, key, value, timestamp, headers) => {
      sent++
      if (!readers.has(to)) return
      const queue = between.get(to)
      const record = { key, value, timestamp, headers, offset: offset++ }
      if (queue === undefined) between.set(to, [record])
      else queue.push(record)
    },
  }
  const ports = { collector, clock: systemClock, log: silentLog }
  for (const { id } of topology.subtopologies) {
    const task = new Task(
      ports,
      topology,
      { subtopology: id, partition: 0 },
      { 'application.id': app, 'statestore.cache.max.bytes': 10_485_760 },
    )
    for (const partition of task.inputs) readers.set(partition.topic, task)
    task.start()
    tasks.push(task)
  }
  const step = (): void => {
    for (const task of tasks) {
      while (task.runnable) task.process(batch)
      for (const [to, queue] of between) {
        readers.get(to)!.add({ topic: to, partition: 0 }, queue)
        between.delete(to)
      }
    }
  }
  for (let at = 0; at < count; at += batch) {
    readers.get(input)!.add({ topic: input, partition: 0 }, batchAt(at, count))
    step()
    if (at % commitEvery < batch) for (const task of tasks) commit(task)
  }
  for (const task of tasks) commit(task)
  return sent
}

function commit(task: Task): void {
  task.prepareCommit()
  for (const input of task.inputs) task.committable().get(partitionKey(input))
  task.committed()
}

function stateless(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(topic('lines', strings))
    .filter((line) => line.length > 3)
    .mapValues((line) => line.slice(0, 20))
    .filterNot((line) => line === '')
    .selectKey((_, key) => key)
    .peek(() => {})
    .to(topic('out', strings))
  return builder.build()
}

function wordCount(windowed: boolean): Topology {
  const builder = new StreamsBuilder({ defaults: strings })
  const grouped = builder
    .stream(topic('lines', strings))
    .flatMapValues((line) => line.split(' '))
    .groupBy((word) => word)
  const counts = windowed
    ? grouped
        .windowedBy(windows.tumbling('10s', { grace: '1m' }))
        .count()
        .toStream((_count, windowed) => windowed.key)
    : grouped.count().toStream()
  counts.to(topic('out', { key: serdes.string, value: serdes.long }))
  return builder.build()
}

function measure(name: string, unit: string, topology: () => Topology, count: number, perRecord: number): Measured {
  drive(topology(), 'lines', 20_000)
  const cpu = process.cpuUsage()
  const start = performance.now()
  drive(topology(), 'lines', count)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { name, unit, count: count * perRecord, seconds, cpu: (user + system) / 1e6 }
}

const subjects: readonly (() => Measured)[] = [
  () => measure('five stateless operators', 'records', stateless, 2_000_000, 1),
  () => measure('word count', 'words', () => wordCount(false), 200_000, 8),
  () => measure('word count, ten-second windows', 'words', () => wordCount(true), 200_000, 8),
]

export async function run(): Promise<BenchReport> {
  const only = process.env['BENCH_ENGINE']
  const rows = subjects.filter((_, i) => only === undefined || Number(only) === i).map((subject) => subject())
  const markdown = [
    '| | per second | CPU µs each |',
    '|---|---|---|',
    ...rows.map(
      ({ name, unit, count, seconds, cpu }) =>
        `| ${name} | ${Math.round(count / seconds).toLocaleString('en')} ${unit} | ${((cpu * 1e6) / count).toFixed(2)} |`,
    ),
  ].join('\n')
  return { title: 'Streams: the task engine without a broker', markdown }
}

if (process.argv[1] === new URL(import.meta.url).pathname) console.log((await run()).markdown)
