import { partitionKey, type TopicPartition } from '#core/client/client.ts'
import { clientErrors } from '#core/client/errors.ts'
import type { Piece } from '#core/client/consumer/batch-source.ts'
import { FetchedRecords } from '#core/client/consumer/fetched-records.ts'
import type { VisibleBatches } from '#core/client/consumer/visible-batches.ts'

/** An answer of a fetch that waits to be handed out, or an error that waits for its turn. */
type Buffered =
  | (VisibleBatches & { readonly bytes: number; readonly highWatermark: number })
  | { readonly error: Error; readonly bytes: 0 }

/** Answers that may wait per partition: one is handed out while the next is fetched. */
const answersAhead = 2

/** A partition that is being read: where the application stands, and what was fetched ahead of it. */
export class AssignedPartition implements TopicPartition {
  readonly topic: string
  readonly partition: number
  readonly key: string
  paused = false
  /** Under way in a fetch. */
  fetching = false
  /** No fetch before, on the monotonic clock. */
  retryAtMs = 0
  /** Set when the position has to be found first: the committed one, or by resetting. */
  wanted: 'committed' | 'reset' | undefined = 'committed'
  /** Leader epoch of the record before the position, -1 when unknown. */
  leaderEpoch = -1
  highWatermark = -1
  bufferedBytes = 0
  /** Rises with each seek: answers to older fetches do not count. */
  #round = 0
  #position = 0
  #fetchOffset = 0
  #buffered: Buffered[] = []

  constructor({ topic, partition }: TopicPartition) {
    this.topic = topic
    this.partition = partition
    this.key = partitionKey(this)
  }

  /** Offset of the next record to hand out; undefined while it is not known. */
  get position(): number | undefined {
    return this.wanted === undefined ? this.#position : undefined
  }

  get round(): number {
    return this.#round
  }

  /** Where the next fetch goes on: behind all that is buffered. */
  get fetchOffset(): number {
    return this.#fetchOffset
  }

  get hasBuffered(): boolean {
    return this.#buffered.length > 0
  }

  wantsFetch(now: number): boolean {
    if (this.wanted !== undefined || this.paused || this.fetching || this.retryAtMs > now) return false
    const last = this.#buffered.at(-1)
    return last === undefined || (this.#buffered.length < answersAhead && !('error' in last))
  }

  seek(offset: number, leaderEpoch = -1): void {
    this.#round++
    this.wanted = undefined
    this.#position = offset
    this.#fetchOffset = offset
    this.leaderEpoch = leaderEpoch
    this.retryAtMs = 0
    this.#drop()
  }

  /** Forgets the position until it is found by the reset policy. */
  requireReset(): void {
    this.#round++
    this.wanted = 'reset'
    this.#drop()
  }

  buffer(answer: VisibleBatches, bytes: number, highWatermark: number): void {
    this.#fetchOffset = answer.nextOffset
    this.highWatermark = highWatermark
    if (answer.sources.length === 0 && this.#buffered.length === 0) {
      this.#position = answer.nextOffset
      return
    }
    this.#buffered.push({ ...answer, bytes, highWatermark })
    this.bufferedBytes += bytes
  }

  bufferError(error: Error): void {
    this.#buffered.push({ error, bytes: 0 })
  }

  /** What keeps the next records from being handed out: an error of a fetch, or a batch that is damaged. */
  get problem(): Error | undefined {
    const head = this.#buffered[0]
    if (head === undefined) return undefined
    if ('error' in head) return head.error
    const source = head.sources[0]
    if (source === undefined || source.isSound()) return undefined
    return clientErrors.BATCH_CORRUPT({ offset: source.batch.baseOffset, partition: this.key })
  }

  /** Forgets an error of a fetch, so that the fetch is tried again; a damaged batch stays until somebody seeks past it. */
  dismissError(): void {
    const head = this.#buffered[0]
    if (head !== undefined && 'error' in head) this.#buffered.shift()
  }

  /** Hands out up to `most` records, as far as the next problem, and moves the position behind them. */
  take(most: number): FetchedRecords | undefined {
    const pieces: Piece[] = []
    let left = most
    while (left > 0 && this.problem === undefined) {
      const head = this.#buffered[0]
      if (head === undefined || 'error' in head) break
      const source = head.sources[0]
      if (source !== undefined) {
        const piece = source.take(left)
        pieces.push(piece)
        left -= piece.count
        this.#position = piece.end
        this.leaderEpoch = source.leaderEpoch
        if (source.from >= source.endOffset) head.sources.shift()
      }
      if (head.sources.length > 0) continue
      // What follows the last visible batch of an answer is hidden: the position passes it at once.
      this.#position = head.nextOffset
      this.bufferedBytes -= head.bytes
      this.#buffered.shift()
    }
    return pieces.length === 0 ? undefined : new FetchedRecords(this, pieces, this.#position, this.highWatermark)
  }

  #drop(): void {
    this.#buffered = []
    this.bufferedBytes = 0
  }
}
