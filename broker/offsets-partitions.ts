import { ProtocolError } from '#core/wire/errors.ts'

import type { MetadataImage } from './controller/image.ts'
import type { OffsetsPartitions, Topics } from './coordinator/ports.ts'
import type { TransactionPartitions } from './coordinator/transaction/ports.ts'
import { offsetsTopic, transactionsTopic } from './coordinator/topics.ts'
import type { Partitions } from './replication/partitions.ts'

/** `__consumer_offsets` as the group coordinator wants it: an append is done when it may be acknowledged. */
export const offsetsPartitions = (image: MetadataImage, partitions: Partitions): OffsetsPartitions =>
  coordinatorPartitions(offsetsTopic, image, partitions)

/** `__transaction_state` as the transaction coordinator wants it. */
export const transactionPartitions = (image: MetadataImage, partitions: Partitions): TransactionPartitions =>
  coordinatorPartitions(transactionsTopic, image, partitions)

function coordinatorPartitions(topic: string, image: MetadataImage, partitions: Partitions): TransactionPartitions {
  const partitionAt = (index: number) => {
    const partition = partitions.get(topic, index)
    if (partition === undefined) throw new ProtocolError('NOT_LEADER_OR_FOLLOWER')
    return partition
  }
  return {
    get count() {
      return image.topics.get(topic)?.partitions.length ?? 0
    },
    get maxBatchBytes() {
      return partitions.get(topic, 0)?.log.config['max.message.bytes'] ?? 1_048_588
    },
    append(index, batches, transactionVersion) {
      const partition = partitionAt(index)
      const { log } = partition
      const { lastOffset } = partition.append(batches, 'coordinator', transactionVersion)
      if (log.durableEndOffset <= lastOffset) return log.durable(lastOffset + 1)
    },
    read: (index) => partitionAt(index).log.scan(),
    leaderEpoch: (index) => partitionAt(index).leaderEpoch,
  }
}

/** The topics as the group coordinator asks for them. */
export const topicsOf = (image: MetadataImage): Topics => ({
  partitionCount: (name) => image.topics.get(name)?.partitions.length,
  topicId: (name) => image.topics.get(name)?.id,
  topicName: (id) => image.topicsById.get(id)?.name,
  names: () => image.topics.keys(),
  version: () => image.offset,
  racks: (name) =>
    image.topics
      .get(name)
      ?.partitions.map(({ replicas }) => replicas.flatMap((id) => image.brokers.get(id)?.rack ?? [])),
})
