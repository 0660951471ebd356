import { type OffsetQuery, partitionKey } from '#core/client/client.ts'
import { askLeaders, byTopic } from '#core/client/cluster/by-leader.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import { refusal } from '#core/client/errors.ts'
import { listOffsets } from '#core/wire/api/02-list-offsets.ts'

/** An offset with the time of its record and the leader epoch that wrote it; -1 each when there is none. */
export interface FoundOffset {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

/** Kafka's numbers in place of a timestamp. */
export const offsetSpecials = { latest: -1, earliest: -2, maxTimestamp: -3 } as const

/** Versions below this know no -3. */
const maxTimestampVersion = 7

/** Asks the leaders for offsets by timestamp or special number. Under read_committed "latest" is the last stable offset. */
export function queryOffsets(
  cluster: Cluster,
  queries: readonly OffsetQuery[],
  isolationLevel: 0 | 1 = 0,
): Promise<Map<string, FoundOffset>> {
  return askLeaders<OffsetQuery, FoundOffset>(cluster, queries, async (broker, partitions) => {
    const topics = byTopic(partitions, ({ topic, partition, timestamp }) => ({
      partitionIndex: partition,
      currentLeaderEpoch: cluster.metadata.leader(topic, partition)?.epoch ?? -1,
      timestamp,
    }))
    const answer = await cluster.send(broker, listOffsets, (version) => {
      if (version < maxTimestampVersion && partitions.some(({ timestamp }) => timestamp < offsetSpecials.earliest)) {
        throw new RangeError(`ListOffsets version ${version} has no timestamp below ${offsetSpecials.earliest}`)
      }
      return {
        replicaId: -1,
        ...(version >= 2 ? { isolationLevel } : {}),
        topics: topics.map(({ topic, entries }) => ({ name: topic, partitions: entries })),
        timeoutMs: cluster.options.requestTimeoutMs,
      }
    })
    return answer.topics.flatMap(({ name, partitions: found }) =>
      found.map(({ partitionIndex, errorCode, offset, timestamp, leaderEpoch }) => {
        const key = partitionKey({ topic: name, partition: partitionIndex })
        return [
          key,
          errorCode === 0 ? { offset, timestamp, leaderEpoch } : refusal(errorCode, `offsets of ${key}`),
        ] as const
      }),
    )
  })
}
