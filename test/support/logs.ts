import { topicConfigDefinition, type TopicConfig } from '../../broker/log/config.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../broker/log/log-directory.ts'
import type { AppendOptions, PartitionLog } from '../../broker/log/partition-log.ts'
import type { Files } from '#core/ports/files.ts'
import { memoryFiles } from '#core/ports/memory-files.ts'
import { seededRandom } from '#core/ports/random.ts'
import { VirtualTime } from '#core/ports/virtual-time.ts'
import { BatchBuilder, type BatchBuilderOptions } from '#core/records/batch-builder.ts'
import { batches, type RecordBatch } from '#core/records/batch.ts'
import { silentLog, type Log } from '#core/telemetry/log.ts'

export const startMs = 1_700_000_000_000
export const topicId = 'q83vEjRWeJCrze8SNFZ4kA'
export const asClient: AppendOptions = { leaderEpoch: 0, origin: 'client' }

/** Settings of a topic: Kafka's defaults and what a test changes, which may lie outside what a user may set. */
export const topicConfig = (changes: Partial<TopicConfig> = {}): TopicConfig => ({
  ...topicConfigDefinition.parse({}, 'test'),
  ...changes,
})

/** The same file system for another life of the process: locks of the life before do not count. */
export const nextLife = (files: Files): Files => ({ ...files })

export interface LogBench {
  readonly files: Files
  readonly time: VirtualTime
  readonly logs: LogDirectory
}

/** Opens a data directory, in memory unless `files` says otherwise, with virtual time and no periodic jobs. */
export async function openLogs(
  options: Partial<LogDirectoryOptions> & { files?: Files; time?: VirtualTime; path?: string; say?: Log } = {},
): Promise<LogBench> {
  const { files = memoryFiles(), time = new VirtualTime(startMs), say = silentLog, path = '/data', ...rest } = options
  const ports = { files, clock: time, timers: time, random: seededRandom(1), log: say }
  const logs = await LogDirectory.open(ports, path, { config: topicConfig(), retentionCheckMs: 0, ...rest })
  return { files, time, logs }
}

/** One partition `t-0` in a fresh directory. */
export async function oneLog(
  config: Partial<TopicConfig> = {},
  options: Parameters<typeof openLogs>[0] = {},
): Promise<LogBench & { log: PartitionLog }> {
  const bench = await openLogs(options)
  return { ...bench, log: bench.logs.create('t', 0, topicId, topicConfig(config)) }
}

/** A batch of records with the given values, a millisecond apart. */
export function batchOf(
  values: readonly string[],
  options: BatchBuilderOptions & { timestamp?: number; key?: string | null } = {},
): Buffer {
  const { timestamp = startMs, key = 'key', ...rest } = options
  const builder = new BatchBuilder(rest)
  values.forEach((value, i) =>
    builder.append(timestamp + i, key === null ? null : Buffer.from(key), Buffer.from(value)),
  )
  return builder.build()
}

/** Everything that readers can see from an offset on: whole batches, their checksums verified. */
export async function batchesFrom(
  log: PartitionLog,
  from = log.logStartOffset,
  maxBytes = 1 << 20,
): Promise<RecordBatch[]> {
  const found: RecordBatch[] = []
  for (let offset = from; offset < log.logEndOffset;) {
    const read = await log.read(offset, maxBytes, { atLeastOneBatch: true })
    if (read.sizeInBytes === 0)
      throw new Error(`nothing at offset ${offset} of ${log.name}, which ends at ${log.logEndOffset}`)
    for (const batch of read.chunks.flatMap((chunk) => [...batches(chunk)])) {
      if (!batch.isCrcValid()) throw new Error(`a wrong checksum at offset ${batch.baseOffset}`)
      found.push(batch)
      offset = batch.lastOffset + 1
    }
  }
  return found
}

/** The values from an offset on as `offset:value`. */
export async function valuesFrom(log: PartitionLog, from = log.logStartOffset): Promise<string[]> {
  return (await batchesFrom(log, from)).flatMap((batch) =>
    [...batch.records()]
      .filter((record) => record.offset >= from)
      .map((record) => `${record.offset}:${String(record.value)}`),
  )
}
