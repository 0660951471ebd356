import { BatchBuilder } from '#core/records/batch-builder.ts'
import { recordErrors } from '#core/records/errors.ts'
import { metadataTopicUuid } from '#core/bytes/uuid.ts'
import { batches } from '#core/records/batch.ts'
import type { Clock } from '#core/ports/clock.ts'
import { isKnownError } from '#core/errors/table.ts'
import type { Files } from '#core/ports/files.ts'
import {
  type MetadataRecord,
  type UnknownMetadataRecord,
  decodeMetadataRecord,
} from '#core/wire/stored/metadata-frame.ts'

import { brokerErrors } from '../errors.ts'
import { topicConfigDefinition } from '../log/config.ts'
import type { LogDirectory } from '../log/log-directory.ts'
import { writePartitionMetadata } from '../log/partition-metadata.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { type Voter, quorumRecords, startOfEpoch } from './control-records.ts'
import type { MetadataImage } from './image.ts'
import { readQuorumState, writeQuorumState } from './quorum-state.ts'
import { ReplayError, replay } from './replay.ts'
import { encodeSnapshot, imageRecords, listSnapshots, readSnapshot, snapshotFile } from './snapshot.ts'

/** The topic of a cluster's metadata; its only partition is 0. */
export const metadataTopic = '__cluster_metadata'

/**
 * The log of a data directory's metadata, opened or made. Nothing in it is ever too old or too large to keep. Throws
 * METADATA_CORRUPT.
 */
export function openMetadataLog(files: Files, logs: LogDirectory): PartitionLog {
  const settings = {
    'retention.ms': -1,
    'retention.bytes': -1,
    'max.message.bytes': 2147483647,
    'file.delete.delay.ms': 0,
  }
  const config = topicConfigDefinition.parse(settings, metadataTopic)
  const damage = logs.damaged.get(`${metadataTopic}-0`)
  if (damage !== undefined)
    throw brokerErrors.METADATA_CORRUPT({ directory: logs.path, problem: damage.message }, damage)
  const log = logs.get(metadataTopic, 0) ?? logs.create(metadataTopic, 0, metadataTopicUuid, config)
  log.updateConfig(config)
  // A directory that was formatted and never started holds a snapshot and no card yet.
  if (log.topicId === undefined) writePartitionMetadata(files, log.directory, metadataTopicUuid)
  return log
}

type AnyRecord = MetadataRecord | UnknownMetadataRecord

/**
 * `__cluster_metadata-0`: the log whose replay is the cluster's metadata, its snapshots beside it, and the epoch in which
 * this node, a quorum of one, leads it.
 */
export class MetadataLog {
  readonly log: PartitionLog
  readonly directory: string
  epoch = 0
  readonly #ports: { readonly files: Files; readonly clock: Clock }
  readonly #voter: Voter
  /** Bytes appended since the newest snapshot. */
  bytesSinceSnapshot = 0
  /** True when SCRAM credentials were removed since then. */
  removesUsers = false
  #lastTimestamp = 0

  constructor(ports: { readonly files: Files; readonly clock: Clock }, log: PartitionLog, voter: Voter) {
    this.#ports = ports
    this.log = log
    this.directory = log.directory
    this.#voter = voter
  }

  /** Builds the image from the newest snapshot and the log behind it. Throws METADATA_CORRUPT and SNAPSHOT_MISSING. */
  load(image: MetadataImage): void {
    const { files } = this.#ports
    const snapshot = listSnapshots(files, this.directory).at(-1)
    const start = snapshot?.endOffset ?? 0
    if (this.log.logStartOffset > start) {
      throw brokerErrors.SNAPSHOT_MISSING({ directory: this.directory, start: this.log.logStartOffset })
    }
    let source = snapshot === undefined ? 'the log' : snapshotFile(snapshot)
    try {
      if (snapshot !== undefined) {
        const bytes = files.readWhole(`${this.directory}/${snapshotFile(snapshot)}`)
        for (const record of readSnapshot(bytes)) replay(record, image)
        source = 'the log'
        image.offset = start - 1
        image.epoch = snapshot.epoch
      }
      // A power cut may leave a snapshot of records that never reached the disk themselves.
      if (this.log.logEndOffset < start) this.log.truncateFullyAndStartAt(start)
      else if (this.log.logEndOffset > start) this.#replayLog(image, start)
    } catch (cause) {
      const isRubbish = isKnownError(cause) && cause.code in recordErrors.rows
      if (!(cause instanceof ReplayError || cause instanceof RangeError || isRubbish)) throw cause
      const problem = `${source}: ${cause.message}`
      throw brokerErrors.METADATA_CORRUPT({ directory: this.directory, problem }, cause)
    }
    this.log.advanceHighWatermark(this.log.logEndOffset)
  }

  /** Begins the next epoch with this node as leader. The epoch is on disk before anything is written in it. */
  lead(): void {
    const { files, clock } = this.#ports
    const known = readQuorumState(files, this.directory)
    this.epoch = Math.max(known?.leaderEpoch ?? 0, this.log.latestEpoch ?? 0) + 1
    const { nodeId } = this.#voter
    const state = { leaderId: nodeId, leaderEpoch: this.epoch, votedId: -1, votedDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAA' }
    writeQuorumState(files, this.directory, state)
    this.log.append(startOfEpoch(this.#voter, this.epoch, clock.now()), { leaderEpoch: this.epoch, origin: 'raft' })
  }

  /** Appends encoded records as one batch: after a crash all of them are there, or none. */
  append(values: readonly Buffer[]): void {
    const now = this.#ports.clock.now()
    const builder = new BatchBuilder({ partitionLeaderEpoch: this.epoch })
    for (const value of values) builder.append(now, null, value)
    const batch = builder.build()
    this.log.append(batch, { leaderEpoch: this.epoch, origin: 'raft' })
    this.log.advanceHighWatermark(this.log.logEndOffset)
    this.bytesSinceSnapshot += batch.length
    this.#lastTimestamp = now
  }

  /** Writes what the image holds as a snapshot. The one before it stays; older ones, and the log before it, go. */
  snapshot(image: MetadataImage): void {
    const { files, clock } = this.#ports
    const id = { endOffset: this.log.logEndOffset, epoch: this.epoch }
    const older = listSnapshots(files, this.directory)
    if (older.at(-1)?.endOffset === id.endOffset) return
    const bytes = encodeSnapshot(imageRecords(image), {
      epoch: this.epoch,
      now: clock.now(),
      lastContainedLogTimestamp: this.#lastTimestamp,
      control: quorumRecords(this.#voter),
    })
    files.replace(`${this.directory}/${snapshotFile(id)}`, bytes)
    this.bytesSinceSnapshot = 0
    this.removesUsers = false
    this.log.roll()
    const previous = older.pop()
    if (previous === undefined) return
    for (const each of older) files.remove(`${this.directory}/${snapshotFile(each)}`)
    if (previous.endOffset > this.log.logStartOffset) this.log.deleteRecordsBefore(previous.endOffset)
  }

  #replayLog(image: MetadataImage, start: number): void {
    // Apache's controllers wrap large changes in transactions; one that was aborted or cut off never happened.
    let transaction: AnyRecord[] | undefined
    const apply = (record: AnyRecord): void => {
      this.removesUsers ||= record.kind === 'removeUserScramCredential'
      replay(record, image)
    }
    for (const chunk of this.log.scan(start)) {
      for (const batch of batches(chunk)) {
        if (batch.lastOffset < start) continue
        this.bytesSinceSnapshot += batch.sizeInBytes
        this.#lastTimestamp = batch.maxTimestamp
        image.offset = batch.lastOffset
        image.epoch = batch.partitionLeaderEpoch
        if (batch.isControl) continue
        for (const { offset, value } of batch.records()) {
          if (offset < start) continue
          const record = decodeMetadataRecord(value!)
          if (record.kind === 'beginTransaction') transaction = []
          else if (record.kind === 'abortTransaction') transaction = undefined
          else if (record.kind === 'endTransaction') {
            for (const each of transaction ?? []) apply(each)
            transaction = undefined
          } else if (transaction !== undefined) transaction.push(record)
          else apply(record)
        }
      }
    }
  }
}
