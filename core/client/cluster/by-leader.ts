import { partitionKey, type TopicPartition } from '#core/client/client.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import { clientErrors, isRetriable } from '#core/client/errors.ts'

/** What one broker said about the partitions it was asked for: a result or an error each. */
export type Answers<R> = Iterable<readonly [key: string, answer: R | Error]>

/**
 * Asks the leaders of many partitions, all brokers at once, and again for those partitions whose answer was retriable,
 * after fresh metadata. Resolves when every partition has its result; rejects with the first error that is final.
 */
export async function askLeaders<P extends TopicPartition, R>(
  cluster: Cluster,
  partitions: readonly P[],
  ask: (broker: number, partitions: readonly P[]) => Promise<Answers<R>>,
): Promise<Map<string, R>> {
  const results = new Map<string, R>()
  const open = new Map(partitions.map((partition) => [partitionKey(partition), partition]))
  const topics = new Set(partitions.map(({ topic }) => topic))
  await cluster.retrying(
    async () => {
      if ([...topics].some((topic) => cluster.metadata.topic(topic) === undefined)) await cluster.refresh(topics)
      const byBroker = new Map<number, P[]>()
      let failure: Error | undefined
      for (const partition of open.values()) {
        const leader = cluster.metadata.leader(partition.topic, partition.partition)
        if (leader === undefined) failure ??= missing(cluster, partition)
        else byBroker.set(leader.leader, [...(byBroker.get(leader.leader) ?? []), partition])
      }
      const rounds = await Promise.allSettled([...byBroker].map(([broker, theirs]) => ask(broker, theirs)))
      for (const round of rounds) {
        if (round.status === 'rejected') {
          failure = pickWorse(failure, round.reason as Error)
          continue
        }
        for (const [key, answer] of round.value) {
          if (answer instanceof Error) {
            failure = pickWorse(failure, answer)
          } else {
            results.set(key, answer)
            open.delete(key)
          }
        }
      }
      if (failure !== undefined) throw failure
    },
    { topics },
  )
  return results
}

/** Partitions as the nested lists that requests want. */
export function byTopic<P extends TopicPartition, E>(
  partitions: Iterable<P>,
  entry: (partition: P) => E,
): { topic: string; entries: E[] }[] {
  const topics = new Map<string, E[]>()
  for (const partition of partitions) {
    const known = topics.get(partition.topic)
    if (known === undefined) topics.set(partition.topic, [entry(partition)])
    else known.push(entry(partition))
  }
  return [...topics].map(([topic, entries]) => ({ topic, entries }))
}

const pickWorse = (before: Error | undefined, next: Error): Error =>
  before === undefined || (isRetriable(before) && !isRetriable(next)) ? next : before

function missing(cluster: Cluster, { topic, partition }: TopicPartition): Error {
  const known = cluster.metadata.topic(topic)
  if (known !== undefined && partition >= known.partitions.length) {
    return clientErrors.PARTITION_MISSING({ topic, partition, count: known.partitions.length })
  }
  return clientErrors.LEADER_MISSING({ topic, partition })
}
