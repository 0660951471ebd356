import { resolve } from 'node:path'

import { describeLogDirs } from '#core/wire/api/35-describe-log-dirs.ts'

import type { Partition } from '../replication/partition.ts'
import { onCluster } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Shows what the data directory holds and how large it is.
 * Versions 1-5. Kept: all partitions with null, else those named; the size of the file system and what is free from 4.
 * Left out: several directories, directories that are moving or closed to new partitions.
 */
export const describeLogDirsHandler = serve(describeLogDirs, {
  versions: '1-5',
  requires: onCluster('DESCRIBE'),
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, results: [] }),
  handle: (node, request, { apiVersion }) => {
    const wanted =
      request.topics && new Map(request.topics.map(({ topic, partitions }) => [topic, new Set(partitions)]))
    const byTopic = new Map<string, Partition[]>()
    for (const partition of node.partitions.all()) {
      if (wanted !== null && !wanted.get(partition.topic)?.has(partition.index)) continue
      byTopic.set(partition.topic, [...(byTopic.get(partition.topic) ?? []), partition])
    }
    const topics = Array.from(byTopic, ([name, partitions]) => ({
      name,
      partitions: partitions.map(({ index, log }) => ({
        partitionIndex: index,
        partitionSize: log.sizeInBytes,
        offsetLag: 0,
        isFutureKey: false,
      })),
    }))
    const logDir = resolve(node.logs.path)
    const space = apiVersion < 4 ? undefined : node.files.space?.(logDir)
    return { throttleTimeMs: 0, results: [{ errorCode: 0, logDir, topics, ...space }] }
  },
})
