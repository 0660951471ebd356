import { isKnownError } from '#core/errors/table.ts'
import type { Files } from '#core/ports/files.ts'
import { memoryFiles } from '#core/ports/memory-files.ts'
import { type Random, seededRandom } from '#core/ports/random.ts'
import { BatchBuilder } from '#core/records/batch-builder.ts'
import { batches } from '#core/records/batch.ts'
import type { LogDirectory } from '../../broker/log/log-directory.ts'
import type { PartitionLog } from '../../broker/log/partition-log.ts'
import { asClient, batchOf, openLogs, startMs, topicConfig, topicId } from './logs.ts'

/**
 * Directories as a crash leaves them, with damage done to random files: bits flipped, bytes cut off, zeros, rubbish, files
 * gone or swapped. A broker's logs are opened on each: they start, or say what is wrong; what they serve then is whole.
 */
export interface DamageFigures {
  directories: number
  /** Logs that were opened and served. */
  served: number
  /** Logs that were reported as damaged, the directory going on without them. */
  reported: number
  /** Directories that were refused as a whole. */
  refused: number
  batches: number
  readonly problems: string[]
}

const path = '/data'
const config = topicConfig({ 'segment.bytes': 700, 'index.interval.bytes': 100, 'file.delete.delay.ms': 0 })

interface Snapshot {
  readonly files: ReadonlyMap<string, Buffer>
}

function allFiles(files: Files, folder: string): string[] {
  return files.list(folder).flatMap((name) => {
    const each = `${folder}/${name}`
    return files.stat(each).directory ? allFiles(files, each) : [each]
  })
}

/** A directory with a plain, a compressed and a transactional log, checkpoints half-way, as a crash leaves it. */
async function crashed(): Promise<Snapshot> {
  const { files, logs } = await openLogs({ config })
  for (const [partition, topic] of ['plain', 'packed', 'transactions'].entries()) {
    const log = logs.create(topic, 0, topicId.replace('q', 'abc'[partition]!), config)
    fill(log, topic)
    log.advanceHighWatermark(log.logEndOffset)
    if (partition === 0) await log.flush()
  }
  await logs.checkpoint()
  for (const log of logs.all()) fill(log, log.topic)
  const snapshot = new Map(allFiles(files, path).map((name) => [name, files.readWhole(name)]))
  await logs.close()
  return { files: snapshot }
}

function fill(log: PartitionLog, kind: string): void {
  const begin = log.logEndOffset
  for (let i = 0; i < 8; i++) {
    const values = [`${begin + i} ${'v'.repeat(40)}`, 'w'.repeat(i * 5)]
    if (kind === 'plain') log.append(batchOf(values), asClient)
    else if (kind === 'packed') log.append(batchOf(values, { compression: 'gzip' }), asClient)
    else appendTransaction(log, begin + i, values)
  }
}

function appendTransaction(log: PartitionLog, count: number, values: readonly string[]): void {
  const producer = { producerId: 7 + (count % 2), producerEpoch: 0 }
  const sequence =
    [...log.activeProducers()].find((each) => each.producerId === producer.producerId)?.lastSequence ?? -1
  log.append(batchOf(values, { ...producer, baseSequence: sequence + 1, isTransactional: true }), asClient)
  if (count % 3 !== 0) return
  const marker = Buffer.alloc(4)
  marker.writeInt16BE(count % 2, 2)
  log.append(markerBatch(producer, marker), { leaderEpoch: 0, origin: 'coordinator' })
}

/** A control batch: key with version and type, value with version and coordinator epoch. */
function markerBatch(producer: { producerId: number; producerEpoch: number }, key: Buffer): Buffer {
  const builder = new BatchBuilder({ ...producer, baseSequence: -1, isTransactional: true, isControl: true })
  builder.append(startMs, key, Buffer.alloc(6))
  return builder.build()
}

/** Damages one to three files. */
function damage(original: Snapshot, random: Random): { files: Files; done: string[] } {
  const contents = new Map(original.files)
  const names = [...contents.keys()]
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!
  const done: string[] = []
  for (let count = 1 + Math.floor(random.next() * 3); count > 0; count--) {
    const name = pick(names)
    const bytes = Buffer.from(contents.get(name) ?? Buffer.alloc(0))
    const at = Math.floor(random.next() * (bytes.length + 1))
    const kind = pick(['flip', 'cut', 'zero', 'grow', 'remove', 'swap', 'shuffle'] as const)
    done.push(`${kind} ${name} at ${at}`)
    switch (kind) {
      case 'flip':
        if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << Math.floor(random.next() * 8))
        contents.set(name, bytes)
        break
      case 'cut':
        contents.set(name, bytes.subarray(0, at))
        break
      case 'zero':
        contents.set(name, bytes.fill(0, at))
        break
      case 'grow':
        contents.set(
          name,
          Buffer.concat([bytes, Buffer.alloc(1 + Math.floor(random.next() * 200), Math.floor(random.next() * 256))]),
        )
        break
      case 'remove':
        contents.delete(name)
        break
      case 'swap':
        contents.set(name, original.files.get(pick(names))!)
        break
      case 'shuffle':
        for (let i = at; i < Math.min(bytes.length, at + 8); i++) bytes[i] = Math.floor(random.next() * 256)
        contents.set(name, bytes)
    }
  }
  const files = memoryFiles()
  files.makeDirectory(path)
  for (const [name, bytes] of contents) {
    files.makeDirectory(name.slice(0, name.lastIndexOf('/')))
    files.replace(name, bytes)
  }
  return { files, done }
}

async function judge(logs: LogDirectory, figures: DamageFigures): Promise<string | undefined> {
  for (const error of logs.damaged.values()) {
    figures.reported++
    if (!isKnownError(error) || error.message === '') return `a log is damaged without a reason: ${String(error)}`
  }
  for (const log of logs.all()) {
    figures.served++
    const { recoveryPoint } = log
    let last = -1
    for (const bytes of log.scan()) {
      for (const batch of batches(bytes)) {
        figures.batches++
        if (!batch.isCrcValid())
          return `${log.name} serves a batch at offset ${batch.baseOffset} with a wrong checksum (recovery point ${recoveryPoint})`
        if (batch.baseOffset <= last) return `${log.name} goes back from ${last} to ${batch.baseOffset}`
        last = batch.lastOffset
      }
    }
    if (last >= log.logEndOffset) return `${log.name} has offset ${last} and ends at ${log.logEndOffset}`
    log.append(batchOf(['next']), asClient)
    if (log.lastStableOffset > log.logEndOffset) return `${log.name}: the last stable offset lies behind the end`
  }
  await logs.close()
  return undefined
}

/** Damages and opens `count` directories. */
export async function damageRuns(
  count: number,
  seed: number,
  progress: (figures: DamageFigures) => void,
): Promise<DamageFigures> {
  const original = await crashed()
  const figures: DamageFigures = { directories: 0, served: 0, reported: 0, refused: 0, batches: 0, problems: [] }
  for (let run = 0; run < count; run++) {
    const { files, done } = damage(original, seededRandom(seed + run))
    let problem: string | undefined
    try {
      const { logs } = await openLogs({ files, config })
      problem = await judge(logs, figures)
    } catch (error) {
      if (isKnownError(error)) figures.refused++
      else problem = (error as Error).stack ?? String(error)
    }
    if (problem !== undefined) figures.problems.push(`seed ${seed + run}: ${problem}\n    ${done.join(', ')}`)
    figures.directories++
    progress(figures)
  }
  return figures
}
