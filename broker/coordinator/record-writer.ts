import { BatchBuilder, recordSizeBound } from '#core/records/batch-builder.ts'
import type { Clock } from '#core/ports/clock.ts'
import type { Log } from '#core/telemetry/log.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import { appendProblem } from './codes.ts'

type Done = (problem: ErrorName | null) => void

/** Key and value bytes of a record. */
export interface EncodedRecord {
  readonly key: Buffer
  readonly value: Buffer | null
}

/** Records that count only when the transaction of this producer commits. */
export interface TransactionStamp {
  readonly producerId: number
  readonly producerEpoch: number
}

/** What a writer needs of the world. */
export interface WriterPorts {
  readonly clock: Clock
  readonly log: Log
  readonly partitions: {
    /** The largest batch that the topic takes, in bytes. */
    readonly maxBatchBytes: number
    /** Appends whole batches; done when they may be acknowledged, throws or rejects only when they are not in the log. */
    append(partition: number, batches: Buffer, transactionVersion?: number): void | Promise<void>
  }
  /** Runs a call when this turn of the loop is over, for group commit; `setImmediate` when absent. */
  readonly defer?: (call: () => void) => void
}

/** A transaction marker and the transaction.version of its transaction. */
interface ReadyBatch {
  readonly batch: Buffer
  readonly transactionVersion: number
}

interface Entry {
  readonly records: readonly EncodedRecord[]
  /** The most that the records take in a batch. */
  readonly sizeInBytes: number
  /** Set for records inside of a transaction. */
  readonly stamp: TransactionStamp | undefined
  /** Instead of records: a batch that is ready as it is. */
  readonly ready: ReadyBatch | undefined
  readonly done: Done
}

interface Append {
  readonly entries: readonly Entry[]
  /** Undefined while it is not known. */
  outcome: ErrorName | null | undefined
}

/** What a batch takes before its first record, and then some. */
const batchOverheadBytes = 128

/**
 * Group commit for one partition: the records of a turn of the loop become one append. Entries are reported in the order
 * in which they were given, which is the order of the log, even when appends are acknowledged in another.
 */
export class RecordWriter<Item> {
  readonly #ports: WriterPorts
  readonly #topic: string
  readonly #partition: number
  readonly #encode: (item: Item) => EncodedRecord
  #waiting: Entry[] = []
  #appends: Append[] = []
  #isClosed = false

  constructor(ports: WriterPorts, topic: string, partition: number, encode: (item: Item) => EncodedRecord) {
    this.#ports = ports
    this.#topic = topic
    this.#partition = partition
    this.#encode = encode
  }

  /**
   * Appends records, all of them or none; without records it reports once those before are in the log. False when they are
   * refused on the spot, and reported so.
   */
  append(items: readonly Item[], done: Done, stamp?: TransactionStamp): boolean {
    if (this.#isClosed) {
      done('NOT_COORDINATOR')
      return false
    }
    const encoded = items.map(this.#encode)
    const sizes = encoded.map(({ key, value }) => recordSizeBound(key, value))
    const maxBytes = this.#ports.partitions.maxBatchBytes - batchOverheadBytes
    if (Math.max(...sizes) > maxBytes) {
      this.#ports.log('error', `a record is too large for ${this.#topic}; raise max.message.bytes of that topic`, {
        record: JSON.stringify(items[0]).slice(0, 120),
        bytes: Math.max(...sizes),
      })
      done('UNKNOWN_SERVER_ERROR')
      return false
    }
    const sizeInBytes = sizes.reduce((sum, size) => sum + size, 0)
    this.#add({ records: encoded, sizeInBytes, stamp, ready: undefined, done })
    return true
  }

  /** Appends a batch as it is, in its order among the other entries: a transaction marker. */
  appendBatch(ready: ReadyBatch, done: Done): void {
    if (this.#isClosed) return done('NOT_COORDINATOR')
    this.#add({ records: [], sizeInBytes: 0, stamp: undefined, ready, done })
  }

  #add(entry: Entry): void {
    this.#waiting.push(entry)
    if (this.#waiting.length === 1) (this.#ports.defer ?? setImmediate)(() => this.#flush())
  }

  /** Reports NOT_COORDINATOR for all that is not acknowledged. */
  close(): void {
    this.#isClosed = true
    const entries = [...this.#appends.flatMap((append) => append.entries), ...this.#waiting]
    this.#appends = []
    this.#waiting = []
    for (const entry of entries) entry.done('NOT_COORDINATOR')
  }

  #flush(): void {
    if (this.#isClosed || this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const entries of together(waiting)) this.#write(entries)
  }

  #write(entries: readonly Entry[]): void {
    const append: Append = { entries, outcome: undefined }
    this.#appends.push(append)
    const isNothing = entries.every(({ records, ready }) => records.length === 0 && ready === undefined)
    if (isNothing) return this.#settle(append, null)
    try {
      const { clock, partitions } = this.#ports
      const { ready } = entries[0]!
      const batches = ready?.batch ?? buildBatches(entries, partitions.maxBatchBytes - batchOverheadBytes, clock.now())
      const pending = partitions.append(this.#partition, batches, ready?.transactionVersion)
      if (pending === undefined) return this.#settle(append, null)
      pending.then(
        () => this.#settle(append, null),
        (error: unknown) => this.#fail(append, error),
      )
    } catch (error) {
      this.#fail(append, error)
    }
  }

  #fail(append: Append, error: unknown): void {
    this.#ports.log('error', `could not append to ${this.#topic}`, { partition: this.#partition, error })
    this.#settle(append, appendProblem(error))
  }

  #settle(append: Append, outcome: ErrorName | null): void {
    append.outcome = outcome
    while (this.#appends[0] !== undefined && this.#appends[0].outcome !== undefined) {
      const { entries, outcome: settled } = this.#appends.shift()!
      for (const entry of entries) entry.done(settled ?? null)
    }
  }
}

/**
 * What may share an append: everything but records inside of transactions and markers, which the log may refuse for
 * reasons that are nobody else's.
 */
function together(entries: readonly Entry[]): Entry[][] {
  const rows: Entry[][] = []
  let open: Entry[] | undefined
  for (const entry of entries) {
    const isAlone = entry.stamp !== undefined || entry.ready !== undefined
    if (isAlone || open === undefined) rows.push((open = []))
    open.push(entry)
    if (isAlone) open = undefined
  }
  return rows
}

/** Batches of at most `maxBytes` of records; the records of one entry share a batch if they fit into one. */
function buildBatches(entries: readonly Entry[], maxBytes: number, timestamp: number): Buffer {
  const built: Buffer[] = []
  const { stamp } = entries[0]!
  const next = (): BatchBuilder => new BatchBuilder(stamp === undefined ? {} : { ...stamp, isTransactional: true })
  let builder = next()
  const makeRoom = (bytes: number): void => {
    if (builder.count === 0 || builder.sizeInBytes + bytes <= maxBytes) return
    built.push(builder.build())
    builder = next()
  }
  for (const { records, sizeInBytes } of entries) {
    makeRoom(sizeInBytes)
    for (const { key, value } of records) {
      makeRoom(recordSizeBound(key, value))
      builder.append(timestamp, key, value)
    }
  }
  built.push(builder.build())
  return built.length === 1 ? built[0]! : Buffer.concat(built)
}
