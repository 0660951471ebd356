import type { Timer } from '#core/ports/timers.ts'
import type { KnownId } from './known-id.ts'
import type { TransactionMarker, TransactionPorts } from './ports.ts'

/** The pause before what could not be written is tried again, ms. */
const retryMs = 100

/**
 * Writes the markers of transactions whose end is decided, each until it is in its log: the decision is in the log of
 * the coordinator, so there is no way back.
 */
export class MarkerWriter {
  readonly #ports: TransactionPorts
  readonly #retries = new Set<Timer>()
  #isClosed = false

  constructor(ports: TransactionPorts) {
    this.#ports = ports
  }

  /** Writes the markers of a prepared transaction; `done` is called when the last of them is in its log. */
  write(known: KnownId, coordinatorEpoch: number, done: () => void): void {
    const { current } = known
    const { producerId, producerEpoch, clientVersion: version } = current
    const committed = current.state === 'PrepareCommit'
    const marker = { producerId, producerEpoch, committed, coordinatorEpoch, version }
    let missing = 1
    const one = (): void => {
      if (--missing === 0) done()
    }
    for (const [topic, indexes] of current.partitions) {
      missing += indexes.size
      for (const index of indexes) this.#one(known.transactionalId, topic, index, marker, one)
    }
    one()
  }

  /** Tries `work` again after a pause, unless the writer is closed before. */
  later(work: () => void): void {
    if (this.#isClosed) return
    const timer = this.#ports.timers.after(retryMs, () => {
      this.#retries.delete(timer)
      work()
    })
    this.#retries.add(timer)
  }

  close(): void {
    this.#isClosed = true
    for (const timer of this.#retries) timer.cancel()
    this.#retries.clear()
  }

  #one(transactionalId: string, topic: string, partition: number, marker: TransactionMarker, done: () => void): void {
    this.#ports.writeMarker(topic, partition, marker, (problem) => {
      if (this.#isClosed) return
      switch (problem) {
        case 'NONE':
        // A partition that was deleted has nothing left to be committed or aborted.
        case 'UNKNOWN_TOPIC_OR_PARTITION':
          return done()
        case 'INVALID_PRODUCER_EPOCH':
        case 'TRANSACTION_COORDINATOR_FENCED':
          // Somebody newer wrote there; the transaction stays as it is until the next start looks at it again.
          return this.#ports.log('error', 'a partition refuses the end of a transaction', {
            transactionalId,
            topic,
            partition,
            problem,
          })
        default:
          this.later(() => this.#one(transactionalId, topic, partition, marker, done))
      }
    })
  }
}
