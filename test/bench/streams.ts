/**
 * Word count over a loaded topic, Kafka Streams and ours on the same Apache Kafka in one run: flatMapValues, groupBy through
 * a repartition topic, ten-second windows with changelog, count. Ours runs in a process of its own, so that its CPU and
 * memory are its own.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { createClient } from '#core/client/lean-client.ts'
import { partitionKey } from '#core/client/client.ts'
import { serdes } from '#core/serde/serdes.ts'
import { StreamsBuilder, topic, windows, KafkaStreams } from '../../streams/index.ts'
import { command, peer, withKafka } from '../support/peers.ts'
import type { BenchReport } from './run.ts'

const records = Number(process.env['BENCH_STREAMS_RECORDS'] ?? 200_000)

interface Result {
  readonly records_per_s: number
  readonly cpu_s: number
  readonly peak_rss_mib: number
  readonly windows: number
  readonly output_records: number
  readonly ok: boolean
}

export async function run(): Promise<BenchReport> {
  return withKafka(async (bootstrap) => {
    await javaBench(['load', 'lines', `n=${records}`, `bootstrap=${bootstrap}`])
    const java = JSON.parse(
      await javaBench(['run', 'wordcount', `n=${records}`, 'store=memory', `bootstrap=${bootstrap}`]),
    ) as Result
    const ours = await ourBench(bootstrap)
    const rows = [
      ['Kafka Streams 4.3.1', java],
      ['Millrace', ours],
    ] as const
    const table = rows.map(
      ([name, r]) =>
        `| ${name} | ${Math.round(r.records_per_s)} | ${((r.cpu_s * 1e6) / records).toFixed(1)} | ${r.peak_rss_mib} | ${r.windows} | ${r.output_records} | ${r.ok} |`,
    )
    const ratio = `| ratio | ${(ours.records_per_s / java.records_per_s).toFixed(2)} | ${(ours.cpu_s / java.cpu_s).toFixed(2)} | ${(ours.peak_rss_mib / java.peak_rss_mib).toFixed(2)} | | | |`
    return {
      title: `Streams: word count, ${records} lines, in memory, at least once, on Apache Kafka 4.3.1`,
      markdown: [
        '| | lines/s | CPU s per million lines | peak RSS MiB | windows | output records | counts add up |',
        '|---|---|---|---|---|---|---|',
        ...table,
        ratio,
      ].join('\n'),
    }
  })
}

async function javaBench(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await command(peer('streams-bench/bench.sh'), args, {
    env: { BENCH_JAVA_OPTS: '-Xmx512m' },
    timeoutMs: 600_000,
  })
  if (code !== 0) throw new Error(`bench.sh ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout.trim().split('\n').at(-1)!
}

function ourBench(bootstrap: string): Promise<Result> {
  return new Promise((done, failed) => {
    const child = spawn(
      process.execPath,
      ['--conditions=source', '--import', 'tsx', fileURLToPath(import.meta.url), 'measure', bootstrap],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.on('exit', (code) =>
      code === 0
        ? done(JSON.parse(out.trim().split('\n').at(-1)!) as Result)
        : failed(new Error(`word count ended with ${code}`)),
    )
  })
}

/** In the child: from the first record to flushed and closed, then the output is read back and added up. */
async function measure(bootstrap: string): Promise<void> {
  let words = 0
  let first = 0
  const output = `millrace-bench-${Date.now()}-out`
  const builder = new StreamsBuilder()
  builder
    .stream(topic('lines', { key: serdes.string, value: serdes.string }))
    .flatMapValues((line) => {
      if (first === 0) first = performance.now()
      const each = line.split(' ')
      words += each.length
      return each
    })
    .groupBy((word) => word, { key: serdes.string, value: serdes.string })
    .windowedBy(windows.tumbling('10s', { grace: '1m' }))
    .count({ store: 'counts' })
    .toStream()
    .map((count, { key, start }) => [`${key}@${start}`, count])
    .to(topic(output, { key: serdes.string, value: serdes.long }))
  const client = createClient({ bootstrapServers: bootstrap })
  await client.admin().createTopics([{ name: output, partitions: 1, configs: { 'retention.ms': '-1' } }])
  const app = new KafkaStreams(builder.build(), {
    'application.id': output.slice(0, -4),
    'bootstrap.servers': bootstrap,
  })
  await app.start()
  await app.finish()
  await app.close()
  const seconds = (performance.now() - first) / 1000
  const cpu = process.cpuUsage()

  const last = new Map<string, number>()
  const reader = client.consumer({ autoOffsetReset: 'earliest' })
  const partition = { topic: output, partition: 0 }
  reader.assign([partition])
  const end = (await reader.endOffsets([partition])).get(partitionKey(partition))!
  for (let next = 0; next < end;) {
    for (const chunk of await reader.poll(500)) {
      for (const { key, value } of chunk) last.set(key!.toString(), serdes.long.deserialize(value!))
      next = chunk.nextOffset
    }
  }
  await client.close()
  let sum = 0
  for (const count of last.values()) sum += count
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1])
  const result: Result = {
    records_per_s: records / seconds,
    cpu_s: (cpu.user + cpu.system) / 1e6,
    peak_rss_mib: Math.round(peak / 1024),
    windows: last.size,
    output_records: end,
    ok: sum === words,
  }
  console.log(JSON.stringify(result))
}

if (process.argv[2] === 'measure') await measure(process.argv[3]!)
