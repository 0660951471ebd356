import type { LogDirDescription } from '#core/client/client.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import { isTransient, refusal } from '#core/client/errors.ts'
import { describeLogDirs } from '#core/wire/api/35-describe-log-dirs.ts'
import { errorName } from '#core/wire/errors.ts'

/** The directories of every broker, each asked of itself. */
export function describe(cluster: Cluster): Promise<LogDirDescription[]> {
  return cluster.retrying(
    async () => {
      await cluster.refresh([])
      const answers = await Promise.all(
        [...cluster.metadata.brokers.keys()].map(async (broker) => {
          const answer = await cluster.send(broker, describeLogDirs, { topics: null })
          if (answer.errorCode !== 0) throw refusal(answer.errorCode, `log directories of broker ${broker}`)
          return answer.results.map((directory) => ({
            broker,
            path: directory.logDir,
            error: directory.errorCode === 0 ? undefined : errorName(directory.errorCode),
            totalBytes: directory.totalBytes,
            usableBytes: directory.usableBytes,
            replicas: directory.topics.flatMap(({ name, partitions }) =>
              partitions.map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }) => ({
                topic: name,
                partition: partitionIndex,
                sizeBytes: partitionSize,
                offsetLag,
                future: isFutureKey,
              })),
            ),
          }))
        }),
      )
      return answers.flat()
    },
    { retriable: isTransient },
  )
}
