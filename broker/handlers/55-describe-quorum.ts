import { describeQuorum } from '#core/wire/api/55-describe-quorum.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { metadataTopic } from '../controller/metadata-log.ts'
import { onCluster } from './authorization.ts'
import { serve } from './handler.ts'

const unknownPartition = errorCodes.UNKNOWN_TOPIC_OR_PARTITION.code
const nobody = { leaderId: -1, leaderEpoch: -1, highWatermark: -1, currentVoters: [], observers: [] }

/**
 * Shows who votes over the metadata and how far each is: this node alone, which leads and has everything.
 * Versions 0-2. Kept: the address of its controller, at which nothing listens; one partition only, that of the metadata.
 * Left out: nothing.
 */
export const describeQuorumHandler = serve(describeQuorum, {
  versions: '0-2',
  requires: onCluster('DESCRIBE'),
  refuse: (_, errorCode) => ({ errorCode, errorMessage: null, topics: [], nodes: [] }),
  handle: (node, { topics: asked }, { apiVersion }) => {
    const { controller } = node
    const { nodeId, directoryId, endpoint } = controller.voter
    const now = node.clock.now()
    const itself = {
      replicaId: nodeId,
      ...(apiVersion >= 2 && { replicaDirectoryId: directoryId }),
      logEndOffset: controller.logEndOffset,
      lastFetchTimestamp: now,
      lastCaughtUpTimestamp: now,
    }
    const quorum = {
      leaderId: nodeId,
      leaderEpoch: controller.epoch,
      highWatermark: controller.logEndOffset,
      currentVoters: [itself],
      observers: [],
    }
    const topics = asked.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) =>
        topicName === metadataTopic && partitionIndex === 0
          ? { partitionIndex, errorCode: 0, errorMessage: null, ...quorum }
          : { partitionIndex, errorCode: unknownPartition, errorMessage: null, ...nobody },
      ),
    }))
    const nodes = [{ nodeId, listeners: [endpoint] }]
    return { errorCode: 0, errorMessage: null, topics, ...(apiVersion >= 2 && { nodes }) }
  },
})
