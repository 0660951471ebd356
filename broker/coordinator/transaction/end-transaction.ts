import type { ErrorName } from '#core/wire/errors.ts'
import type { Decision, KnownId, ProducerIdentity } from './known-id.ts'
import {
  type Transaction,
  type Transition,
  epochBumpVersion,
  highestEpoch,
  isExhausted,
  isPrepared,
} from './transaction.ts'

/** How a transaction is to end, and by whose wish. */
export interface Ending {
  readonly committed: boolean
  readonly nowMs: number
  /** The transaction.version by which the client speaks: 2 from EndTxn 5 on, else 0. */
  readonly clientVersion: number
  /** A producer id that nobody has, for when the epochs of the present one are used up. */
  readonly freshProducerId: number
}

/** True when the end may have to take a new producer id. */
export const needsProducerId = (known: KnownId, clientVersion: number): boolean =>
  clientVersion >= epochBumpVersion && isExhausted(known.current.producerEpoch)

/** Decides on an EndTxn. With NONE the transaction ended as asked before, and the answer is that of the first time. */
export function end(known: KnownId, producer: ProducerIdentity, asked: Ending): Decision {
  return asked.clientVersion >= epochBumpVersion ? endV2(known, producer, asked) : endV1(known, producer, asked)
}

function endV1(known: KnownId, producer: ProducerIdentity, asked: Ending): Decision {
  const { current } = known
  if (current.producerId !== producer.producerId) return 'INVALID_PRODUCER_ID_MAPPING'
  if (current.producerEpoch !== producer.producerEpoch) return 'PRODUCER_FENCED'
  if (known.pending !== undefined) return 'CONCURRENT_TRANSACTIONS'
  switch (current.state) {
    case 'Ongoing':
      return prepareV1(known, asked)
    case 'CompleteCommit':
      return asked.committed ? 'NONE' : 'INVALID_TXN_STATE'
    case 'CompleteAbort':
      return asked.committed ? 'INVALID_TXN_STATE' : 'NONE'
    default:
      return whileEnding(current, asked)
  }
}

/** Under transactions v2 an epoch is one transaction, so the epoch tells a repetition from the next transaction's end. */
function endV2(known: KnownId, producer: ProducerIdentity, asked: Ending): Decision {
  const { current } = known
  const { producerId, producerEpoch } = producer
  const repeatsOverflow =
    current.previousProducerId === producerId && producerEpoch === highestEpoch - 1 && current.producerEpoch === 0
  const repeats = repeatsOverflow || current.producerEpoch === producerEpoch + 1
  if (known.pending !== undefined) return 'CONCURRENT_TRANSACTIONS'
  if (current.producerId !== producerId && !repeatsOverflow) return 'INVALID_PRODUCER_ID_MAPPING'
  if (!isEpochOf(current, producerEpoch, repeats, repeatsOverflow)) return 'PRODUCER_FENCED'
  switch (current.state) {
    case 'Ongoing':
      return prepareV2(known, asked, current.startMs)
    case 'Empty':
      return asked.committed ? 'INVALID_TXN_STATE' : prepareV2(known, asked, asked.nowMs)
    case 'CompleteCommit':
      if (asked.committed) return repeats ? 'NONE' : 'INVALID_TXN_STATE'
      // A producer may abort what it never sent anything for.
      return repeats ? 'INVALID_TXN_STATE' : prepareV2(known, asked, asked.nowMs)
    case 'CompleteAbort':
      if (asked.committed) return 'INVALID_TXN_STATE'
      return repeats ? 'NONE' : prepareV2(known, asked, asked.nowMs)
    default:
      return whileEnding(current, asked)
  }
}

function isEpochOf(current: Transaction, epoch: number, repeats: boolean, repeatsOverflow: boolean): boolean {
  if (isPrepared(current.state)) return repeats && !repeatsOverflow
  if (current.state === 'Empty' || current.state === 'Ongoing') return epoch === current.producerEpoch
  return repeats || epoch === current.producerEpoch
}

function whileEnding(current: Transaction, asked: Ending): ErrorName {
  const same = current.state === (asked.committed ? 'PrepareCommit' : 'PrepareAbort')
  return same ? 'CONCURRENT_TRANSACTIONS' : 'INVALID_TXN_STATE'
}

/**
 * Ends an open transaction without its producer: it was silent for too long, or somebody else took its transactional id.
 * The epoch goes up, so that whoever still uses the old one is fenced off. `clientVersion` is the cluster's
 * transaction.version.
 */
export function fence(known: KnownId, ending: Omit<Ending, 'committed'>): Transition {
  const asked = { ...ending, committed: false }
  if (asked.clientVersion >= epochBumpVersion) return prepareV2(known, asked, known.current.startMs)
  const { to } = prepareV1(known, asked)
  return { to: { ...to, producerEpoch: Math.min(to.producerEpoch + 1, highestEpoch) }, lastProducerEpoch: -1 }
}

function prepareV1({ current, lastProducerEpoch }: KnownId, asked: Ending): Transition {
  const to: Transaction = {
    ...current,
    previousProducerId: current.producerId,
    nextProducerId: -1,
    state: asked.committed ? 'PrepareCommit' : 'PrepareAbort',
    lastUpdateMs: asked.nowMs,
    clientVersion: 0,
  }
  return { to, lastProducerEpoch }
}

function prepareV2(known: KnownId, asked: Ending, startMs: number): Transition {
  const { producerEpoch } = known.current
  const to: Transaction = {
    ...prepareV1(known, asked).to,
    nextProducerId: isExhausted(producerEpoch) ? asked.freshProducerId : -1,
    producerEpoch: Math.min(producerEpoch + 1, highestEpoch),
    startMs,
    clientVersion: asked.clientVersion,
  }
  return { to, lastProducerEpoch: producerEpoch }
}
