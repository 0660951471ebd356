import type { ErrorName } from '#core/wire/errors.ts'
import { replayLog } from '../loading.ts'
import { RecordWriter } from '../record-writer.ts'
import type { KnownId } from './known-id.ts'
import { MarkerWriter } from './markers.ts'
import type { TransactionPorts } from './ports.ts'
import { type TransactionRecord, decodeTransaction, encodeTransaction } from './records.ts'
import { type Transaction, type Transition, complete, isPrepared, newTransaction } from './transaction.ts'

type Done = (problem: ErrorName | null) => void

/** The transactional ids that one partition of `__transaction_state` keeps. */
export class TransactionShard {
  readonly ids = new Map<string, KnownId>()
  readonly partition: number
  isLoaded = false
  readonly #ports: TransactionPorts
  readonly #writer: RecordWriter<TransactionRecord>
  readonly #markers: MarkerWriter
  #isClosed = false

  constructor(ports: TransactionPorts, partition: number) {
    this.#ports = ports
    this.partition = partition
    this.#writer = new RecordWriter(ports, '__transaction_state', partition, encodeTransaction)
    this.#markers = new MarkerWriter(ports)
  }

  /** Replays the log; transactions whose end was decided are driven to it. */
  async load(): Promise<void> {
    await replayLog(this.#ports.partitions, this.partition, {
      record: (key, value) => {
        const record = decodeTransaction(key, value)
        if (record !== null) this.#replay(record.transactionalId, record.value)
      },
    })
    if (this.#isClosed) return
    this.isLoaded = true
    for (const known of this.ids.values()) if (isPrepared(known.current.state)) this.#finish(known)
  }

  /** Makes room for a transactional id that is about to be used for the first time. */
  create(transactionalId: string, producerId: number, timeoutMs: number): KnownId {
    const current = newTransaction(producerId, timeoutMs, this.#ports.clock.now())
    const known: KnownId = { transactionalId, current, pending: undefined, lastProducerEpoch: -1, waiting: [] }
    this.ids.set(transactionalId, known)
    return known
  }

  /** Writes a change down; it holds when `done` hears null. */
  run(known: KnownId, { to, lastProducerEpoch }: Transition, done: Done): void {
    known.pending = to.state
    const { transactionalId } = known
    this.#append({ transactionalId, value: to, version: this.#ports.transactionVersion() }, (problem) => {
      known.pending = undefined
      if (problem === null) {
        this.#replay(transactionalId, to)
        known.lastProducerEpoch = lastProducerEpoch
      } else if (known.current.producerEpoch === -1) {
        // Never initialized: nobody was told of it.
        this.ids.delete(transactionalId)
      }
      done(problem)
      if (known.pending === undefined) for (const settled of known.waiting.splice(0)) settled()
    })
  }

  /** Writes down how a transaction ends; `done` hears when that is decided, the markers come after. */
  end(known: KnownId, transition: Transition, done: Done): void {
    this.run(known, transition, (problem) => {
      done(problem)
      if (problem === null) this.#finish(known)
    })
  }

  /** Forgets a transactional id. */
  remove(known: KnownId): void {
    known.pending = 'Dead'
    const { transactionalId } = known
    this.#append({ transactionalId, value: null, version: 0 }, (problem) => {
      known.pending = undefined
      if (problem === null) this.#replay(transactionalId, null)
    })
  }

  /** Answers everybody who waits; what is half done goes on when the partition is loaded again. */
  close(): void {
    this.#isClosed = true
    this.isLoaded = false
    this.#markers.close()
    this.#writer.close()
    this.ids.clear()
  }

  #append(record: TransactionRecord, done: Done): void {
    try {
      this.#writer.append([record], done)
    } catch (error) {
      // An id that no record has room for, of which nothing may stay here.
      const { message } = error as Error
      this.#ports.log('error', 'a transactional id cannot be written down', { partition: this.partition, message })
      done('UNKNOWN_SERVER_ERROR')
    }
  }

  /** Writes the markers of a prepared transaction, then that it is complete. */
  #finish(known: KnownId): void {
    known.pending = known.current.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort'
    const coordinatorEpoch = this.#ports.partitions.leaderEpoch(this.partition)
    this.#markers.write(known, coordinatorEpoch, () => this.#complete(known))
  }

  #complete(known: KnownId): void {
    const transition = complete(known.current, known.lastProducerEpoch, this.#ports.clock.now())
    this.run(known, transition, (problem) => {
      if (problem === null || this.#isClosed) return
      known.pending = transition.to.state
      this.#markers.later(() => this.#complete(known))
    })
  }

  /** The only place where what is known of a transactional id changes. */
  #replay(transactionalId: string, value: Transaction | null): void {
    if (value === null) {
      this.ids.delete(transactionalId)
      return
    }
    const known = this.ids.get(transactionalId)
    if (known !== undefined) known.current = value
    else
      this.ids.set(transactionalId, {
        transactionalId,
        current: value,
        pending: undefined,
        lastProducerEpoch: -1,
        waiting: [],
      })
  }
}
