/**
 * The log by itself: appends of client batches with every check, reads from memory and from files, opening after a crash. CPU
 * seconds are the figure to trust; the file system's share is in them.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemClock } from '#core/ports/clock.ts'
import { systemRandom } from '#core/ports/random.ts'
import { systemFiles } from '#core/ports/system-files.ts'
import { systemTimers } from '#core/ports/timers.ts'
import { BatchBuilder } from '#core/records/batch-builder.ts'
import { RecordBatch } from '#core/records/batch.ts'
import { silentLog } from '#core/telemetry/log.ts'
import { topicConfigDefinition } from '../../broker/log/config.ts'
import { LogDirectory } from '../../broker/log/log-directory.ts'
import type { PartitionLog } from '../../broker/log/partition-log.ts'
import type { BenchReport } from './run.ts'

const totalBytes = Number(process.env['BENCH_LOG_BYTES'] ?? 512 * 1024 * 1024)
const batchBytes = 16 * 1024
const config = topicConfigDefinition.parse({}, 'bench')
const ports = {
  files: systemFiles,
  clock: systemClock,
  timers: systemTimers({ ref: false }),
  random: systemRandom,
  log: silentLog,
}

interface Measure {
  readonly bytes: number
  readonly wallS: number
  readonly cpuS: number
}

async function measure(work: () => number | Promise<number>): Promise<Measure> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const bytes = await work()
  const wallS = (performance.now() - start) / 1000
  const used = process.cpuUsage(cpu)
  return { bytes, wallS, cpuS: (used.user + used.system) / 1e6 }
}

/** A client's batch of about 16 KiB, filled with records of the given size. */
function clientBatch(recordBytes: number, producerId = -1): Buffer {
  const builder = new BatchBuilder(producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence: 0 })
  const value = Buffer.alloc(recordBytes, 'level=info path=/index ')
  while (builder.sizeInBytes + recordBytes + 10 < batchBytes) builder.append(Date.now(), null, value)
  return builder.build()
}

function appendAll(log: PartitionLog, batch: Buffer): number {
  const options = { leaderEpoch: 0, origin: 'client' } as const
  let bytes = 0
  for (; bytes < totalBytes; bytes += batch.length) {
    log.append(batch, options)
    log.advanceHighWatermark(log.logEndOffset)
  }
  return bytes
}

/** The same with sequence numbers, for which each batch needs a checksum of its own before it is sent. */
function appendIdempotent(log: PartitionLog, batch: Buffer): number {
  const view = RecordBatch.at(batch)
  let bytes = 0
  for (let sequence = 0; bytes < totalBytes; sequence += view.recordCount, bytes += batch.length) {
    view.setProducerAndRecomputeCrc(5, 0, sequence)
    log.append(batch, { leaderEpoch: 0, origin: 'client' })
  }
  return bytes
}

/** A reader right behind each append. */
async function follow(log: PartitionLog, batch: Buffer): Promise<number> {
  let bytes = 0
  while (bytes < totalBytes) {
    const { baseOffset } = log.append(batch, { leaderEpoch: 0, origin: 'client' })
    const read = log.read(baseOffset, 1024 * 1024, { atLeastOneBatch: true })
    bytes += (read instanceof Promise ? await read : read).sizeInBytes
  }
  return bytes
}

async function readAll(log: PartitionLog, pieceBytes: number): Promise<number> {
  let bytes = 0
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    const { chunks, sizeInBytes } = await log.read(offset, pieceBytes, { atLeastOneBatch: true })
    const last = chunks.at(-1)!
    let at = 0
    for (;;) {
      const batch = RecordBatch.at(last, at)
      offset = batch.lastOffset + 1
      at += batch.sizeInBytes
      if (at >= last.length) break
    }
    bytes += sizeInBytes
  }
  return bytes
}

export async function run(): Promise<BenchReport> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const rows: string[] = []
  const row = async (name: string, work: () => number | Promise<number>): Promise<void> => {
    const { bytes, wallS, cpuS } = await measure(work)
    const rate = (seconds: number): string => (bytes / 1e6 / seconds).toFixed(0)
    rows.push(`| ${name} | ${rate(cpuS)} | ${rate(wallS)} | ${((cpuS * 1e9) / bytes).toFixed(2)} |`)
  }
  try {
    let logs = await LogDirectory.open(ports, folder, { config })
    let partition = 0
    const fresh = (): PartitionLog => logs.create('bench', partition++, 'q83vEjRWeJCrze8SNFZ4kA', config)
    appendAll(fresh(), clientBatch(1024))
    logs.delete('bench', 0)
    await row('append, 1 KiB records in 16 KiB batches', () => appendAll(fresh(), clientBatch(1024)))
    await row('append, 100 B records in 16 KiB batches', () => appendAll(fresh(), clientBatch(100)))
    await row("append, idempotent (with the sender's own checksum)", () =>
      appendIdempotent(fresh(), clientBatch(1024, 5)),
    )
    await row('append and read behind it from memory', () => follow(fresh(), clientBatch(1024)))
    await row('read from files, 1 MiB a piece', () => readAll(logs.get('bench', 1)!, 1024 * 1024))
    await row('read from files, 32 KiB a piece', () => readAll(logs.get('bench', 1)!, 32 * 1024))
    await logs.close()
    rmSync(join(folder, '.kafka_cleanshutdown'))
    rmSync(join(folder, 'recovery-point-offset-checkpoint'))
    await row('recovery after a crash: read, verify, index', async () => {
      logs = await LogDirectory.open(ports, folder, { config })
      return [...logs.all()].reduce((sum, log) => sum + log.sizeInBytes, 0)
    })
    await logs.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
  const head = '| | MB per CPU second | MB per second | CPU s per GB |\n| --- | --- | --- | --- |'
  return { title: 'The log by itself', markdown: `${head}\n${rows.join('\n')}` }
}
