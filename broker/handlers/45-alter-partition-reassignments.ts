import { alterPartitionReassignments } from '#core/wire/api/45-alter-partition-reassignments.ts'

import { planReassignment } from '../controller/replica-plans.ts'
import { onCluster } from './authorization.ts'
import { codeOf, messageOf } from './failure.ts'
import { serve } from './handler.ts'

/**
 * Gives partitions other replicas. With one live broker this ends at once: replicas that are gone are given up, or there is
 * nothing to do.
 * Versions 0-1. Kept: each partition succeeds or fails by itself; null cancels. Left out: nothing.
 */
export const alterPartitionReassignmentsHandler = serve(alterPartitionReassignments, {
  versions: '0-1',
  requires: onCluster('ALTER'),
  refuse: ({ allowReplicationFactorChange }, errorCode) => ({
    throttleTimeMs: 0,
    allowReplicationFactorChange,
    errorCode,
    errorMessage: null,
    responses: [],
  }),
  handle: async (node, { topics, allowReplicationFactorChange }) => {
    const written: Promise<void>[] = []
    const here = { nodeId: node.id, directoryId: node.directoryId }
    const responses = topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, replicas }) => {
        try {
          const wanted = { topic: name, index: partitionIndex, replicas }
          const plan = planReassignment(node.controller.image, wanted, here, allowReplicationFactorChange)
          written.push(node.controller.commit(plan))
          return { partitionIndex, errorCode: 0, errorMessage: null }
        } catch (error) {
          const errorCode = codeOf(node, 'AlterPartitionReassignments', error)
          return { partitionIndex, errorCode, errorMessage: messageOf(error) }
        }
      }),
    }))
    await Promise.all(written)
    return { throttleTimeMs: 0, allowReplicationFactorChange, errorCode: 0, errorMessage: null, responses }
  },
})
