import type { Clock } from '#core/ports/clock.ts'
import type { Timers } from '#core/ports/timers.ts'
import type { Log } from '#core/telemetry/log.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import type { OffsetsPartitions } from '../ports.ts'
import type { TransactionSettings } from './config.ts'

/** How a producer's transaction ended, as it is written into every partition that the transaction wrote to. */
export interface TransactionMarker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly committed: boolean
  /** Leader epoch of the partition of `__transaction_state` that decided: markers of a former coordinator are refused. */
  readonly coordinatorEpoch: number
  /** The transaction.version of the transaction; from 2 on the epoch is one above that of the transaction's batches. */
  readonly version: number
}

/** The log of `__transaction_state` as the coordinator needs it. */
export interface TransactionPartitions extends OffsetsPartitions {
  leaderEpoch(partition: number): number
}

/** Everything that the coordinator needs of the world. */
export interface TransactionPorts {
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly config: TransactionSettings
  readonly partitions: TransactionPartitions
  /** The finalized level of transaction.version. */
  transactionVersion(): number
  /** A producer id that was never given to anybody. */
  nextProducerId(): number | Promise<number>
  /** Appends a marker; `done` hears NONE when it is in the log. */
  writeMarker(topic: string, partition: number, marker: TransactionMarker, done: (problem: ErrorName) => void): void
  /** Runs a call when this turn of the loop is over, for group commit; `setImmediate` when absent. */
  readonly defer?: (call: () => void) => void
}
