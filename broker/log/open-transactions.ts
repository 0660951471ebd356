interface Completed {
  readonly firstOffset: number
  /** Offset of the marker. */
  readonly lastOffset: number
}

/**
 * The transactions of one log that keep readers of committed data back: those without a marker, and those whose marker
 * is not below the high watermark yet.
 */
export class OpenTransactions {
  /** First offset to producer id; in the order of the offsets, because transactions begin at the end of the log. */
  readonly #undecided = new Map<number, number>()
  #completed: Completed[] = []
  /** The first offset that is not settled; Infinity when all are. */
  firstUnstableOffset = Number.POSITIVE_INFINITY

  begin(producerId: number, firstOffset: number): void {
    this.#undecided.set(firstOffset, producerId)
    this.#find()
  }

  /** A marker at `lastOffset` ended the transaction that began at `firstOffset`. Returns the first offset still undecided. */
  complete(firstOffset: number, lastOffset: number): number {
    this.#undecided.delete(firstOffset)
    this.#completed.push({ firstOffset, lastOffset })
    this.#find()
    return this.#firstUndecided() ?? lastOffset + 1
  }

  /** Readers may see what lies below: transactions whose markers do are settled. */
  highWatermarkMoved(highWatermark: number): void {
    if (this.#completed.length === 0) return
    this.#completed = this.#completed.filter((each) => each.lastOffset >= highWatermark)
    this.#find()
  }

  clear(): void {
    this.#undecided.clear()
    this.#completed = []
    this.#find()
  }

  #firstUndecided(): number | undefined {
    return this.#undecided.keys().next().value
  }

  #find(): void {
    let first = this.#firstUndecided() ?? Number.POSITIVE_INFINITY
    for (const { firstOffset } of this.#completed) if (firstOffset < first) first = firstOffset
    this.firstUnstableOffset = first
  }
}
