import { isKnownError } from '#core/errors/table.ts'
import type { Files } from '#core/ports/files.ts'
import { memoryFiles } from '#core/ports/memory-files.ts'
import { type Random, seededRandom } from '#core/ports/random.ts'
import { BatchBuilder } from '#core/records/batch-builder.ts'
import { batches, RecordBatch } from '#core/records/batch.ts'
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
  /** Offsets that were reported as damaged when they were read. */
  unreadable: number
  readonly problems: string[]
}

const path = '/data'
const recoveryPointFile = `${path}/recovery-point-offset-checkpoint`
const settings = { 'segment.bytes': 700, 'index.interval.bytes': 100, 'file.delete.delay.ms': 0 }
const config = topicConfig(settings)
const compacting = topicConfig({ ...settings, 'cleanup.policy': ['compact'], 'min.cleanable.dirty.ratio': 0 })

interface Snapshot {
  readonly files: ReadonlyMap<string, Buffer>
  /** What was written, by log and offset. */
  readonly batches: ReadonlyMap<string, ReadonlyMap<number, Buffer>>
  /** The aborted transactions of each log. */
  readonly aborted: ReadonlyMap<string, string>
  /** Where batches may lie between which compaction left offsets out, by base offset: what is around them ends and begins there. */
  readonly movable: ReadonlyMap<number, { readonly from: number; readonly upTo: number }>
}

function allFiles(files: Files, folder: string): string[] {
  return files.list(folder).flatMap((name) => {
    const each = `${folder}/${name}`
    return files.stat(each).directory ? allFiles(files, each) : [each]
  })
}

/**
 * A directory with a plain, a compressed, a transactional and a compacted log, as a crash or a clean stop leaves it. At the
 * crash the recovery points of the plain and the compacted one are half-way, the others have none.
 */
async function written(clean: boolean): Promise<Snapshot> {
  const { files, logs, time } = await openLogs({ config })
  for (const [partition, topic] of ['plain', 'packed', 'transactions', 'compacted'].entries()) {
    const log = logs.create(topic, 0, topicId.replace('q', 'abcd'[partition]!), config)
    fill(log, topic)
    log.advanceHighWatermark(log.logEndOffset)
    if (topic === 'plain') await log.flush()
  }
  await compact(logs.get('compacted', 0)!, logs)
  time.advance(1)
  const recoveryPoints = files.readWhole(recoveryPointFile).toString()
  files.replace(recoveryPointFile, Buffer.from(recoveryPoints.replaceAll(/^(packed|transactions) 0 \d+$/gm, '$1 0 0')))
  for (const log of logs.all()) fill(log, log.topic)
  const all = [...logs.all()]
  for (const log of all) log.advanceHighWatermark(log.logEndOffset)
  const found = new Map(all.map((log) => [log.name, batchesOf(log)]))
  const aborted = new Map(all.map((log) => [log.name, abortedIn(log)]))
  if (clean) await logs.close()
  const snapshot = new Map(allFiles(files, path).map((name) => [name, files.readWhole(name)]))
  await logs.close()
  return { files: snapshot, batches: found, aborted, movable: movableIn(snapshot) }
}

async function compact(log: PartitionLog, logs: LogDirectory): Promise<void> {
  for (let i = 0; i < 3; i++) fill(log, log.topic)
  log.updateConfig(compacting)
  log.advanceHighWatermark(log.logEndOffset)
  await log.flush()
  await logs.clean()
  await logs.checkpoint()
  log.updateConfig(config)
}

function movableIn(snapshot: ReadonlyMap<string, Buffer>): Snapshot['movable'] {
  const movable = new Map<number, { from: number; upTo: number }>()
  let before: { from: number; upTo: number } | undefined
  for (const [name, bytes] of snapshot) {
    const file = /compacted-0\/(\d+)\.log$/.exec(name)
    if (!file) continue
    let from = Number(file[1])
    if (before) before.upTo = from
    for (const { baseOffset, lastOffset } of batches(bytes)) {
      if (before && before.upTo === Infinity) before.upTo = baseOffset
      before = { from, upTo: Infinity }
      movable.set(baseOffset, before)
      from = lastOffset + 1
    }
  }
  // Nothing was compacted at the end.
  if (before) before.upTo = 0
  return movable
}

function batchesOf(log: PartitionLog): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (const bytes of log.scan())
    for (const batch of batches(bytes)) found.set(batch.baseOffset, Buffer.from(batch.bytes()))
  return found
}

const abortedIn = (log: PartitionLog): string =>
  log
    .abortedTransactions(log.logStartOffset, log.logEndOffset)
    .map(({ producerId, firstOffset, lastOffset }) => `${producerId}:${firstOffset}-${lastOffset}`)
    .join(' ')

function fill(log: PartitionLog, kind: string): void {
  const begin = log.logEndOffset
  for (let i = 0; i < 8; i++) {
    const values = [`${begin + i} ${'v'.repeat(40)}`, 'w'.repeat(i * 5)]
    const timestamp = startMs + (begin + i) * 40
    if (kind === 'plain') log.append(batchOf(values, { timestamp }), asClient)
    else if (kind === 'packed') log.append(batchOf(values, { timestamp, compression: 'gzip' }), asClient)
    else if (kind === 'compacted')
      log.append(batchOf(values, { timestamp, key: i % 3 === 0 ? `${begin + i}` : 'again' }), asClient)
    else appendTransaction(log, begin + i, values, timestamp)
  }
}

function appendTransaction(log: PartitionLog, count: number, values: readonly string[], timestamp: number): void {
  const producer = { producerId: 7 + (count % 2), producerEpoch: 0 }
  const sequence =
    [...log.activeProducers()].find((each) => each.producerId === producer.producerId)?.lastSequence ?? -1
  log.append(batchOf(values, { ...producer, timestamp, baseSequence: sequence + 1, isTransactional: true }), asClient)
  if (count % 3 !== 0) return
  const marker = Buffer.alloc(4)
  marker.writeInt16BE(count % 2, 2)
  log.append(markerBatch(producer, marker, timestamp), { leaderEpoch: 0, origin: 'coordinator' })
}

/** A control batch: key with version and type, value with version and coordinator epoch. */
function markerBatch(producer: { producerId: number; producerEpoch: number }, key: Buffer, timestamp: number): Buffer {
  const builder = new BatchBuilder({ ...producer, baseSequence: -1, isTransactional: true, isControl: true })
  builder.append(timestamp, key, Buffer.alloc(6))
  return builder.build()
}

/** A log file in which a bit of a batch's offset is another one: of those few bytes that no checksum covers. */
function withMovedBatch(
  original: Snapshot,
  contents: ReadonlyMap<string, Buffer>,
  pick: <T>(list: readonly T[]) => T,
): [name: string, bytes: Buffer, position: number] {
  const name = pick([...contents.keys()].filter((each) => each.endsWith('.log')))
  const bytes = Buffer.from(contents.get(name)!)
  const whole = [...batches(original.files.get(name)!)]
  const { position } = pick([whole.at(-1)!, pick(whole)])
  const byte = position + pick([4, 5, 6, 6, 7, 7, 7])
  if (byte < bytes.length) bytes[byte] = bytes[byte]! ^ (1 << pick([0, 1, 2, 3, 4, 5, 6, 7]))
  return [name, bytes, position]
}

/** Damages one to three files. An offset moves alone: nothing could tell damages that agree with one another. */
function damage(original: Snapshot, random: Random): { files: Files; done: string[] } {
  const contents = new Map(original.files)
  const names = [...contents.keys()]
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!
  const done: string[] = []
  for (let count = 1 + Math.floor(random.next() * 3); count > 0; count--) {
    const name = pick(names)
    const bytes = Buffer.from(contents.get(name) ?? Buffer.alloc(0))
    const at = Math.floor(random.next() * (bytes.length + 1))
    const kind = pick(['flip', 'cut', 'zero', 'grow', 'remove', 'swap', 'shuffle', 'move'] as const)
    if (kind === 'move') {
      if (done.length > 0) continue
      const [log, moved, position] = withMovedBatch(original, contents, pick)
      done.push(`move ${log} at ${position}`)
      contents.set(log, moved)
      break
    }
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

async function judge(
  logs: LogDirectory,
  original: Snapshot,
  touched: string,
  figures: DamageFigures,
): Promise<string | undefined> {
  for (const error of logs.damaged.values()) {
    figures.reported++
    if (!isKnownError(error) || !error.message.includes(`${path}/`))
      return `a log is damaged without a file: ${String(error)}`
  }
  for (const log of logs.all()) {
    figures.served++
    const problem = await judgeLog(log, original, touched, figures)
    if (problem !== undefined)
      return `${log.name} ${problem} (recovery point ${log.recoveryPoint}, start ${log.logStartOffset}, end ${log.logEndOffset})`
  }
  await logs.close()
  return undefined
}

/** Reads a log as consumers do, who step over what they cannot get; all that comes must be what was written there. */
async function judgeLog(
  log: PartitionLog,
  original: Snapshot,
  touched: string,
  figures: DamageFigures,
): Promise<string | undefined> {
  const read: RecordBatch[] = []
  const logFilesTouched = new RegExp(`${log.name}/\\d+\\.log`).test(touched)
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    const batch = await oneBatch(log, offset)
    if (batch === undefined) {
      figures.unreadable++
      if (!logFilesTouched) return `cannot be read at ${offset}, though its bytes are whole`
      offset++
      continue
    }
    if (batch === 'nothing') {
      // Compaction may have left nothing between there and the end.
      if (!holds(original, log, offset, log.logEndOffset)) break
      return `gives nothing at offset ${offset} and says nothing`
    }
    figures.batches++
    if (!batch.isCrcValid()) return `serves a batch at offset ${batch.baseOffset} with a wrong checksum`
    if (batch.lastOffset < offset) return `serves offset ${batch.lastOffset} for ${offset}`
    if (batch.baseOffset > offset && !logFilesTouched && holds(original, log, offset, batch.baseOffset))
      return `leaves out offset ${offset}`
    if (!isOriginal(batch, original)) return `serves at offset ${batch.baseOffset} what was never written there`
    read.push(batch)
    offset = batch.lastOffset + 1
  }
  const last = read.at(-1)?.lastOffset ?? -1
  if (last >= log.logEndOffset) return `has offset ${last}`
  const problem = judgeTimes(log, read)
  if (problem !== undefined) return problem
  // A segment without aborted transactions has no index of them, so nothing tells that one was there.
  const mayLackAborted = logFilesTouched || new RegExp(`remove \\S+${log.name}/\\d+\\.txnindex`).test(touched)
  // Where an entry begins at another batch of its transaction, only a scan could tell.
  const touchedIndex = new RegExp(`${log.name}/\\d+\\.txnindex`).test(touched)
  const named = (text: string): string => (touchedIndex ? text.replaceAll(/:\d+-/g, '-') : text)
  const expected = named(original.aborted.get(log.name)!)
  if (
    !mayLackAborted &&
    log.logStartOffset === 0 &&
    log.logEndOffset === endOf(original, log) &&
    named(abortedIn(log)) !== expected
  )
    return `names the aborted transactions ${abortedIn(log)} instead of ${expected}`
  log.append(batchOf(['next']), asClient)
  return log.lastStableOffset > log.logEndOffset ? 'has its last stable offset behind the end' : undefined
}

/** True when something was written in the offsets `[from, upTo)`. */
const holds = ({ batches }: Snapshot, { name }: PartitionLog, from: number, upTo: number): boolean =>
  [...batches.get(name)!].some(([baseOffset, bytes]) => baseOffset < upTo && RecordBatch.at(bytes).lastOffset >= from)

const endOf = ({ batches }: Snapshot, { name }: PartitionLog): number =>
  Math.max(...[...batches.get(name)!.values()].map((bytes) => RecordBatch.at(bytes).lastOffset + 1))

/** The first batch that a read gives; undefined where the log says that there is damage. */
async function oneBatch(log: PartitionLog, offset: number): Promise<RecordBatch | 'nothing' | undefined> {
  try {
    const { chunks } = await log.read(offset, 1, { atLeastOneBatch: true })
    if (chunks.length === 0) return 'nothing'
    return RecordBatch.at(Buffer.from(chunks[0]!))
  } catch (error) {
    if (isKnownError(error) && error.code === 'LOG_CORRUPT' && error.message.includes(`${path}/`)) return undefined
    throw error
  }
}

/**
 * Files may have been swapped, so any log's batch of that offset will do. Neither the leader epoch nor the offset has a
 * checksum; nothing contradicts an offset that moved within the gap that compaction left around a batch.
 */
function isOriginal(batch: RecordBatch, original: Snapshot): boolean {
  const bytes = batch.bytes()
  for (const each of original.batches.values())
    for (const [offset, expected] of each)
      if (mayBeAt(offset, batch, original) && expected.subarray(16).equals(bytes.subarray(16))) return true
  return false
}

function mayBeAt(offset: number, { baseOffset, lastOffset }: RecordBatch, { movable }: Snapshot): boolean {
  const { from, upTo } = movable.get(offset) ?? { from: offset, upTo: 0 }
  return offset === baseOffset || (baseOffset >= from && lastOffset < upTo)
}

/** A look-up by time finds the first record that a reader would. */
function judgeTimes(log: PartitionLog, read: readonly RecordBatch[]): string | undefined {
  const records = read.flatMap((batch) => [...batch.records()])
  for (let timestamp = startMs; timestamp < startMs + 1700; timestamp += 90) {
    const expected = records.find((record) => record.timestamp >= timestamp)?.offset
    let found: number | undefined
    try {
      found = log.offsetForTimestamp(timestamp)?.offset
    } catch (error) {
      if (isKnownError(error) && error.code === 'LOG_CORRUPT') continue
      throw error
    }
    if (expected !== undefined && found !== expected)
      return `finds ${found} instead of ${expected} for time ${timestamp - startMs}`
  }
  return undefined
}

/** Damages and opens `count` directories. */
export async function damageRuns(
  count: number,
  seed: number,
  progress: (figures: DamageFigures) => void,
): Promise<DamageFigures> {
  const originals = [await written(false), await written(true)]
  const figures: DamageFigures = {
    directories: 0,
    served: 0,
    reported: 0,
    refused: 0,
    batches: 0,
    unreadable: 0,
    problems: [],
  }
  for (let run = 0; run < count; run++) {
    const original = originals[run % 2]!
    const { files, done } = damage(original, seededRandom(seed + run))
    let problem: string | undefined
    try {
      const { logs } = await openLogs({ files, config })
      problem = await judge(logs, original, done.join(), figures)
    } catch (error) {
      if (isKnownError(error) && error.message.includes(path)) figures.refused++
      else problem = (error as Error).stack ?? String(error)
    }
    if (problem !== undefined) figures.problems.push(`seed ${seed + run}: ${problem}\n    ${done.join(', ')}`)
    figures.directories++
    progress(figures)
  }
  return figures
}
