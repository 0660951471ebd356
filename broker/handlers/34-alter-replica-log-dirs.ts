import { resolve } from 'node:path'

import { alterReplicaLogDirs } from '#core/wire/api/34-alter-replica-log-dirs.ts'
import { errorCodes } from '#core/wire/errors.ts'

import type { Node } from '../node.ts'
import { onCluster } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Moves partitions to another directory of the broker. There is one directory: what shall go there is there already.
 * Versions 1-2. Kept: LOG_DIR_NOT_FOUND for every other directory. Left out: nothing that one directory could do.
 */
export const alterReplicaLogDirsHandler = serve(alterReplicaLogDirs, {
  versions: '1-2',
  requires: onCluster('ALTER'),
  refuse: ({ dirs }, errorCode) => answer(dirs, () => errorCode),
  handle: (node, { dirs }) => answer(dirs, (path, topic, partition) => outcome(node, path, topic, partition)),
})

function outcome(node: Node, path: string, topic: string, partition: number): number {
  if (resolve(path) !== resolve(node.logs.path)) return errorCodes.LOG_DIR_NOT_FOUND.code
  return node.partitions.get(topic, partition) === undefined ? errorCodes.REPLICA_NOT_AVAILABLE.code : 0
}

type Dirs = readonly {
  readonly path: string
  readonly topics: readonly { readonly name: string; readonly partitions: readonly number[] }[]
}[]

const answer = (dirs: Dirs, outcomeOf: (path: string, topic: string, partition: number) => number) => ({
  throttleTimeMs: 0,
  results: dirs.flatMap(({ path, topics }) =>
    topics.map(({ name, partitions }) => ({
      topicName: name,
      partitions: partitions.map((index) => ({ partitionIndex: index, errorCode: outcomeOf(path, name, index) })),
    })),
  ),
})
