import { isKnownError, KnownError } from '#core/errors/table.ts'
import type { Timer } from '#core/ports/timers.ts'

import { offsetCheckpointText, readOffsetCheckpoint, replaceLater, type OffsetRow } from './checkpoint-file.ts'
import { defaultCleanerOptions, type CleanerOptions } from './cleaner/config.ts'
import type { CleanerTally } from './cleaner/cleaner-tally.ts'
import { LogCleaner } from './cleaner/log-cleaner.ts'
import { takeCleanShutdown, writeCleanShutdown } from './clean-shutdown.ts'
import type { TopicConfig } from './config.ts'
import { lockDirectory } from './directory-lock.ts'
import { logErrors } from './errors.ts'
import {
  cleanerOffsetFile,
  deleteDirectory,
  highWatermarkFile,
  isDeleteDirectory,
  leaderEpochFile,
  logStartFile,
  parsePartitionDirectory,
  partitionDirectory,
  recoveryPointFile,
} from './file-names.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { loadLog } from './log-recovery.ts'
import { PartitionLog, type LogPorts } from './partition-log.ts'
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata.ts'
import { ProducerSnapshots } from './producer-snapshots.ts'
import { ProducerStates } from './producer-state.ts'
import { TailCache } from './tail-cache.ts'

/** What a data directory goes by; times in ms, by default Apache Kafka's. */
export interface LogDirectoryOptions {
  /** Settings of topics until `updateConfig` says better. */
  readonly config: TopicConfig
  /** Memory for the newest batches of all partitions together. */
  readonly tailCacheBytes?: number
  /** Pause between looks for segments that retention drops; 0 turns all periodic work off. */
  readonly retentionCheckMs?: number
  /** Pause between writes of the high watermarks; recovery points and log starts are written every twelfth time. */
  readonly checkpointMs?: number
  /** Silence after which a producer id is forgotten, until `forgetProducersAfter` says better. */
  readonly producerIdExpirationMs?: number
  /** What compaction goes by, until `cleanBy` says better. */
  readonly cleaner?: CleanerOptions
}

const defaults = {
  tailCacheBytes: 32 * 1024 * 1024,
  retentionCheckMs: 300_000,
  checkpointMs: 5_000,
  producerIdExpirationMs: 86_400_000,
  cleaner: defaultCleanerOptions,
}
const slowCheckpointEvery = 12
const checkpointFiles = [recoveryPointFile, logStartFile, highWatermarkFile, cleanerOffsetFile]
/** Logs that are closed side by side: each waits for a handful of syncs. */
const closedAtATime = 16

/** Offsets that a directory remembers of its logs, by `topic-partition`. */
interface Checkpoints {
  readonly recoveryPoints: ReadonlyMap<string, number>
  readonly logStarts: ReadonlyMap<string, number>
  readonly highWatermarks: ReadonlyMap<string, number>
  readonly cleaned: ReadonlyMap<string, number>
}

const noCheckpoints: Checkpoints = {
  recoveryPoints: new Map(),
  logStarts: new Map(),
  highWatermarks: new Map(),
  cleaned: new Map(),
}

/** Which map of the checkpoints a file holds, and what of a log goes into it. */
const checkpointRows: Record<
  string,
  { readonly of: keyof Checkpoints; readonly offset: (log: PartitionLog) => number | undefined }
> = {
  [recoveryPointFile]: { of: 'recoveryPoints', offset: (log) => log.recoveryPoint },
  [highWatermarkFile]: { of: 'highWatermarks', offset: (log) => log.highWatermark },
  [logStartFile]: {
    of: 'logStarts',
    // A log start at a segment's base needs no row: the segment says it.
    offset: (log) => (log.logStartOffset > log.firstSegmentOffset ? log.logStartOffset : undefined),
  },
  [cleanerOffsetFile]: { of: 'cleaned', offset: (log) => log.compaction.cleanedOffset },
}

/** A data directory: its lock, its logs, and the checkpoint files that speak of all of them. */
export class LogDirectory {
  readonly path: string
  /** The last stop was a clean one, or there was nothing yet. */
  readonly wasClean: boolean
  /** Broker epoch named by the clean-shutdown file, -1 without. */
  readonly previousBrokerEpoch: number
  /** Logs that could not be opened, by `topic-partition`. */
  readonly damaged = new Map<string, KnownError>()
  readonly #ports: LogPorts
  readonly #options: Required<LogDirectoryOptions>
  readonly #logs = new Map<string, PartitionLog>()
  readonly #cache: TailCache
  readonly #unlock: () => void
  readonly #jobs: Timer[] = []
  #producerIdExpirationMs: () => number
  readonly #cleaner: LogCleaner
  /** What the checkpoint files said at the start; still true of the logs that could not be opened. */
  #found = noCheckpoints
  #checkpointing = Promise.resolve(true)
  #checkpointCount = 0
  #closed = false

  private constructor(ports: LogPorts, path: string, options: Required<LogDirectoryOptions>, unlock: () => void) {
    this.path = path
    this.#ports = ports
    this.#options = options
    this.#producerIdExpirationMs = () => options.producerIdExpirationMs
    this.#unlock = unlock
    this.#cache = new TailCache(options.tailCacheBytes)
    const empty = parsePartitions(ports, path).length === 0
    const shutdown = takeCleanShutdown(ports.files, path)
    this.wasClean = shutdown !== undefined || empty
    this.previousBrokerEpoch = shutdown?.brokerEpoch ?? -1
    this.#cleaner = new LogCleaner(
      ports,
      options.cleaner,
      () => this.#logs.values(),
      (what) => this.#checkpointFiles([what === 'cleaned' ? cleanerOffsetFile : recoveryPointFile]),
    )
    this.#openAll()
    this.#schedule()
  }

  /**
   * Opens a data directory, which is made if missing, and every log in it, recovering those that were not closed. Throws
   * LOG_DIRECTORY_IN_USE, and LOG_FILE_INVALID for a damaged checkpoint file; logs that fail are listed in `damaged`.
   */
  static async open(ports: LogPorts, path: string, options: LogDirectoryOptions): Promise<LogDirectory> {
    ports.files.makeDirectory(path)
    const unlock = lockDirectory(ports.files, path)
    try {
      return new LogDirectory(ports, path, { ...defaults, ...options }, unlock)
    } catch (error) {
      unlock()
      throw error
    }
  }

  #openAll(): void {
    const { files, log } = this.#ports
    this.#found = {
      recoveryPoints: readOffsetCheckpoint(files, this.#file(recoveryPointFile)),
      logStarts: readOffsetCheckpoint(files, this.#file(logStartFile)),
      highWatermarks: readOffsetCheckpoint(files, this.#file(highWatermarkFile)),
      cleaned: readOffsetCheckpoint(files, this.#file(cleanerOffsetFile)),
    }
    for (const name of files.list(this.path)) if (isDeleteDirectory(name)) files.removeTree(this.#file(name))
    for (const { topic, partition } of parsePartitions(this.#ports, this.path)) {
      const name = partitionDirectory(topic, partition)
      try {
        this.#load(topic, partition, this.#options.config, this.#found)
      } catch (error) {
        if (!isKnownError(error)) throw error
        log('error', `log ${name} is offline: ${error.message}`)
        this.damaged.set(name, error)
      }
    }
    // A row of a log that is gone would be taken for the recovery point of one made anew under its name.
    const { recoveryPoints, logStarts } = this.#found
    if (
      [...recoveryPoints.keys(), ...logStarts.keys()].some((name) => !this.#logs.has(name) && !this.damaged.has(name))
    )
      this.#writeNow()
  }

  #load(topic: string, partition: number, config: TopicConfig, checkpoints: Checkpoints): PartitionLog {
    const { files, clock, log } = this.#ports
    const name = partitionDirectory(topic, partition)
    const directory = this.#file(name)
    const epochs = new LeaderEpochs(files, `${directory}/${leaderEpochFile}`)
    const producers = new ProducerStates(name)
    const snapshots = new ProducerSnapshots(files, directory)
    const loaded = loadLog({
      files,
      log,
      directory,
      name,
      epochs,
      producers,
      snapshots,
      nowMs: clock.now(),
      clean: this.wasClean,
      recoveryPoint: checkpoints.recoveryPoints.get(name) ?? 0,
      logStartOffset: checkpoints.logStarts.get(name) ?? 0,
      cleanedOffset: checkpoints.cleaned.get(name) ?? 0,
      indexIntervalBytes: config['index.interval.bytes'],
    })
    producers.expire(clock.now(), this.#options.producerIdExpirationMs)
    const opened = new PartitionLog({
      ports: this.#ports,
      directory,
      topic,
      partition,
      config,
      loaded,
      epochs,
      producers,
      snapshots,
      topicId: readPartitionMetadata(files, directory, loaded.recoveryPoint > 0),
      highWatermark: checkpoints.highWatermarks.get(name) ?? 0,
      cleanedOffset: checkpoints.cleaned.get(name),
      tail: this.#cache.tail(),
      persist: (moved) => this.#writeNow(moved === 'logStart' ? [logStartFile] : [recoveryPointFile]),
    })
    this.#logs.set(name, opened)
    return opened
  }

  all(): Iterable<PartitionLog> {
    return this.#logs.values()
  }

  get(topic: string, partition: number): PartitionLog | undefined {
    return this.#logs.get(partitionDirectory(topic, partition))
  }

  /** Makes the directory and the first segment of a partition. Throws LOG_EXISTS. */
  create(topic: string, partition: number, topicId: string, config: TopicConfig): PartitionLog {
    const { files } = this.#ports
    const name = partitionDirectory(topic, partition)
    if (this.#logs.has(name) || this.damaged.has(name)) throw logErrors.LOG_EXISTS({ topic, partition })
    const directory = this.#file(name)
    files.makeDirectory(directory)
    writePartitionMetadata(files, directory, topicId)
    return this.#load(topic, partition, config, noCheckpoints)
  }

  /** Takes a partition out: its directory is renamed now and removed after file.delete.delay.ms. Unknown ones are left alone. */
  delete(topic: string, partition: number): void {
    const { files, timers, random } = this.#ports
    const log = this.get(topic, partition)
    if (log === undefined) return
    log.abandon()
    this.#logs.delete(log.name)
    const gone = this.#file(deleteDirectory(topic, partition, random.bytes(16).toString('hex')))
    files.rename(log.directory, gone)
    this.#writeNow()
    timers.after(log.config['file.delete.delay.ms'], () => files.removeTree(gone))
  }

  /** Writes recovery points, log starts and high watermarks; the syncs run off the event loop. */
  async checkpoint(): Promise<void> {
    await this.#checkpointFiles(checkpointFiles)
  }

  /** Compaction goes by these options from now on. */
  cleanBy(options: CleanerOptions): void {
    this.#cleaner.options = options
  }

  /** Producers that are silent for longer than this are forgotten from now on; asked each time. */
  forgetProducersAfter(expirationMs: () => number): void {
    this.#producerIdExpirationMs = expirationMs
  }

  /** Compacts every log that is worth it now, instead of when its time comes. */
  clean(): Promise<void> {
    return this.#cleaner.cleanAll()
  }

  /** What compaction did until now. */
  get compacted(): CleanerTally {
    return this.#cleaner.tally()
  }

  /** False when they could not be written. */
  #checkpointFiles(names: readonly string[]): Promise<boolean> {
    // One after another: two writers of a file would share its temporary name.
    this.#checkpointing = this.#checkpointing.then(async () => {
      try {
        for (const name of names.filter((each) => this.#isDue(each)))
          await replaceLater(this.#ports.files, this.#file(name), this.#checkpointText(name))
        return true
      } catch (error) {
        this.#ports.log('error', `checkpoints of ${this.path} cannot be written`, { error: (error as Error).message })
        return false
      }
    })
    return this.#checkpointing
  }

  #checkpointText(name: string): Buffer {
    const { of, offset: offsetOf } = checkpointRows[name]!
    const rows: OffsetRow[] = []
    for (const log of this.#logs.values()) {
      const offset = offsetOf(log)
      if (offset !== undefined) rows.push({ topic: log.topic, partition: log.partition, offset })
    }
    for (const each of this.damaged.keys()) {
      const offset = this.#found[of].get(each)
      if (offset !== undefined) rows.push({ ...parsePartitionDirectory(each)!, offset })
    }
    return offsetCheckpointText(rows)
  }

  #writeNow(names: readonly string[] = checkpointFiles): void {
    for (const name of names.filter((each) => this.#isDue(each)))
      this.#ports.files.replace(this.#file(name), this.#checkpointText(name))
  }

  /** Nothing is written of compaction before there was one. */
  #isDue(name: string): boolean {
    if (name !== cleanerOffsetFile || this.#ports.files.exists(this.#file(name))) return true
    return [...this.#logs.values()].some((log) => log.compaction.cleanedOffset !== undefined)
  }

  #schedule(): void {
    const { retentionCheckMs, checkpointMs } = this.#options
    const { timers, clock } = this.#ports
    if (retentionCheckMs <= 0) return
    const sweep = (): void => {
      for (const log of this.#logs.values()) {
        this.#guard(log, () => {
          log.deleteOldSegments(clock.now())
          log.expireProducers(clock.now(), this.#producerIdExpirationMs())
        })
      }
    }
    const checkpoint = (): void => {
      const slow = ++this.#checkpointCount % slowCheckpointEvery === 0
      void (slow ? this.checkpoint() : this.#checkpointFiles([highWatermarkFile]))
    }
    this.#jobs.push(timers.every(retentionCheckMs, sweep), timers.every(checkpointMs, checkpoint))
    this.#cleaner.start()
  }

  #guard(log: PartitionLog, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#ports.log('error', `log ${log.name} cannot be tidied`, { error: (error as Error).message })
    }
  }

  /**
   * Stops cleanly: every log is on the disk, indexed and snapshotted, the checkpoints are written and the mark is left by
   * which the next start knows that nothing needs to be recovered. Rejects, without the mark, when a log cannot be forced out.
   */
  async close(options: { readonly brokerEpoch?: number } = {}): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const job of this.#jobs) job.cancel()
    await this.#cleaner.stop()
    await this.#checkpointing
    try {
      const logs = [...this.#logs.values()]
      for (let at = 0; at < logs.length; at += closedAtATime) {
        await Promise.all(logs.slice(at, at + closedAtATime).map((log) => log.close()))
      }
      this.#writeNow()
      // Nobody reads them any more; whoever takes the directory over should not have to wonder about them.
      for (const name of this.#ports.files.list(this.path))
        if (isDeleteDirectory(name)) this.#ports.files.removeTree(this.#file(name))
      if (this.damaged.size === 0) writeCleanShutdown(this.#ports.files, this.path, options.brokerEpoch ?? -1)
    } finally {
      this.#unlock()
    }
  }

  #file(name: string): string {
    return `${this.path}/${name}`
  }
}

function parsePartitions({ files }: LogPorts, path: string): { topic: string; partition: number }[] {
  return files
    .list(path)
    .map((name) => (files.stat(`${path}/${name}`).directory ? parsePartitionDirectory(name) : undefined))
    .filter((each) => each !== undefined)
}
