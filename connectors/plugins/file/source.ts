import { sleep } from '#core/errors/retry.ts'

import { defineSource } from '../../api/connector.ts'
import type { SourceBatch } from '../../api/records.ts'
import type { SourceTask, SourceTaskContext } from '../../api/source.ts'
import { connectErrors } from '../../errors.ts'
import { FileSet } from './file-set.ts'
import type { Chunk, FollowedFile } from './followed-file.ts'
import { isPattern } from './glob.ts'
import { LineCursor } from './line-cursor.ts'
import { LineRecords } from './line-records.ts'
import type { Lineage } from './lineage.ts'
import { fileSourceConfig } from './source-config.ts'
import type { FileSourceConfig } from './source-config.ts'
import { standardInput } from './standard-input.ts'

/**
 * Lines of files as records. Follows files over rename, copy and truncate, removal and restart: each line once, in order
 * within a file, the older file of a name before the newer one.
 */
class FileSourceTask implements SourceTask {
  readonly #config: FileSourceConfig
  readonly #patterns: readonly string[]
  readonly #records: LineRecords
  #now: () => number = Date.now

  constructor(config: FileSourceConfig) {
    this.#config = config
    this.#patterns = config.file === undefined || config.file === '' ? config.files : [config.file]
    this.#records = new LineRecords(config, this.#patterns.length > 1 || this.#patterns.some(isPattern))
  }

  async *read(context: SourceTaskContext): AsyncGenerator<SourceBatch> {
    if (this.#patterns.length === 0) {
      yield* standardInput(process.stdin, this.#records, this.#config, context)
      return
    }
    this.#now = () => context.ports.clock.now()
    const set = new FileSet(this.#patterns, context.ports, context.log)
    try {
      this.#checkMissing(set, context)
      set.restore(context.offsets())
      yield* this.#rounds(set, context)
    } finally {
      set.close()
    }
  }

  #checkMissing(set: FileSet, { log, ports }: SourceTaskContext): void {
    for (const file of set.missing()) {
      if (ports.files.exists(file)) {
        throw connectErrors.FILE_UNREADABLE({ file, problem: `it is a folder; "${file}/*" names the files in it` })
      }
      if (this.#config.mode === 'once') throw connectErrors.FILE_UNREADABLE({ file, problem: 'there is no such file' })
      log('warn', `"${file}" is not there yet: waiting for it`)
    }
  }

  /** Round after round: a piece of every file, and a look at the disk now and then. */
  async *#rounds(set: FileSet, { ports, signal }: SourceTaskContext): AsyncGenerator<SourceBatch> {
    const { mode, 'poll.interval.ms': pauseMs } = this.#config
    let scanAt = -Infinity
    while (!signal.aborted) {
      if (ports.clock.monotonic() >= scanAt) {
        set.scan()
        scanAt = ports.clock.monotonic() + pauseMs
      }
      let busy = false
      for (const lineage of set.lineages.values()) {
        lineage.topicPartition ??= this.#leastUsed(set)
        for await (const batch of this.#lineage(set, lineage, ports.clock.monotonic())) {
          busy = true
          yield batch
          if (signal.aborted) return
        }
      }
      if (busy) continue
      if (mode === 'once') return
      await sleep(ports.timers, pauseMs, signal)
    }
  }

  /** The partition that the fewest paths have; files share one only when there are more files than partitions. */
  #leastUsed(set: FileSet): number | undefined {
    const uses = Array.from({ length: this.#config['file.partitions'] }, () => 0)
    for (const { topicPartition } of set.lineages.values()) {
      if (topicPartition !== undefined && topicPartition < uses.length) uses[topicPartition]!++
    }
    return uses.length === 0 ? undefined : uses.indexOf(Math.min(...uses))
  }

  /** A piece of the oldest file of a path that has something; what is over and done with is let go. */
  async *#lineage(set: FileSet, lineage: Lineage, now: number): AsyncGenerator<SourceBatch> {
    for (const file of lineage.files.slice()) {
      if (!file.isOpen) continue
      const chunk = await this.#chunk(file)
      if (chunk === 'replaced') {
        const rest = set.replaced(lineage, file)
        yield* this.#lines(lineage, undefined, { bytes: rest, from: 0, base: file.position, last: true })
        return yield* this.#lineage(set, lineage, now)
      }
      if (chunk !== 'end') {
        file.grewAt = now
        yield* this.#lines(lineage, file, chunk)
        return
      }
      if (this.#isOver(file, now)) yield* this.#finish(set, lineage, file)
    }
  }

  /** Something with at least one line in it: a long line takes a larger piece. */
  async #chunk(file: FollowedFile): Promise<Chunk | 'end' | 'replaced'> {
    const { 'read.buffer.bytes': usual, 'line.max.bytes': longest } = this.#config
    for (let most = usual; ; most = Math.min(most * 2, Math.max(usual, longest + 1))) {
      const chunk = await file.read(most)
      if (typeof chunk === 'string' || this.#cursor(chunk).next()) return chunk
      if (!chunk.last) continue
      file.reachedEnd(chunk)
      return 'end'
    }
  }

  #cursor({ bytes, from }: Chunk, final = false): LineCursor {
    return new LineCursor(bytes, from, final, this.#config['line.max.bytes'])
  }

  /** Batches of a chunk's lines. Without a file they are a rest that no position stands for any more. */
  *#lines(
    lineage: Lineage,
    file: FollowedFile | undefined,
    chunk: Chunk,
    final = file === undefined,
  ): Generator<SourceBatch> {
    const cursor = this.#cursor(chunk, final)
    for (;;) {
      const records = this.#records.take(lineage, chunk, cursor, this.#now())
      if (records.length === 0) return
      file?.advance(chunk, cursor.after)
      yield { partition: lineage.partition, offset: lineage.offset, records }
    }
  }

  #isOver(file: FollowedFile, now: number): boolean {
    if (this.#config.mode === 'once') return true
    return file.asideAt !== undefined && now - Math.max(file.asideAt, file.grewAt) >= this.#config['rotation.wait.ms']
  }

  /** Nothing more will come: an unfinished last line counts, and the file is let go. */
  *#finish(set: FileSet, lineage: Lineage, file: FollowedFile): Generator<SourceBatch> {
    yield* this.#lines(lineage, file, { bytes: file.unfinished, from: 0, base: file.position, last: true }, true)
    file.finished = true
    file.close()
    if (set.isNamed(lineage.path)) lineage.prune()
    // What is on no path any more needs no position.
    else if (!file.listed) lineage.replace(file, [])
    if (lineage.files.length === 0) set.lineages.delete(lineage.path)
    yield { partition: lineage.partition, offset: lineage.offset, records: [] }
  }
}

/** The file source, under Kafka's names too. */
export const fileSource = defineSource({
  names: [
    'org.apache.kafka.connect.file.FileStreamSourceConnector',
    'FileStreamSource',
    'FileStreamSourceConnector',
    'file-source',
  ],
  version: '0.1.0',
  doc: 'Reads lines of files: once, or following them as they grow and are rotated. Offsets are kept per path.',
  config: fileSourceConfig,
  // One task reads all files: the names of one rotated file belong together.
  taskConfigs: (_config, _maxTasks, raw) => [raw],
  createTask: (config) => new FileSourceTask(config),
})
