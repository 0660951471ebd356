import { type WriteTxnMarkersRequest, writeTxnMarkers } from '#core/wire/api/27-write-txn-markers.ts'
import { type ErrorName, ProtocolError, errorCodes } from '#core/wire/errors.ts'

import type { Node } from '../node.ts'
import { mayOnCluster } from './authorization.ts'
import { serve } from './handler.ts'

type Marker = WriteTxnMarkersRequest['markers'][number]
type Code = (topic: string, partition: number) => number

/**
 * Writes the ends of transactions into partitions, for coordinators elsewhere and for the tool that ends hanging ones.
 * Versions 1-2. Kept: markers of an older coordinator or producer epoch are refused; offsets committed inside the
 * transaction take effect. Left out: nothing.
 */
export const writeTxnMarkersHandler = serve(writeTxnMarkers, {
  versions: '1-2',
  refuse: ({ markers }, errorCode) => ({ markers: markers.map((marker) => answer(marker, () => errorCode)) }),
  handle: async (node, request, call) => {
    const may = (['CLUSTER_ACTION', 'ALTER'] as const).some((operation) => mayOnCluster(node, call.client, operation))
    if (!may) throw new ProtocolError('CLUSTER_AUTHORIZATION_FAILED')
    return { markers: await Promise.all(request.markers.map((marker) => write(node, marker))) }
  },
})

function answer({ producerId, topics }: Marker, code: Code) {
  return {
    producerId,
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode: code(name, partitionIndex) })),
    })),
  }
}

async function write(node: Node, marker: Marker) {
  const { producerId, producerEpoch, transactionResult: committed, coordinatorEpoch, transactionVersion } = marker
  const problems = new Map<string, ErrorName>()
  await Promise.all(
    marker.topics.flatMap(({ name, partitionIndexes }) =>
      partitionIndexes.map(
        (index) =>
          new Promise<void>((resolve) => {
            const end = { producerId, producerEpoch, committed, coordinatorEpoch, version: transactionVersion }
            node.writeMarker(name, index, end, (problem) => {
              problems.set(`${name}-${index}`, problem)
              resolve()
            })
          }),
      ),
    ),
  )
  return answer(marker, (topic, index) => errorCodes[inWordsOfLogs(problems.get(`${topic}-${index}`)!)].code)
}

/** Whoever writes markers asks leaders of partitions, and not coordinators. */
function inWordsOfLogs(problem: ErrorName): ErrorName {
  switch (problem) {
    case 'COORDINATOR_NOT_AVAILABLE':
    case 'COORDINATOR_LOAD_IN_PROGRESS':
    case 'NOT_COORDINATOR':
      return 'NOT_LEADER_OR_FOLLOWER'
    default:
      return problem
  }
}
