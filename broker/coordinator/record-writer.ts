import { BatchBuilder, recordSizeBound } from '#core/records/batch-builder.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import { appendProblem } from './codes.ts'
import type { CoordinatorPorts } from './ports.ts'
import { type CoordinatorRecord, encodeRecord } from './records.ts'

type Done = (problem: ErrorName | null) => void

interface Entry {
  readonly records: readonly ReturnType<typeof encodeRecord>[]
  /** The most that the records take in a batch. */
  readonly sizeInBytes: number
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
export class RecordWriter {
  readonly #ports: CoordinatorPorts
  readonly #partition: number
  #waiting: Entry[] = []
  #appends: Append[] = []
  #isClosed = false

  constructor(ports: CoordinatorPorts, partition: number) {
    this.#ports = ports
    this.#partition = partition
  }

  append(records: readonly CoordinatorRecord[], done: Done): void {
    if (this.#isClosed) return done('NOT_COORDINATOR')
    const encoded = records.map(encodeRecord)
    const sizes = encoded.map(({ key, value }) => recordSizeBound(key, value))
    const maxBytes = this.#ports.partitions.maxBatchBytes - batchOverheadBytes
    if (Math.max(...sizes) > maxBytes) {
      this.#ports.log('error', 'a record is too large for __consumer_offsets; raise max.message.bytes of that topic', {
        group: records[0]?.groupId,
        bytes: Math.max(...sizes),
      })
      return done('UNKNOWN_SERVER_ERROR')
    }
    this.#waiting.push({ records: encoded, sizeInBytes: sizes.reduce((sum, size) => sum + size, 0), done })
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
    const append: Append = { entries: this.#waiting, outcome: undefined }
    this.#waiting = []
    this.#appends.push(append)
    try {
      const { clock, partitions } = this.#ports
      const batches = buildBatches(append.entries, partitions.maxBatchBytes - batchOverheadBytes, clock.now())
      const pending = partitions.append(this.#partition, batches)
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
    this.#ports.log('error', 'could not append to __consumer_offsets', { partition: this.#partition, error })
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

/** Batches of at most `maxBytes` of records; the records of one entry share a batch if they fit into one. */
function buildBatches(entries: readonly Entry[], maxBytes: number, timestamp: number): Buffer {
  const built: Buffer[] = []
  let builder = new BatchBuilder()
  const makeRoom = (bytes: number): void => {
    if (builder.count === 0 || builder.sizeInBytes + bytes <= maxBytes) return
    built.push(builder.build())
    builder = new BatchBuilder()
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
