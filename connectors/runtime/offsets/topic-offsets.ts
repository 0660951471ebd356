import type { Client, Producer, TopicPartition } from '#core/client/client.ts'
import { partitionKey } from '#core/client/client.ts'
import type { Timers } from '#core/ports/timers.ts'
import type { Log } from '#core/telemetry/log.ts'

import type { Json, SourceOffset, SourceOffsetEntry, SourcePartition } from '../../api/records.ts'
import { connectErrors } from '../../errors.ts'
import { ensureTopic } from '../ensure-topic.ts'
import { within } from '../within.ts'
import { canonicalJson, OffsetTable } from './offset-store.ts'
import type { OffsetChange, OffsetStore } from './offset-store.ts'

export interface TopicOffsetsOptions {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly flushTimeoutMs: number
}

/**
 * Offsets in a compacted topic, in Connect's own records: key `["connector",{partition}]`, value the offset or a
 * tombstone, both as JSON without schema. A Java worker reads what is written here and the other way round.
 */
export class TopicOffsets implements OffsetStore {
  readonly #client: Client
  readonly #options: TopicOffsetsOptions
  readonly #log: Log
  readonly #timers: Timers
  readonly #table = new OffsetTable()
  // Another writer may order the members of a key differently; its bytes must stay for compaction to find them equal.
  readonly #keys = new Map<string, Buffer>()
  #producer: Producer | undefined

  constructor(client: Client, options: TopicOffsetsOptions, log: Log, timers: Timers) {
    this.#client = client
    this.#options = options
    this.#log = log
    this.#timers = timers
  }

  async start(): Promise<void> {
    const { topic, partitions, replicationFactor } = this.#options
    await ensureTopic(this.#client, {
      name: topic,
      partitions,
      replicationFactor,
      configs: { 'cleanup.policy': 'compact' },
    })
    await this.#load()
    this.#producer = this.#client.producer({ acks: -1 })
  }

  async #load(): Promise<void> {
    const { topic } = this.#options
    const consumer = this.#client.consumer()
    try {
      const admin = this.#client.admin()
      const [description] = await admin.describeTopics([topic])
      const partitions: TopicPartition[] = (description?.partitions ?? []).map(({ partition }) => ({
        topic,
        partition,
      }))
      consumer.assign(partitions)
      await consumer.seekToBeginning(partitions)
      const ends = await consumer.endOffsets(partitions)
      const behind = async (): Promise<boolean> => {
        const positions = await Promise.all(partitions.map((each) => consumer.position(each)))
        return partitions.some((each, i) => positions[i]! < (ends.get(partitionKey(each)) ?? 0))
      }
      while (await behind()) {
        for (const chunk of await consumer.poll(500)) for (const { key, value } of chunk) this.#take(key, value)
      }
    } finally {
      await consumer.close()
    }
  }

  #take(key: Buffer | null, value: Buffer | null): void {
    try {
      const [connector, partition] = JSON.parse(key!.toString('utf8')) as [string, SourcePartition]
      const offset = value === null ? null : (JSON.parse(value.toString('utf8')) as SourceOffset)
      this.#keys.set(canonicalJson([connector, partition]), Buffer.from(key!))
      this.#table.set({ connector, partition, offset })
    } catch (error) {
      // Connect passes over what it cannot read, so that one bad record does not keep every source from starting.
      const shown = key === null ? 'null' : key.toString('utf8')
      this.#log('warn', 'a record of the offset topic is not an offset', {
        topic: this.#options.topic,
        key: shown,
        error,
      })
    }
  }

  get(connector: string, partition: SourcePartition): SourceOffset | undefined {
    return this.#table.get(connector, partition)
  }

  all(connector: string): SourceOffsetEntry[] {
    return this.#table.all(connector)
  }

  async set(all: readonly OffsetChange[]): Promise<void> {
    const changes = all.filter((change) => this.#table.differs(change))
    if (changes.length === 0) return
    let failure: Error | null = null
    for (const { connector, partition, offset } of changes) {
      const name: Json = [connector, partition]
      const key = this.#keys.get(canonicalJson(name)) ?? Buffer.from(JSON.stringify(name))
      const value = offset === null ? null : Buffer.from(JSON.stringify(offset))
      this.#producer!.append({ topic: this.#options.topic, key, value }, (error) => (failure ??= error))
    }
    const ms = this.#options.flushTimeoutMs
    await within(this.#timers, ms, this.#producer!.flush(), () => connectErrors.OFFSETS_TIMEOUT({ ms }))
    if (failure) throw failure as Error
    for (const change of changes) {
      this.#table.set(change)
      if (change.offset === null) this.#keys.delete(canonicalJson([change.connector, change.partition]))
    }
  }

  async stop(): Promise<void> {
    await this.#producer?.close()
  }
}
