interface Refused {
  readonly producerEpoch: number
  /** The lowest sequence that was refused. */
  readonly sequence: number
}

/** How many producers are remembered; the longest remembered one goes first. */
const maxProducers = 1000

/**
 * Batches of transactions that were not stored because the transaction was not found to be open. They come again, so none
 * with a higher sequence may be stored before: the log itself takes any sequence from a producer that it does not know.
 */
export class RefusedBatches {
  readonly #byProducer = new Map<number, Refused>()

  add(producerId: number, producerEpoch: number, sequence: number): void {
    const known = this.#byProducer.get(producerId)
    if (known !== undefined && known.producerEpoch > producerEpoch) return
    const lowest = known?.producerEpoch === producerEpoch ? Math.min(known.sequence, sequence) : sequence
    this.#byProducer.delete(producerId)
    this.#byProducer.set(producerId, { producerEpoch, sequence: lowest })
    if (this.#byProducer.size > maxProducers) this.#byProducer.delete(this.#byProducer.keys().next().value!)
  }

  /** True when an earlier batch of this producer has to be stored first. */
  isTooEarly(producerId: number, sequence: number): boolean {
    if (this.#byProducer.size === 0) return false
    const known = this.#byProducer.get(producerId)
    return known !== undefined && sequence > known.sequence
  }

  /** The producer is at it again, in order. */
  forget(producerId: number): void {
    if (this.#byProducer.size > 0) this.#byProducer.delete(producerId)
  }
}
