import { BatchBuilder } from '#core/records/batch-builder.ts'
import { batches } from '#core/records/batch.ts'
import type { Files } from '#core/ports/files.ts'
import {
  type MetadataRecord,
  type MetadataRecordInput,
  type UnknownMetadataRecord,
  decodeMetadataRecord,
  encodeMetadataRecord,
} from '#core/wire/stored/metadata-frame.ts'

import { partsOf } from '../quota/quota-entity.ts'
import { type ControlRecord, appendControl, controlTypes } from './control-records.ts'
import type { MetadataImage } from './image.ts'
import { recordAtLevel } from './record-versions.ts'

/** A snapshot's name: the first offset it does not contain, and the epoch of the last record it does. */
export interface SnapshotId {
  readonly endOffset: number
  readonly epoch: number
}

/** Records per batch, so that no reader has to hold all of a snapshot at once. */
const recordsPerBatch = 1000

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0')

/** The name of a snapshot, as Kafka forms it from end offset and epoch. */
export const snapshotFile = ({ endOffset, epoch }: SnapshotId): string =>
  `${pad(endOffset, 20)}-${pad(epoch, 10)}.checkpoint`

/** The snapshots in the metadata log's directory, oldest first. */
export function listSnapshots(files: Files, directory: string): SnapshotId[] {
  return files
    .list(directory)
    .flatMap((name) => {
      const match = /^(\d{20})-(\d{10})\.checkpoint$/.exec(name)
      return match ? [{ endOffset: Number(match[1]), epoch: Number(match[2]) }] : []
    })
    .sort((a, b) => a.endOffset - b.endOffset || a.epoch - b.epoch)
}

/**
 * The bytes of a snapshot: a batch of control records with the header, batches of metadata records, and a footer.
 * `control` follows the header. Offsets count from 0; times are ms.
 */
export function encodeSnapshot(
  records: Iterable<MetadataRecordInput | UnknownMetadataRecord>,
  options: {
    readonly epoch: number
    readonly now: number
    readonly lastContainedLogTimestamp: number
    readonly control: readonly ControlRecord[]
  },
): Buffer {
  const { epoch, now, lastContainedLogTimestamp } = options
  const chunks: Buffer[] = []
  let offset = 0
  const begin = (isControl: boolean) => new BatchBuilder({ isControl, baseOffset: offset, partitionLeaderEpoch: epoch })
  const end = (builder: BatchBuilder) => {
    if (builder.count === 0) return
    offset += builder.count
    chunks.push(builder.build())
  }
  const header = begin(true)
  appendControl(header, now, { type: controlTypes.snapshotHeader, value: { version: 0, lastContainedLogTimestamp } })
  for (const each of options.control) appendControl(header, now, each)
  end(header)
  let data = begin(false)
  for (const record of records) {
    data.append(now, null, record.kind === 'unknown' ? unknownBytes(record) : encodeMetadataRecord(record))
    if (data.count < recordsPerBatch) continue
    end(data)
    data = begin(false)
  }
  end(data)
  const footer = begin(true)
  appendControl(footer, now, { type: controlTypes.snapshotFooter, value: { version: 0 } })
  end(footer)
  return Buffer.concat(chunks)
}

/** The metadata records of a snapshot, in order. Throws when a batch is damaged or the footer is missing. */
export function* readSnapshot(bytes: Buffer): Generator<MetadataRecord | UnknownMetadataRecord> {
  let footer = false
  for (const batch of batches(bytes)) {
    if (!batch.isCrcValid()) throw new RangeError(`the batch at byte ${batch.position} is damaged`)
    for (const record of batch.records()) {
      if (!batch.isControl) yield decodeMetadataRecord(record.value!)
      else if (record.key!.readInt16BE(2) === controlTypes.snapshotFooter) footer = true
    }
  }
  if (!footer) throw new RangeError('the footer is missing')
}

/** Everything an image holds as the records that make it, in versions that its metadata.version allows. */
export function* imageRecords(image: MetadataImage): Generator<MetadataRecordInput | UnknownMetadataRecord> {
  const level = image.feature('metadata.version')
  for (const record of newestRecords(image)) yield record.kind === 'unknown' ? record : recordAtLevel(record, level)
}

function* newestRecords(image: MetadataImage): Generator<MetadataRecordInput | UnknownMetadataRecord> {
  for (const [name, featureLevel] of image.features)
    yield { kind: 'featureLevel', version: 0, value: { name, featureLevel } }
  for (const { id: controllerId, endpoints: endPoints, ...rest } of image.controllers.values())
    yield { kind: 'registerController', version: 0, value: { controllerId, endPoints, ...rest } }
  for (const broker of image.brokers.values()) {
    const { id: brokerId, epoch: brokerEpoch, endpoints: endPoints, ...rest } = broker
    yield {
      kind: 'registerBroker',
      version: 4,
      value: { brokerId, brokerEpoch, endPoints, cordonedLogDirs: [], ...rest },
    }
  }
  for (const topic of image.topics.values()) {
    yield { kind: 'topic', version: 0, value: { name: topic.name, topicId: topic.id } }
    for (const partition of topic.partitions) {
      yield { kind: 'partition', version: 2, value: { topicId: topic.id, ...partition } }
    }
  }
  for (const [key, settings] of image.configs) {
    const at = key.indexOf(':')
    const resource = { resourceType: Number(key.slice(0, at)), resourceName: key.slice(at + 1) }
    for (const [name, value] of settings) yield { kind: 'config', version: 0, value: { ...resource, name, value } }
  }
  yield* image.scram.records()
  for (const { entity, values } of image.quotas.all()) {
    for (const [key, value] of values)
      yield { kind: 'clientQuota', version: 0, value: { entity: partsOf(entity), key, value, remove: false } }
  }
  for (const value of image.acls.all()) yield { kind: 'accessControlEntry', version: 0, value }
  if (image.nextProducerId > 0) {
    yield {
      kind: 'producerIds',
      version: 0,
      value: { brokerId: 0, brokerEpoch: -1, nextProducerId: image.nextProducerId },
    }
  }
  yield* image.unknown
}

function unknownBytes({ type, version, body }: UnknownMetadataRecord): Buffer {
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)])
  return Buffer.concat([Buffer.from([...varint(1), ...varint(type), ...varint(version)]), body])
}
