import { ProtocolError } from '#core/wire/errors.ts'

import type { MetadataImage } from './controller/image.ts'
import type { OffsetsPartitions, Topics } from './coordinator/ports.ts'
import { offsetsTopic } from './publisher.ts'
import type { Partitions } from './replication/partitions.ts'

/** `__consumer_offsets` as the group coordinator wants it: an append is done when it may be acknowledged. */
export function offsetsPartitions(image: MetadataImage, partitions: Partitions): OffsetsPartitions {
  const partitionAt = (index: number) => {
    const partition = partitions.get(offsetsTopic, index)
    if (partition === undefined) throw new ProtocolError('NOT_LEADER_OR_FOLLOWER')
    return partition
  }
  return {
    get count() {
      return image.topics.get(offsetsTopic)?.partitions.length ?? 0
    },
    get maxBatchBytes() {
      return partitions.get(offsetsTopic, 0)?.log.config['max.message.bytes'] ?? 1_048_588
    },
    append(index, batches) {
      const { log } = partitionAt(index)
      const { lastOffset } = partitionAt(index).append(batches, 'coordinator')
      if (log.durableEndOffset <= lastOffset) return log.durable(lastOffset + 1)
    },
    read: (index) => partitionAt(index).log.scan(),
  }
}

/** The topics as the group coordinator asks for them. */
export const topicsOf = (image: MetadataImage): Topics => ({
  partitionCount: (name) => image.topics.get(name)?.partitions.length,
  topicId: (name) => image.topics.get(name)?.id,
  topicName: (id) => image.topicsById.get(id)?.name,
  names: () => image.topics.keys(),
  racks: (name) =>
    image.topics
      .get(name)
      ?.partitions.map(({ replicas }) => replicas.flatMap((id) => image.brokers.get(id)?.rack ?? [])),
})
