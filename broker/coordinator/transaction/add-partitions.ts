import type { ErrorName } from '#core/wire/errors.ts'
import type { Decision, KnownId, ProducerIdentity } from './known-id.ts'
import { type PartitionSets, addPartitions, includesAll, isPrepared } from './transaction.ts'

/** Decides on adding partitions to a transaction; the first ones begin it. */
export function add(
  known: KnownId,
  producer: ProducerIdentity,
  partitions: PartitionSets,
  nowMs: number,
  clientVersion: number,
): Decision {
  const { current } = known
  if (known.pending !== undefined) return 'CONCURRENT_TRANSACTIONS'
  if (current.producerId !== producer.producerId) return 'INVALID_PRODUCER_ID_MAPPING'
  if (current.producerEpoch !== producer.producerEpoch) return 'PRODUCER_FENCED'
  if (isPrepared(current.state)) return 'CONCURRENT_TRANSACTIONS'
  if (current.state === 'Ongoing' && includesAll(current.partitions, partitions)) return 'NONE'
  return addPartitions(current, known.lastProducerEpoch, partitions, nowMs, clientVersion)
}

/**
 * Whether a producer may write to a partition inside its open transaction. A change that is on its way does not matter:
 * the log looks again when it appends.
 */
export function verify(known: KnownId, producer: ProducerIdentity, topic: string, index: number): ErrorName {
  const { current } = known
  if (current.producerId !== producer.producerId) return 'INVALID_PRODUCER_ID_MAPPING'
  if (current.producerEpoch !== producer.producerEpoch) return 'PRODUCER_FENCED'
  if (isPrepared(current.state)) return 'CONCURRENT_TRANSACTIONS'
  return current.partitions.get(topic)?.has(index) === true ? 'NONE' : 'TRANSACTION_ABORTABLE'
}
