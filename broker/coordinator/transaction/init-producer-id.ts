import type { Decision, KnownId, ProducerIdentity } from './known-id.ts'
import { type Transaction, isExhausted, isPrepared, noPartitions } from './transaction.ts'

/** An InitProducerId of a transactional producer. */
export interface Initialization {
  readonly timeoutMs: number
  /** What the producer believes to be, when it goes on after an error. */
  readonly expected: ProducerIdentity | undefined
  readonly nowMs: number
  /** A producer id that nobody has, for when the epochs of the present one are used up. */
  readonly freshProducerId: number
}

/** True when the initialization may have to take a new producer id. */
export const needsProducerId = (known: KnownId): boolean => isExhausted(known.current.producerEpoch)

/**
 * Decides on an InitProducerId. `fence`: a transaction is open and has to be aborted first, after which the client asks
 * again and gets an epoch of its own.
 */
export function initialize(known: KnownId, asked: Initialization): Decision | 'fence' {
  const { current, lastProducerEpoch } = known
  const { expected } = asked
  if (known.pending !== undefined) return 'CONCURRENT_TRANSACTIONS'
  if (expected !== undefined && !mayBe(expected, current)) return 'PRODUCER_FENCED'
  if (isPrepared(current.state)) return 'CONCURRENT_TRANSACTIONS'
  if (current.state === 'Ongoing') return 'fence'
  const to: Transaction = {
    ...current,
    previousProducerId: current.producerId,
    timeoutMs: asked.timeoutMs,
    state: 'Empty',
    partitions: noPartitions,
    startMs: -1,
    lastUpdateMs: asked.nowMs,
  }
  const present = current.producerEpoch
  if (isExhausted(present) && (expected === undefined || expected.producerEpoch === present)) {
    const lastEpoch = expected === undefined ? -1 : present
    return { to: { ...to, producerId: asked.freshProducerId, producerEpoch: 0 }, lastProducerEpoch: lastEpoch }
  }
  if (expected === undefined) return { to: { ...to, producerEpoch: present + 1 }, lastProducerEpoch: -1 }
  if (present === -1 || expected.producerEpoch === present) {
    return { to: { ...to, producerEpoch: present + 1 }, lastProducerEpoch: present }
  }
  // A repetition: somebody new would have made the last epoch unknown.
  if (expected.producerEpoch === lastProducerEpoch) return { to, lastProducerEpoch }
  return 'PRODUCER_FENCED'
}

/** Whether a producer may take itself for the owner of the id; the epoch is looked at later. */
function mayBe(expected: ProducerIdentity, current: Transaction): boolean {
  if (current.producerEpoch === -1 || expected.producerId === current.producerId) return true
  // It may have asked before, got a new producer id for its used up one, and never heard of it.
  return expected.producerId === current.previousProducerId && isExhausted(expected.producerEpoch)
}
