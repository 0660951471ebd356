import { listPartitionReassignments } from '#core/wire/api/46-list-partition-reassignments.ts'

import { onCluster } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Lists partitions whose replicas are changing: on one node those that another left in the middle, mostly none.
 * Version 0. Kept: all topics with null; partitions at rest and unknown ones are not mentioned. Left out: nothing.
 */
export const listPartitionReassignmentsHandler = serve(listPartitionReassignments, {
  versions: '0',
  requires: onCluster('DESCRIBE'),
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, errorMessage: null, topics: [] }),
  handle: (node, { topics: asked }) => {
    const wanted = asked && new Map(asked.map(({ name, partitionIndexes }) => [name, new Set(partitionIndexes)]))
    const topics = [...node.controller.image.topics.values()].flatMap(({ name, partitions: all }) => {
      const partitions = all
        .filter(({ partitionId }) => wanted === null || wanted.get(name)?.has(partitionId))
        .filter(({ addingReplicas, removingReplicas }) => addingReplicas.length + removingReplicas.length > 0)
        .map(({ partitionId: partitionIndex, replicas, addingReplicas, removingReplicas }) => ({
          partitionIndex,
          replicas,
          addingReplicas,
          removingReplicas,
        }))
      return partitions.length === 0 ? [] : [{ name, partitions }]
    })
    return { throttleTimeMs: 0, errorCode: 0, errorMessage: null, topics }
  },
})
