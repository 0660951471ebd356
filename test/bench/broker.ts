/**
 * The broker beside Apache Kafka, both warm, in turns in one run: Apache's own perf tools in one warm JVM, a latency probe on
 * its clients, and kafkajs. Figures are medians of BENCH_ROUNDS rounds (5). CPU seconds are the broker's own, from /proc.
 * BENCH_BROKER_SCALE (1) multiplies the number of records where a case is not named by its size, BENCH_CASES is a pattern of
 * the cases to run.
 */
import { setTimeout as pause } from 'node:timers/promises'

import { command } from '../support/peers.ts'
import { projectRoot } from '../support/sources.ts'
import { type Bench, cases } from './broker/cases.ts'
import { PerfClient } from './broker/perf-client.ts'
import { type Row, rowText, table } from './broker/rows.ts'
import { type Server, apache, millrace } from './broker/servers.ts'
import type { BenchReport } from './run.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5)
const scale = Number(process.env['BENCH_BROKER_SCALE'] ?? 1)
const wanted = new RegExp(process.env['BENCH_CASES'] ?? '.')

/** Starts of brokers on empty directories, and what they hold when nothing happens. */
async function coldStarts(): Promise<Row[]> {
  const figures = { apache: [] as number[], millrace: [] as number[] }
  const rss = { apache: [] as number[], millrace: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    for (const make of [apache, () => millrace()]) {
      const server = await make()
      figures[server.name].push(await server.start())
      await pause(1500)
      rss[server.name].push(server.rssMib())
      await server.remove()
    }
  }
  return [
    { what: 'start to ready on an empty directory, ms', ...figures, target: { atMost: 0.1 } },
    { what: 'RSS idle, MiB', ...rss, target: { atMost: 0.15 } },
  ]
}

/** A broker that has compiled what it is going to run. */
async function warm(server: Server, perf: PerfClient): Promise<void> {
  await server.start()
  for (const size of [100, 1024]) {
    const records = Math.round(300_000 * Math.min(1, scale * 2))
    await perf.produce(server.bootstrap, `warm-${size}`, { records, size })
    await perf.consume(server.bootstrap, `warm-${size}`, records)
  }
}

export async function run(): Promise<BenchReport> {
  const built = await command('npm', ['run', 'build'], { cwd: projectRoot })
  if (built.code !== 0) throw new Error(`the build failed\n${built.stdout}`)
  const rows: Row[] = []
  const say = (more: readonly Row[]): void => {
    rows.push(...more)
    for (const row of more) console.log(rowText(row))
  }
  if (wanted.test('start')) say(await coldStarts())
  const perf = new PerfClient()
  const bench: Bench = { apache: await apache(), millrace: await millrace(), perf, rounds, scale }
  try {
    await warm(bench.apache, perf)
    await warm(bench.millrace, perf)
    for (const each of cases) if (wanted.test(each.name)) say(await each.run(bench))
  } finally {
    perf.close()
    await Promise.allSettled([bench.apache.remove(), bench.millrace.remove()])
  }
  return {
    title: `Broker beside Apache Kafka 4.3.1, both warm, medians of ${rounds} rounds, scale ${scale}`,
    markdown: table(rows),
    isPart: 'BENCH_CASES' in process.env,
  }
}
