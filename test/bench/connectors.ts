/**
 * File to topic and topic to file: Connect's FileStream connectors and ours, on the same Apache Kafka in one run. Ours runs
 * in a process of its own, with a file of a million lines of 100 bytes; both use String converters.
 */
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { startWorker } from '../../connectors/runtime/worker.ts'
import type { Client } from '#core/client/client.ts'
import { partitionKey } from '#core/client/client.ts'
import { stringConverters } from '../support/connect-world.ts'
import { JavaConnect } from '../support/java-connect.ts'
import type { BenchReport } from './run.ts'

const lines = Number(process.env['BENCH_CONNECT_LINES'] ?? 1_000_000)

interface Figures {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly rssMib: number
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** CPU seconds and resident memory of a process, from the kernel. */
function usageOf(pid: number): { readonly cpuSeconds: number; readonly rssMib: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  const rss = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, rssMib: Number(rss?.[1] ?? 0) / 1024 }
}

async function endOf(client: Client, topic: string): Promise<number> {
  const query = { topic, partition: 0, timestamp: -1 }
  return client
    .admin()
    .listOffsets([query])
    .then(
      (offsets) => offsets.get(partitionKey(query))?.offset ?? 0,
      () => 0,
    )
}

/** Time and CPU of a process from a start to when something has come true. */
async function measured(
  pid: number,
  start: () => Promise<void>,
  done: () => boolean | Promise<boolean>,
): Promise<Figures> {
  const before = usageOf(pid).cpuSeconds
  const from = performance.now()
  await start()
  while (!(await done())) await pause(20)
  const { cpuSeconds, rssMib } = usageOf(pid)
  return { seconds: (performance.now() - from) / 1000, cpuSeconds: cpuSeconds - before, rssMib }
}

/** Our worker in another process, which waits for a line before it begins, so that loading code does not count. */
async function ours(
  bootstrapServers: string,
  connector: { name: string; config: Record<string, string> },
  done: () => boolean | Promise<boolean>,
): Promise<Figures> {
  const script = new URL(import.meta.url).pathname
  const args = ['--conditions=source', '--import', 'tsx', script, bootstrapServers, JSON.stringify(connector)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  try {
    return await measured(child.pid!, async () => void child.stdin.write('go\n'), done)
  } finally {
    child.stdin.end()
    await exited
  }
}

function writeLines(file: string): number {
  const target = openSync(file, 'w')
  for (let from = 0; from < lines; from += 10_000) {
    const part = Array.from(
      { length: Math.min(10_000, lines - from) },
      (_, i) => `${String(from + i).padStart(9, '0')} ${'x'.repeat(90)}\n`,
    )
    writeSync(target, part.join(''))
  }
  closeSync(target)
  return statSync(file).size
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

function row(what: string, java: Figures, our: Figures): string {
  const rate = ({ seconds }: Figures) => Math.round(lines / seconds / 1000)
  const cpu = ({ cpuSeconds }: Figures) => (cpuSeconds * (1e6 / lines)).toFixed(2)
  const ratio = (our: number, java: number) => (our / java).toFixed(2)
  return (
    `| ${what} | ${rate(java)} k | ${rate(our)} k | ${ratio(rate(our), rate(java))} | ${cpu(java)} | ${cpu(our)} | ` +
    `${ratio(our.cpuSeconds, java.cpuSeconds)} | ${Math.round(java.rssMib)} | ${Math.round(our.rssMib)} |`
  )
}

export async function run(): Promise<BenchReport> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  const world = await JavaConnect.start()
  try {
    const { bootstrapServers, client } = world
    const from = join(folder, 'in.txt')
    const bytes = writeLines(from)
    const source = (topic: string) => ({ 'connector.class': 'FileStreamSource', file: from, topic })
    const sink = (file: string) => ({ 'connector.class': 'FileStreamSink', topics: 'java-lines', file })
    const [javaOut, ourOut] = [join(folder, 'java.txt'), join(folder, 'ours.txt')]
    const pid = world.connectPid()
    const theirs = {
      source: await measured(
        pid,
        () => world.create('source', source('java-lines')),
        async () => (await endOf(client, 'java-lines')) >= lines,
      ),
      sink: await measured(
        pid,
        () => world.create('sink', sink(javaOut)),
        () => sizeOf(javaOut) >= bytes,
      ),
    }
    await world.remove('source')
    await world.remove('sink')
    const mine = {
      source: await ours(
        bootstrapServers,
        { name: 'our-source', config: source('our-lines') },
        async () => (await endOf(client, 'our-lines')) >= lines,
      ),
      sink: await ours(bootstrapServers, { name: 'our-sink', config: sink(ourOut) }, () => sizeOf(ourOut) >= bytes),
    }
    const table = [
      '| | Connect 4.3.1 rec/s | Millrace rec/s | ratio | Connect CPU s per M | Millrace CPU s per M | ratio | Connect RSS MiB | Millrace RSS MiB |',
      '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
      row('file to topic', theirs.source, mine.source),
      row('topic to file', theirs.sink, mine.sink),
    ]
    const note = `${lines} lines of 100 B; Apache Kafka 4.3.1 on the same machine serves both. RSS is the peak of the worker's process.`
    return { title: 'Connectors: files', markdown: `${table.join('\n')}\n\n${note}` }
  } finally {
    await world.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function work(bootstrapServers: string, connector: string): Promise<void> {
  process.stdout.write('loaded\n')
  await new Promise((resolve) => process.stdin.once('data', resolve))
  const settings = {
    ...stringConverters,
    'bootstrap.servers': bootstrapServers,
    'offset.storage.topic': 'our-offsets',
    'offset.flush.interval.ms': '500',
  }
  const worker = await startWorker({ worker: settings, connectors: [JSON.parse(connector)] })
  await new Promise((resolve) => process.stdin.once('end', resolve).resume())
  await worker.stop()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await work(process.argv[2]!, process.argv[3]!)
