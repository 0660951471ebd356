import type { Header } from '#core/records/record.ts'
import type { Origin, RawRecord } from '../record.ts'
import { StreamRecord } from '../record.ts'
import type { SourceNode } from '../topology/node.ts'
import { streamsErrors } from '../errors.ts'
import { OffsetLedger } from './ledger.ts'
import type { Held } from './ledger.ts'
import type { Input } from './partition-group.ts'

/** Where a record came from, as the ledger holds it. */
export class Source implements Origin, Held {
  readonly #queue: RecordQueue
  readonly #raw: RawRecord
  holds = 0

  constructor(queue: RecordQueue, raw: RawRecord) {
    this.#queue = queue
    this.#raw = raw
  }

  get topic(): string {
    return this.#queue.topic
  }

  get partition(): number {
    return this.#queue.partition
  }

  get offset(): number {
    return this.#raw.offset
  }

  get timestamp(): number {
    return this.#raw.timestamp
  }

  get headers(): readonly Header[] {
    return this.#raw.headers
  }

  get key(): Buffer | null {
    return this.#raw.key
  }

  get value(): Buffer | null {
    return this.#raw.value
  }
}

/** What a queue tells its task. */
export interface QueueListener {
  /** Bytes that the serdes refuse. Returns if the record is to be left out, else throws. */
  unreadable(error: unknown, source: Source): void
  /** A record without a usable timestamp was left out. */
  untimed(): void
}

/**
 * One input partition of a task: raw records in offset order. Only the head is deserialised, when it gets there, because
 * choosing among partitions needs its timestamp.
 */
export class RecordQueue implements Input {
  readonly topic: string
  readonly partition: number
  readonly node: SourceNode
  readonly ledger = new OffsetLedger()
  /** Largest timestamp taken so far, -1 before the first. */
  partitionTime = -1
  /** Where records go; set when the task starts. */
  entry: ((record: StreamRecord<unknown, unknown>) => void) | undefined
  readonly #listener: QueueListener
  #raw: RawRecord[] = []
  #next = 0
  #head: StreamRecord<unknown, unknown> | undefined
  #source: Source | undefined

  constructor(topic: string, partition: number, node: SourceNode, listener: QueueListener) {
    this.topic = topic
    this.partition = partition
    this.node = node
    this.#listener = listener
  }

  get headTimestamp(): number | undefined {
    return this.#head?.timestamp
  }

  /** Records waiting, the head included. */
  get size(): number {
    return this.#raw.length - this.#next + (this.#head === undefined ? 0 : 1)
  }

  add(records: Iterable<RawRecord>): void {
    for (const record of records) this.#raw.push(record)
    if (this.#head === undefined) this.#readHead()
  }

  /** The head and where it came from. */
  get head(): StreamRecord<unknown, unknown> | undefined {
    return this.#head
  }

  get source(): Source | undefined {
    return this.#source
  }

  /** Takes the head out; it is in the ledger from then on. */
  take(): void {
    this.partitionTime = Math.max(this.partitionTime, this.#head!.timestamp)
    this.ledger.open(this.#source!)
    this.#head = undefined
    this.#readHead()
  }

  clear(): void {
    this.#raw = []
    this.#next = 0
    this.#head = undefined
  }

  #readHead(): void {
    while (this.#next < this.#raw.length) {
      const raw = this.#raw[this.#next++]!
      if (this.#next === this.#raw.length) {
        this.#raw.length = 0
        this.#next = 0
      }
      const source = new Source(this, raw)
      const record = this.#read(raw, source)
      if (record !== undefined && record.timestamp >= 0) {
        this.#head = record
        this.#source = source
        return
      }
      if (record !== undefined) this.#listener.untimed()
      this.ledger.open(source)
      this.ledger.release(source)
    }
  }

  #read(raw: RawRecord, source: Source): StreamRecord<unknown, unknown> | undefined {
    const { node, topic } = this
    let key: unknown
    let value: unknown
    try {
      key = raw.key === null ? null : node.key.deserialize(raw.key, topic)
      value = raw.value === null ? null : node.value.deserialize(raw.value, topic)
    } catch (error) {
      this.#listener.unreadable(error, source)
      return undefined
    }
    let timestamp = raw.timestamp
    if (node.timestamp !== undefined) {
      const { partition } = this
      timestamp = node.timestamp(
        { topic, partition, offset: raw.offset, key, value, timestamp, headers: raw.headers },
        this.partitionTime,
      )
      if (!Number.isSafeInteger(timestamp)) {
        throw streamsErrors.TIMESTAMP_INVALID({ topic, partition, offset: raw.offset, timestamp: String(timestamp) })
      }
    }
    return new StreamRecord(key, value, timestamp, raw.headers)
  }
}
