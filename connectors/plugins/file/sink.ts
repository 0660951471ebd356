import type { TopicPartition, TopicPartitionOffset } from '#core/client/client.ts'

import { defineSink } from '../../api/connector.ts'
import type { SinkRecord } from '../../api/records.ts'
import { RetryAfter } from '../../api/signals.ts'
import type { SinkTask, SinkTaskContext } from '../../api/sink.ts'
import { LineBuffer } from './line-buffer.ts'
import { fileSinkConfig } from './sink-config.ts'
import type { FileSinkConfig } from './sink-config.ts'
import { SinkOutput } from './sink-output.ts'

const noSpacePauseMs = 5000
const noSpace = new Set(['ENOSPC', 'EDQUOT'])

/**
 * Records as lines of a file. The file and its journal say how far reading got, not the group's offsets: `open` goes back to
 * what is certain and reads on from there, so that no line is lost or doubled whenever the process dies.
 */
class FileSinkTask implements SinkTask {
  readonly #path: string
  readonly #config: FileSinkConfig
  readonly #lines = new LineBuffer()
  #output: SinkOutput | undefined
  // A batch of which some is written, because the disk filled up in the middle of it: the rest comes again with it.
  #partlyTaken = false

  constructor(path: string, config: FileSinkConfig) {
    this.#path = path
    this.#config = config
  }

  open(partitions: readonly TopicPartition[], context: SinkTaskContext): void {
    this.#partlyTaken = false
    this.#output ??= SinkOutput.open(this.#path, this.#config, context)
    for (const partition of partitions) {
      const next = this.#output.next(partition)
      if (next !== undefined) context.seek(partition, next)
    }
  }

  async put(records: readonly SinkRecord[]): Promise<void> {
    const output = this.#output!
    const wanted = this.#partlyTaken ? records.filter((record) => record.offset >= (output.next(record) ?? 0)) : records
    let from = 0
    try {
      for (let i = 0; i < wanted.length; i++) {
        const length = this.#lines.add(wanted[i]!.value)
        if (!output.isFull(this.#lines.length - length, length)) continue
        // What came before goes into the old file, the line itself into the new one.
        this.#write(wanted, from, i, this.#lines.take(length))
        from = i
        await output.roll()
      }
      this.#write(wanted, from, wanted.length, this.#lines.take(0))
      this.#partlyTaken = false
    } catch (error) {
      this.#lines.take(0)
      this.#partlyTaken = true
      throw this.#refused(error)
    }
  }

  /** Only what is in the file moves the offsets. */
  #write(records: readonly SinkRecord[], from: number, to: number, bytes: Uint8Array): void {
    this.#output!.append(bytes)
    for (let i = from; i < to; i++) {
      const { topic, partition, offset } = records[i]!
      this.#output!.setNext({ topic, partition, offset: offset + 1 })
    }
  }

  #refused(error: unknown): unknown {
    const code = (error as { code?: string }).code ?? ''
    return noSpace.has(code) ? new RetryAfter(noSpacePauseMs, `no space for "${this.#path}"`, { cause: error }) : error
  }

  async preCommit(offsets: readonly TopicPartitionOffset[]): Promise<readonly TopicPartitionOffset[]> {
    const output = this.#output
    if (!output) return []
    // Beyond the last record there may be some that carry no line, as a transaction's marks.
    for (const each of offsets) if (each.offset > (output.next(each) ?? 0)) output.setNext(each)
    await output.commit()
    if (output.isFull(0, 0)) await output.roll()
    return offsets
  }

  stop(): void {
    this.#output?.close()
  }
}

/** Records as lines on standard output. */
class StandardOutputTask implements SinkTask {
  readonly #lines = new LineBuffer()

  async put(records: readonly SinkRecord[]): Promise<void> {
    for (const { value } of records) this.#lines.add(value)
    // A copy: the stream may keep what it is given, and the buffer is used again.
    if (process.stdout.write(Buffer.from(this.#lines.take(0)))) return
    await new Promise((resolve) => process.stdout.once('drain', resolve))
  }
}

/** The file sink, under Kafka's names too. */
export const fileSink = defineSink({
  names: [
    'org.apache.kafka.connect.file.FileStreamSinkConnector',
    'FileStreamSink',
    'FileStreamSinkConnector',
    'file-sink',
  ],
  version: '0.1.0',
  doc: 'Appends records to a file, a line each, exactly once; puts the file aside when it is large or old.',
  config: fileSinkConfig,
  // One file has one writer.
  taskConfigs: (_config, _maxTasks, raw) => [raw],
  createTask: (config) =>
    config.file === undefined || config.file === '' ? new StandardOutputTask() : new FileSinkTask(config.file, config),
})
