import { dirname, extname } from 'node:path'

import type { TopicPartition, TopicPartitionOffset } from '#core/client/client.ts'
import type { OpenFile } from '#core/ports/files.ts'
import type { Log } from '#core/telemetry/log.ts'

import type { ConnectorPorts } from '../../api/ports.ts'
import type { FileSinkConfig } from './sink-config.ts'
import { SinkJournal } from './sink-journal.ts'
import type { JournalState } from './sink-journal.ts'

type OffsetsByTopic = Record<string, Record<string, number>>

/**
 * The file of a sink with its journal: bytes that are written and offsets that go with them. `commit` makes both certain
 * together; opening goes back to what is certain.
 */
export class SinkOutput {
  readonly #path: string
  readonly #config: FileSinkConfig
  readonly #ports: ConnectorPorts
  readonly #connector: string
  readonly #journal: SinkJournal
  #file!: OpenFile
  #bytes = 0
  #since: number | null = null
  #rolled = 0
  #dirty = false
  #offsets: OffsetsByTopic = {}

  private constructor(path: string, config: FileSinkConfig, ports: ConnectorPorts, connector: string) {
    this.#path = path
    this.#config = config
    this.#ports = ports
    this.#connector = connector
    this.#journal = new SinkJournal(ports.files, path)
  }

  /** Opens the file and cuts off what the journal does not vouch for. */
  static open(
    path: string,
    config: FileSinkConfig,
    context: { readonly ports: ConnectorPorts; readonly connector: string; readonly log: Log },
  ): SinkOutput {
    const output = new SinkOutput(path, config, context.ports, context.connector)
    output.#recover(context.log)
    return output
  }

  #recover(log: Log): void {
    const { files } = this.#ports
    files.makeDirectory(dirname(this.#path))
    const state = this.#journal.read()
    // What others wrote into the file stays, and what they read is not what we read.
    const ours = state?.connector === this.#connector ? state : undefined
    if (ours) {
      this.#rolled = ours.rolled
      this.#since = ours.since
      this.#offsets = structuredClone(ours.offsets) as OffsetsByTopic
      if (ours.rollingTo !== null) this.#finishRoll(ours.rollingTo, ours.bytes)
    }
    this.#file = files.open(this.#path, { create: true })
    const size = this.#file.size()
    const certain = ours && ours.rollingTo === null ? ours.bytes : ours ? 0 : size
    if (size < certain) log('warn', `"${this.#path}" was shortened: ${certain - size} bytes that were written are gone`)
    this.#bytes = Math.min(size, certain)
    if (size > this.#bytes) this.#file.truncate(this.#bytes)
    if (this.#bytes === 0) this.#since = null
    files.syncDirectory(dirname(this.#path))
    this.#write(null)
  }

  /** Where reading a partition goes on; undefined when nothing of it was ever written. */
  next({ topic, partition }: TopicPartition): number | undefined {
    return this.#offsets[topic]?.[partition]
  }

  /** All records of a partition before this offset are written. */
  setNext({ topic, partition, offset }: TopicPartitionOffset): void {
    const partitions = (this.#offsets[topic] ??= {})
    if (partitions[partition] === offset) return
    partitions[partition] = offset
    this.#dirty = true
  }

  /** True when a line more, after bytes that are on their way, is too much for the file, or the file too old for it. */
  isFull(pendingBytes: number, lineBytes: number): boolean {
    const bytes = this.#bytes + pendingBytes
    if (bytes === 0) return false
    const { 'file.max.bytes': mostBytes, 'file.max.age.ms': mostMs } = this.#config
    if (mostBytes !== undefined && bytes + lineBytes > mostBytes) return true
    return mostMs !== undefined && this.#since !== null && this.#ports.clock.now() - this.#since >= mostMs
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#file.write([bytes], this.#bytes)
    this.#bytes += bytes.length
    this.#since ??= this.#ports.clock.now()
    this.#dirty = true
  }

  /** Makes what is written certain, together with its offsets. */
  async commit(): Promise<void> {
    if (!this.#dirty) return
    if (this.#config['file.sync']) await this.#file.sync()
    this.#write(null)
  }

  #write(rollingTo: string | null): void {
    const state: JournalState = {
      connector: this.#connector,
      bytes: this.#bytes,
      since: this.#since,
      rolled: this.#rolled,
      rollingTo,
      offsets: this.#offsets,
    }
    this.#journal.write(state)
    this.#dirty = false
  }

  /** Puts the file aside and begins a new one. A crash anywhere in between is finished by the next opening. */
  async roll(): Promise<void> {
    const to = this.#nextName()
    if (this.#config['file.sync']) await this.#file.sync()
    this.#write(to)
    this.#file.close()
    this.#finishRoll(to, this.#bytes)
    this.#bytes = 0
    this.#since = null
    this.#write(null)
    this.#file = this.#ports.files.open(this.#path, { create: true })
    // Syncing a file does not make its name durable.
    if (this.#config['file.sync']) this.#ports.files.syncDirectory(dirname(this.#path))
  }

  #finishRoll(to: string, bytes: number): void {
    const { files } = this.#ports
    if (!files.exists(to) && files.exists(this.#path)) {
      const file = files.open(this.#path)
      if (file.size() > bytes) file.truncate(bytes)
      file.close()
      files.rename(this.#path, to)
      files.syncDirectory(dirname(this.#path))
    }
    this.#rolled++
  }

  /** out.jsonl is put aside as out-000001.jsonl, out-000002.jsonl and so on. */
  #nextName(): string {
    const extension = extname(this.#path)
    const stem = this.#path.slice(0, this.#path.length - extension.length)
    let name: string
    do {
      name = `${stem}-${String(this.#rolled + 1).padStart(6, '0')}${extension}`
      if (this.#ports.files.exists(name)) this.#rolled++
    } while (this.#ports.files.exists(name))
    return name
  }

  close(): void {
    this.#file.close()
  }
}
