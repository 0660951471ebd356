import { type ListOffsetsRequest, type ListOffsetsResponseInput, listOffsets } from '#core/wire/api/02-list-offsets.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import type { Partition } from '../replication/partition.ts'
import { checkLeaderEpoch } from './01-fetch.ts'
import { codeOf } from './failure.ts'
import { demand } from './authorization.ts'
import { serve } from './handler.ts'

type Asked = ListOffsetsRequest['topics'][number]['partitions'][number]
type Found = Pick<
  ListOffsetsResponseInput['topics'][number]['partitions'][number],
  'timestamp' | 'offset' | 'leaderEpoch'
>

/** Timestamps that stand for a place in the log, and the version that brought each. */
const places = {
  latest: -1,
  earliest: -2,
  maxTimestamp: -3,
  earliestLocal: -4,
  latestTiered: -5,
  earliestPendingUpload: -6,
} as const
const placeSince: Readonly<Record<number, number>> = { [-3]: 7, [-4]: 8, [-5]: 9, [-6]: 11 }

/**
 * Finds offsets: by timestamp the first record that is not older, else one of the places above.
 * Versions 1-11. Kept: nothing at or above the high watermark is found, or with read_committed the last stable offset; -1
 * when there is no such record; leader epochs.
 * Left out: tiered storage, so earliest local is the log's start and the tiered places are -1.
 */
export const listOffsetsHandler = serve(listOffsets, {
  versions: '1-11',
  handle: (node, request, call) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((asked) => {
        const { partitionIndex } = asked
        try {
          demand(node, call.client, 'DESCRIBE', 'TOPIC', name)
          const partition = node.partitions.get(name, partitionIndex)
          if (partition === undefined) throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION')
          checkLeaderEpoch(partition, asked.currentLeaderEpoch)
          return {
            partitionIndex,
            errorCode: 0,
            ...find(partition, asked, call.apiVersion, request.isolationLevel === readCommitted),
          }
        } catch (error) {
          return { partitionIndex, errorCode: codeOf(node, 'ListOffsets', error) }
        }
      }),
    })),
  }),
})

const readCommitted = 1
const nowhere: Found = { timestamp: -1, offset: -1, leaderEpoch: -1 }

function find(partition: Partition, asked: Asked, version: number, committedOnly: boolean): Found {
  const found = lookUp(partition, asked, version, committedOnly)
  return version < 4 ? { ...found, leaderEpoch: -1 } : found
}

function lookUp(partition: Partition, asked: Asked, version: number, committedOnly: boolean): Found {
  const { log } = partition
  const end = committedOnly ? log.lastStableOffset : log.highWatermark
  const { timestamp } = asked
  if (version < (placeSince[timestamp] ?? 0)) throw new ProtocolError('UNSUPPORTED_VERSION')
  switch (timestamp) {
    case places.latest:
      return { timestamp: -1, offset: end, leaderEpoch: log.latestEpoch ?? -1 }
    case places.earliest:
    case places.earliestLocal:
      return { timestamp: -1, offset: log.logStartOffset, leaderEpoch: log.epochFor(log.logStartOffset) }
    case places.latestTiered:
    case places.earliestPendingUpload:
      return nowhere
    case places.maxTimestamp:
      return visible(end, log.maxTimestampOffset())
    default:
      if (timestamp < 0) throw new ProtocolError('UNSUPPORTED_VERSION')
      return visible(end, log.offsetForTimestamp(timestamp))
  }
}

function visible(end: number, found: Required<Found> | undefined): Found {
  if (found === undefined || found.offset! >= end) return nowhere
  return { timestamp: found.timestamp, offset: found.offset, leaderEpoch: found.leaderEpoch }
}
