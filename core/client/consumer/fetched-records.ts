import type { ConsumerRecord, FetchedPartition } from '#core/client/client.ts'
import type { Piece } from '#core/client/consumer/batch-source.ts'
import type { Header, LogRecord } from '#core/records/record.ts'

/** A record with where it came from. */
class ReadRecord implements ConsumerRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly #record: LogRecord

  constructor(topic: string, partition: number, leaderEpoch: number, record: LogRecord) {
    this.topic = topic
    this.partition = partition
    this.offset = record.offset
    this.timestamp = record.timestamp
    this.leaderEpoch = leaderEpoch
    this.key = record.key
    this.value = record.value
    this.#record = record
  }

  get headers(): readonly Header[] {
    return this.#record.headers
  }
}

/** What one poll got from one partition: pieces of fetched batches, decoded as they are iterated. */
export class FetchedRecords implements FetchedPartition {
  readonly topic: string
  readonly partition: number
  readonly count: number
  readonly nextOffset: number
  readonly highWatermark: number
  readonly pieces: readonly Piece[]

  constructor(
    from: { readonly topic: string; readonly partition: number },
    pieces: readonly Piece[],
    nextOffset: number,
    highWatermark: number,
  ) {
    this.topic = from.topic
    this.partition = from.partition
    this.pieces = pieces
    this.nextOffset = nextOffset
    this.highWatermark = highWatermark
    let count = 0
    for (const piece of pieces) count += piece.count
    this.count = count
  }

  [Symbol.iterator](): Iterator<ConsumerRecord> {
    return new PieceReader(this)
  }
}

/** Goes through pieces in order; by hand, as this is the loop of every consumer. */
class PieceReader implements IterableIterator<ConsumerRecord> {
  readonly #records: FetchedRecords
  #next = 0
  #piece: Piece | undefined
  #reader: Iterator<LogRecord> | undefined
  #left = 0

  constructor(records: FetchedRecords) {
    this.#records = records
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<ConsumerRecord, undefined> {
    while (this.#left === 0) if (!this.#open()) return { done: true, value: undefined }
    const { topic, partition } = this.#records
    const next = this.#reader!.next()
    if (next.done === true) {
      this.#left = 0
      return this.next()
    }
    const record = new ReadRecord(topic, partition, this.#piece!.source.leaderEpoch, next.value)
    if (--this.#left === 0) this.#piece!.source.park(this.#reader!, this.#piece!.end)
    return { done: false, value: record }
  }

  #open(): boolean {
    const piece = this.#records.pieces[this.#next]
    if (piece === undefined) return false
    this.#next++
    this.#piece = piece
    this.#reader = piece.source.readerAt(piece.start)
    this.#left = piece.count
    return true
  }
}
