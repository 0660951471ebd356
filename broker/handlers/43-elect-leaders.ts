import { type ElectLeadersResponseInput, electLeaders } from '#core/wire/api/43-elect-leaders.ts'
import { ProtocolError, errorCodes } from '#core/wire/errors.ts'

import { electionProblem } from '../controller/replica-plans.ts'
import { onCluster } from './authorization.ts'
import { serve } from './handler.ts'

type Result = ElectLeadersResponseInput['replicaElectionResults'][number]['partitionResult'][number]

const preferredElection = 0
const uncleanElection = 1

/**
 * Makes the preferred replica, or any, the leader. A node that holds a partition and runs leads it, so there is never
 * anything to elect: the answer says that, or who is missing.
 * Versions 0-2. Kept: all partitions with null, of which only those with a problem are told. Left out: nothing.
 */
export const electLeadersHandler = serve(electLeaders, {
  versions: '0-2',
  requires: onCluster('ALTER'),
  refuse: ({ topicPartitions }, errorCode, { apiVersion }, errorMessage) => ({
    throttleTimeMs: 0,
    ...(apiVersion > 0 && { errorCode }),
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
    })),
  }),
  handle: (node, { electionType, topicPartitions }, { apiVersion }) => {
    const type = apiVersion === 0 ? preferredElection : electionType
    if (type !== preferredElection && type !== uncleanElection) {
      throw new ProtocolError('INVALID_REQUEST', `there is no election type ${electionType}`)
    }
    const { image } = node.controller
    const everywhere = topicPartitions === null
    const asked =
      topicPartitions ??
      [...image.topics.values()].map(({ name, partitions }) => ({
        topic: name,
        partitions: partitions.map(({ partitionId }) => partitionId),
      }))
    const replicaElectionResults = asked.flatMap(({ topic, partitions }) => {
      const partitionResult = partitions
        .map((partitionId): Result => {
          const { errorCode, message } = electionProblem(image, topic, partitionId, type === preferredElection)
          return { partitionId, errorCode, errorMessage: message }
        })
        .filter(({ errorCode }) => !everywhere || errorCode !== errorCodes.ELECTION_NOT_NEEDED.code)
      return everywhere && partitionResult.length === 0 ? [] : [{ topic, partitionResult }]
    })
    return { throttleTimeMs: 0, errorCode: 0, replicaElectionResults }
  },
})
