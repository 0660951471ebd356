import { partitionKey, type TopicPartitionOffset } from '#core/client/client.ts'
import { askLeaders, byTopic } from '#core/client/cluster/by-leader.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import { refusal } from '#core/client/errors.ts'
import { deleteRecords } from '#core/wire/api/21-delete-records.ts'

/** Deletes records before offsets (-1: all that are committed); resolves with the new first offsets by partition key. */
export function deleteBefore(cluster: Cluster, before: readonly TopicPartitionOffset[]): Promise<Map<string, number>> {
  return askLeaders<TopicPartitionOffset, number>(cluster, before, async (broker, partitions) => {
    const topics = byTopic(partitions, ({ partition, offset }) => ({ partitionIndex: partition, offset }))
    const answer = await cluster.send(broker, deleteRecords, {
      topics: topics.map(({ topic, entries }) => ({ name: topic, partitions: entries })),
      timeoutMs: cluster.options.requestTimeoutMs,
    })
    return answer.topics.flatMap(({ name, partitions: each }) =>
      each.map(({ partitionIndex, lowWatermark, errorCode }) => {
        const key = partitionKey({ topic: name, partition: partitionIndex })
        return [key, errorCode === 0 ? lowWatermark : refusal(errorCode, `deleting records of ${key}`)] as const
      }),
    )
  })
}
