import { BatchSource } from '#core/client/consumer/batch-source.ts'
import { batches, type RecordBatch } from '#core/records/batch.ts'

/** A transaction that was aborted: of this producer, from this offset to its abort marker. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** What a fetch of one partition brought: batches to hand out, and where the next fetch goes on. */
export interface VisibleBatches {
  readonly sources: BatchSource[]
  readonly nextOffset: number
}

/**
 * Finds the batches of `records` that an application may see from `position` on: not those before it, which a broker
 * sends because it reads whole batches, no control batches, and none of aborted transactions (`aborted` is null when
 * the consumer reads uncommitted). Looks at headers only.
 */
export function visibleBatches(
  records: Buffer,
  position: number,
  aborted: readonly AbortedTransaction[] | null,
): VisibleBatches {
  const sources: BatchSource[] = []
  let nextOffset = position
  const open = new AbortedProducers(aborted ?? [])
  for (const batch of batches(records)) {
    const last = batch.lastOffset
    if (last < position) continue
    nextOffset = last + 1
    const hidden = aborted !== null && open.hides(batch, last)
    if (!batch.isControl && !hidden && batch.recordCount > 0) sources.push(new BatchSource(batch, position))
  }
  return { sources, nextOffset }
}

/** Follows the list of aborted transactions along the log: each begins at an offset and ends with its abort marker. */
class AbortedProducers {
  readonly #coming: AbortedTransaction[]
  readonly #open = new Set<number>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#coming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  hides(batch: RecordBatch, lastOffset: number): boolean {
    while (this.#coming.length > 0 && this.#coming[0]!.firstOffset <= lastOffset)
      this.#open.add(this.#coming.shift()!.producerId)
    const { producerId } = batch
    if (batch.isControl) {
      if (isAbortMarker(batch)) this.#open.delete(producerId)
      return true
    }
    return batch.isTransactional && this.#open.has(producerId)
  }
}

/** The key of a control record: version int16, type int16; type 0 is abort, 1 commit. */
function isAbortMarker(batch: RecordBatch): boolean {
  for (const { key } of batch.records()) return key !== null && key.length >= 4 && key.readInt16BE(2) === 0
  return false
}
