import { offsetForLeaderEpoch } from '#core/wire/api/23-offset-for-leader-epoch.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import { checkLeaderEpoch } from './01-fetch.ts'
import { codeOf } from './failure.ts'
import { demand, mayOnCluster } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Tells where an epoch ended in the log, so that readers can find what they must throw away.
 * Versions 2-4. Kept: the largest epoch not above the one asked for, -1 when there is none. Left out: nothing.
 */
export const offsetForLeaderEpochHandler = serve(offsetForLeaderEpoch, {
  versions: '2-4',
  handle: (node, request, call) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((asked) => {
        try {
          if (!mayOnCluster(node, call.client, 'CLUSTER_ACTION')) demand(node, call.client, 'DESCRIBE', 'TOPIC', topic)
          const partition = node.partitions.get(topic, asked.partition)
          if (partition === undefined) throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION')
          checkLeaderEpoch(partition, asked.currentLeaderEpoch)
          const { epoch, endOffset } = partition.log.endOffsetForEpoch(asked.leaderEpoch)
          return { errorCode: 0, partition: asked.partition, leaderEpoch: epoch, endOffset }
        } catch (error) {
          return { errorCode: codeOf(node, 'OffsetForLeaderEpoch', error), partition: asked.partition }
        }
      }),
    })),
  }),
})
