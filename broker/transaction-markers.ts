import type { Clock } from '#core/ports/clock.ts'
import type { Log } from '#core/telemetry/log.ts'
import { type ErrorName, ProtocolError } from '#core/wire/errors.ts'

import type { MetadataImage } from './controller/image.ts'
import type { GroupCoordinator } from './coordinator/group-coordinator.ts'
import type { TransactionMarker } from './coordinator/transaction/ports.ts'
import { markerBatch } from './log/transaction-marker.ts'
import { offsetsTopic } from './coordinator/topics.ts'
import type { Partitions } from './replication/partitions.ts'

/** Writes one marker; `done` hears NONE when it may be acknowledged, else the error of the log. */
export type WriteMarker = (
  topic: string,
  index: number,
  marker: TransactionMarker,
  done: (problem: ErrorName) => void,
) => void

/**
 * Markers for the partitions that this node leads. Those of `__consumer_offsets` go through the group coordinator, which
 * learns by them what becomes of offsets that were committed inside the transaction.
 */
export function transactionMarkers(
  image: MetadataImage,
  partitions: Partitions,
  groups: GroupCoordinator,
  clock: Clock,
  log: Log,
): WriteMarker {
  return (topic, index, marker, done) => {
    const { producerId, producerEpoch, committed, coordinatorEpoch, version } = marker
    const batch = markerBatch({
      producerId,
      producerEpoch,
      aborts: !committed,
      coordinatorEpoch,
      timestamp: clock.now(),
    })
    const partition = partitions.get(topic, index)
    // A log that could not be opened may be repaired; a topic that is gone needs no marker.
    if (partition === undefined) {
      return done(image.partition(topic, index) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NOT_LEADER_OR_FOLLOWER')
    }
    if (topic === offsetsTopic) {
      const offsets = { producerId, committed, batch, transactionVersion: version }
      return groups.endTransaction(index, offsets, (problem) => done(problem ?? 'NONE'))
    }
    try {
      const { lastOffset } = partition.append(batch, 'coordinator', version)
      partition.log.whenDurable(lastOffset + 1, (error) => done(error === undefined ? 'NONE' : 'KAFKA_STORAGE_ERROR'))
    } catch (error) {
      if (error instanceof ProtocolError) return done(error.code)
      log('error', 'a transaction marker was not written', { topic, partition: index, error: (error as Error).message })
      done('UNKNOWN_SERVER_ERROR')
    }
  }
}
