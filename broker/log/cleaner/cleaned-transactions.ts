import type { RecordBatch } from '#core/records/batch.ts'

import type { AbortedTransaction } from '../transaction-index.ts'
import { markerOf } from '../transaction-marker.ts'

interface Aborted {
  readonly entry: AbortedTransaction
  /** A batch of it was met, so its marker is still needed. */
  hasBatches: boolean
}

/** Which transaction each batch belongs to, while a log is read from its beginning on. */
export class CleanedTransactions {
  /** Those that begin further on, by their first offset. */
  #ahead: AbortedTransaction[] = []
  readonly #aborted = new Map<number, Aborted>()
  readonly #committed = new Set<number>()
  readonly #keep: (entry: AbortedTransaction) => void

  /** `keep` hears of aborted transactions that still have batches: they need their entry in the index. */
  constructor(keep: (entry: AbortedTransaction) => void = () => {}) {
    this.#keep = keep
  }

  /** Aborted transactions of the part that is read next. */
  add(entries: readonly AbortedTransaction[]): void {
    if (entries.length === 0) return
    this.#ahead = [...this.#ahead, ...entries].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Counts in the next batch; true when nothing in it is needed any more. */
  read(batch: RecordBatch): boolean {
    this.#reach(batch.lastOffset)
    return batch.isControl ? this.#readMarker(batch) : this.#readData(batch)
  }

  #readData(batch: RecordBatch): boolean {
    if (!batch.isTransactional) return false
    const aborted = this.#aborted.get(batch.producerId)
    if (aborted) aborted.hasBatches = true
    else this.#committed.add(batch.producerId)
    return aborted !== undefined
  }

  #readMarker(batch: RecordBatch): boolean {
    const marker = markerOf(batch)
    // One whose record was taken out before.
    if (marker === undefined) return batch.recordCount === 0
    const { producerId } = batch
    if (!marker.aborts) return !this.#committed.delete(producerId)
    const aborted = this.#aborted.get(producerId)
    this.#aborted.delete(producerId)
    if (!aborted?.hasBatches) return true
    this.#keep(aborted.entry)
    return false
  }

  #reach(offset: number): void {
    let reached = 0
    for (const entry of this.#ahead) {
      if (entry.firstOffset > offset) break
      reached++
      // A transaction over several segments is named by each of them.
      if (!this.#aborted.has(entry.producerId)) this.#aborted.set(entry.producerId, { entry, hasBatches: false })
    }
    if (reached > 0) this.#ahead.splice(0, reached)
  }
}
