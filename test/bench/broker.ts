/**
 * The broker beside Apache Kafka, one after the other in one run, through Apache's own producer-perf and consumer-perf:
 * acks=all, one partition, records of 100 bytes and of 1 KiB. CPU seconds are the broker's own and the figure to trust on a
 * busy machine; those of the clients are not in them.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { command, freePort, kafkaTool } from '../support/peers.ts'
import { projectRoot } from '../support/sources.ts'
import type { BenchReport } from './run.ts'

const scale = Number(process.env['BENCH_BROKER_SCALE'] ?? 1)
const loads = [
  { size: 100, records: Math.round(3_000_000 * scale) },
  { size: 1024, records: Math.round(1_000_000 * scale) },
] as const

interface Server {
  readonly pid: number
  readonly bootstrap: string
  readonly readyMs: number
  stop(): Promise<void>
}

/** What one load on one broker came to. */
interface Figures {
  readonly produceRecords: number
  readonly produceMb: number
  readonly p50: number
  readonly p99: number
  readonly consumeRecords: number
  readonly consumeMb: number
  readonly produceCpu: number
  readonly consumeCpu: number
  readonly rssMib: number
}

const cpuSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
const rssMib = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

/** Our broker as it is shipped: built, in a process of its own, on an empty directory. */
async function startOurs(): Promise<Server> {
  const data = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const begin = performance.now()
  const child = spawn(
    process.execPath,
    [join(projectRoot, 'dist/millrace.js'), 'broker', '--port', '0', '--data', data],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const bootstrap = await new Promise<string>((done, failed) => {
    let out = ''
    child.stdout.on('data', (bytes: Buffer) => {
      const ready = /ready (\S+)/.exec((out += bytes.toString()))
      if (ready) done(ready[1]!)
    })
    child.once('exit', (code) => failed(new Error(`the broker ended with ${code}`)))
  })
  return {
    pid: child.pid!,
    bootstrap,
    readyMs: performance.now() - begin,
    stop: async () => {
      const ended = new Promise((done) => child.once('exit', done))
      child.kill('SIGTERM')
      await ended
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** Apache Kafka with the heap and the settings that it is shipped with, on a directory formatted before the clock starts. */
async function startApache(): Promise<Server> {
  const port = await freePort()
  const printed = await kafkaTool(['start', String(port)])
  const [, ready, pid] = /ready in (\d+) ms.*pid (\d+)/.exec(printed) ?? []
  if (pid === undefined) throw new Error(`no pid in: ${printed}`)
  return {
    pid: Number(pid),
    bootstrap: `127.0.0.1:${port}`,
    readyMs: Number(ready),
    stop: async () => void (await kafkaTool(['wipe', String(port)])),
  }
}

async function measure(server: Server, { size, records }: (typeof loads)[number]): Promise<Figures> {
  const topic = `bench-${size}`
  const before = cpuSeconds(server.pid)
  const sent = await kafkaTool(
    [
      'producer-perf',
      '--bootstrap-server',
      server.bootstrap,
      '--topic',
      topic,
      '--num-records',
      String(records),
      '--record-size',
      String(size),
      '--throughput',
      '-1',
    ],
    { timeoutMs: 590_000 },
  )
  const between = cpuSeconds(server.pid)
  const read = await kafkaTool(
    [
      'consumer-perf',
      '--bootstrap-server',
      server.bootstrap,
      '--topic',
      topic,
      '--num-records',
      String(records),
      '--timeout',
      '60000',
    ],
    { timeoutMs: 590_000 },
  )
  const after = cpuSeconds(server.pid)
  const produced = /records sent, ([\d.]+) records\/sec \(([\d.]+) MB\/sec\),.* (\d+) ms 50th,.* (\d+) ms 99th/.exec(
    sent.trim().split('\n').at(-1)!,
  )
  // start, end, MB, MB/s, records, records/s, ...
  const consumed = read
    .trim()
    .split('\n')
    .at(-1)!
    .split(',')
    .map((cell) => Number(cell))
  if (produced === null || consumed[4] !== records)
    throw new Error(`cannot read what the perf tools printed:\n${sent}\n${read}`)
  return {
    produceRecords: Number(produced[1]),
    produceMb: Number(produced[2]),
    p50: Number(produced[3]),
    p99: Number(produced[4]),
    consumeRecords: consumed[5]!,
    consumeMb: consumed[3]!,
    produceCpu: between - before,
    consumeCpu: after - between,
    rssMib: rssMib(server.pid),
  }
}

/** Everything of one system: starts, loads, figures by record size. */
async function bench(
  start: () => Promise<Server>,
): Promise<{ readyMs: number; idleRssMib: number; bySize: Map<number, Figures> }> {
  const server = await start()
  try {
    await pause(1000)
    const idleRssMib = rssMib(server.pid)
    const bySize = new Map<number, Figures>()
    for (const load of loads) bySize.set(load.size, await measure(server, load))
    return { readyMs: server.readyMs, idleRssMib, bySize }
  } finally {
    await server.stop()
  }
}

export async function run(): Promise<BenchReport> {
  const built = await command('npx', ['tsc', '-p', 'tsconfig.json'], { cwd: projectRoot })
  if (built.code !== 0) throw new Error(`the build failed\n${built.stdout}`)
  const ours = await bench(startOurs)
  const apache = await bench(startApache)
  const rows: string[] = []
  const row = (what: string, a: number, b: number, digits = 1): void => {
    rows.push(`| ${what} | ${b.toFixed(digits)} | ${a.toFixed(digits)} | ${(a / b).toFixed(2)} |`)
  }
  row('start to ready, ms', ours.readyMs, apache.readyMs, 0)
  row('RSS after start, MiB', ours.idleRssMib, apache.idleRssMib, 0)
  for (const { size, records } of loads) {
    const [a, b] = [ours.bySize.get(size)!, apache.bySize.get(size)!]
    const gb = (records * size) / 1e9
    const name = size < 1024 ? `${size} B` : '1 KiB'
    row(`${name}: produced records/s`, a.produceRecords, b.produceRecords, 0)
    row(`${name}: produced MB/s`, a.produceMb, b.produceMb)
    row(`${name}: produce latency p50, ms`, a.p50, b.p50, 0)
    row(`${name}: produce latency p99, ms`, a.p99, b.p99, 0)
    row(`${name}: consumed records/s`, a.consumeRecords, b.consumeRecords, 0)
    row(`${name}: consumed MB/s`, a.consumeMb, b.consumeMb)
    row(`${name}: broker CPU s per GB produced`, a.produceCpu / gb, b.produceCpu / gb, 2)
    row(`${name}: broker CPU s per GB consumed`, a.consumeCpu / gb, b.consumeCpu / gb, 2)
    row(
      `${name}: broker CPU s per GB, both ways`,
      (a.produceCpu + a.consumeCpu) / gb,
      (b.produceCpu + b.consumeCpu) / gb,
      2,
    )
    row(
      `${name}: broker CPU s per million records, both ways`,
      ((a.produceCpu + a.consumeCpu) * 1e6) / records,
      ((b.produceCpu + b.consumeCpu) * 1e6) / records,
      2,
    )
    row(`${name}: RSS after it, MiB`, a.rssMib, b.rssMib, 0)
  }
  return {
    title: `Broker: Apache's perf tools, acks=all, one partition, ${loads.map(({ size, records }) => `${records} records of ${size} B`).join(', ')}`,
    markdown: ['| | Apache Kafka 4.3.1 | Millrace | ratio |', '|---|---|---|---|', ...rows].join('\n'),
  }
}
