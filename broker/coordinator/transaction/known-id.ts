import type { ErrorName } from '#core/wire/errors.ts'
import type { Transaction, TransactionState, Transition } from './transaction.ts'

/** A transactional id as its coordinator knows it: what the log says, and what is on its way there. */
export interface KnownId {
  readonly transactionalId: string
  /** What the log says. */
  current: Transaction
  /** The state it is about to be in; while this is set, no other change may begin. */
  pending: TransactionState | undefined
  /** The epoch before `current.producerEpoch`, -1 when it is not known. */
  lastProducerEpoch: number
  /** Called once nothing is pending any more. */
  waiting: (() => void)[]
}

/**
 * What a request comes to: a change that is to be written down, or an error, or NONE when all is as the client wants it.
 * Deciding changes nothing.
 */
export type Decision = ErrorName | Transition

/** A producer as it names itself in its requests. */
export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}
