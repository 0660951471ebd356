import type { LogRecord } from '#core/records/record.ts'
import type { RecordBatch } from '#core/records/batch.ts'

/**
 * A fetched batch that is handed out in one or several pieces. Pieces are normally read one after another, so the place
 * where the last one stopped is kept: a batch is unpacked and gone through once, however many polls share it.
 */
export class BatchSource {
  readonly batch: RecordBatch
  readonly leaderEpoch: number
  readonly endOffset: number
  /** Offset from which the batch is not handed out yet. */
  from: number
  readonly #dense: boolean
  readonly #count: number
  readonly #first: number
  #checked = false
  #parked: { readonly reader: Iterator<LogRecord>; readonly at: number } | undefined
  #offsets: readonly number[] | undefined

  constructor(batch: RecordBatch, from: number) {
    this.batch = batch
    this.leaderEpoch = batch.partitionLeaderEpoch
    this.#first = batch.baseOffset
    this.endOffset = this.#first + batch.lastOffsetDelta + 1
    this.#count = batch.recordCount
    // Compaction leaves gaps; then only reading tells how many records lie behind an offset.
    this.#dense = this.#count === this.endOffset - this.#first
    this.from = Math.max(from, this.#first)
  }

  /** True when its bytes match its checksum; reads them once. */
  isSound(): boolean {
    this.#checked ||= this.batch.isCrcValid()
    return this.#checked
  }

  /** Records from `from` on. */
  get left(): number {
    if (this.from === this.#first) return this.#count
    return this.#dense ? this.endOffset - this.from : this.#left().length
  }

  /** Marks up to `count` records as handed out. */
  take(count: number): Piece {
    const start = this.from
    const taken = Math.min(count, this.left)
    this.from = taken === this.left ? this.endOffset : this.#dense ? start + taken : this.#left()[taken]!
    return { source: this, start, end: this.from, count: taken }
  }

  /** A reader whose next record is the first one at or behind `offset`. */
  readerAt(offset: number): Iterator<LogRecord> {
    if (this.#parked?.at === offset) {
      const { reader } = this.#parked
      this.#parked = undefined
      return reader
    }
    const reader = this.batch.records()
    return offset <= this.#first ? reader : skipTo(reader, offset)
  }

  /** Keeps a reader whose next record is the one at `at` for the piece that follows. */
  park(reader: Iterator<LogRecord>, at: number): void {
    if (at < this.endOffset) this.#parked = { reader, at }
  }

  #left(): readonly number[] {
    this.#offsets ??= [...this.batch.records()].map(({ offset }) => offset)
    return this.#offsets.filter((offset) => offset >= this.from)
  }
}

/** A run of records of one batch: `count` of them, with offsets from `start` to before `end`. */
export interface Piece {
  readonly source: BatchSource
  readonly start: number
  readonly end: number
  readonly count: number
}

function skipTo(reader: Iterator<LogRecord>, offset: number): Iterator<LogRecord> {
  for (;;) {
    const next = reader.next()
    if (next.done === true) return reader
    if (next.value.offset >= offset) return pushedBack(next, reader)
  }
}

function pushedBack(first: IteratorResult<LogRecord>, rest: Iterator<LogRecord>): Iterator<LogRecord> {
  let given = false
  return {
    next() {
      if (given) return rest.next()
      given = true
      return first
    },
  }
}
