import { randomUuid } from '#core/bytes/uuid.ts'
import { isKnownError } from '#core/errors/table.ts'
import type { Clock } from '#core/ports/clock.ts'
import type { Files } from '#core/ports/files.ts'
import type { Random } from '#core/ports/random.ts'
import type { MetadataRecordInput } from '#core/wire/stored/metadata-frame.ts'

import { brokerErrors } from '../errors.ts'
import { quorumRecords } from './control-records.ts'
import { bootstrapFeatures } from './features.ts'
import { type MetaProperties, readMetaProperties, writeMetaProperties } from './meta-properties.ts'
import { encodeSnapshot, readSnapshot, snapshotFile } from './snapshot.ts'

/** The directory of the metadata log inside a data directory. */
export const metadataLogDirectory = (dataDirectory: string): string => `${dataDirectory}/__cluster_metadata-0`

/** Names that a format which was cut short may have left behind. */
const leftovers = new Set(['bootstrap.checkpoint', '__cluster_metadata-0', '.lock', 'lost+found'])

const bootstrapFile = (dataDirectory: string): string => `${dataDirectory}/bootstrap.checkpoint`

/**
 * The records with which a cluster begins: those that its directory was formatted with, else ours. Apache Kafka's storage
 * tool puts features and SCRAM users there. Throws METADATA_CORRUPT.
 */
export function bootstrapRecords(files: Files, dataDirectory: string): readonly MetadataRecordInput[] {
  const file = bootstrapFile(dataDirectory)
  if (!files.exists(file)) return bootstrapFeatures
  const corrupt = (problem: string, cause?: unknown) =>
    brokerErrors.METADATA_CORRUPT({ directory: dataDirectory, problem: `bootstrap.checkpoint: ${problem}` }, cause)
  const records: MetadataRecordInput[] = []
  try {
    for (const record of readSnapshot(files.readWhole(file))) {
      if (record.kind === 'unknown') throw new RangeError(`records of type ${record.type} are not known`)
      records.push(record)
    }
  } catch (cause) {
    if (!(cause instanceof RangeError || isKnownError(cause))) throw cause
    throw corrupt(cause.message, cause)
  }
  return records.length > 0 ? records : bootstrapFeatures
}

/**
 * Makes an empty directory a data directory, as Apache Kafka's storage tool does for a quorum of one: bootstrap features,
 * a first snapshot that names the only voter, and the card that says whose directory it is, which is written last. A
 * directory that has a card is left as it is.
 */
export function formatDirectory(
  ports: { readonly files: Files; readonly clock: Clock; readonly random: Random },
  dataDirectory: string,
  node: {
    readonly id: number
    readonly controller: { readonly name: string; readonly host: string; readonly port: number }
  },
): MetaProperties {
  const { files, clock, random } = ports
  const known = readMetaProperties(files, dataDirectory)
  if (known !== undefined) {
    if (known.nodeId === node.id) return known
    throw brokerErrors.NODE_ID_DIFFERS({ directory: dataDirectory, stored: known.nodeId, configured: node.id })
  }
  if (files.exists(dataDirectory) && files.list(dataDirectory).some((name) => !leftovers.has(name))) {
    throw brokerErrors.DATA_DIRECTORY_FOREIGN({ directory: dataDirectory })
  }
  const meta = { nodeId: node.id, clusterId: randomUuid(random), directoryId: randomUuid(random) }
  const now = clock.now()
  const logDirectory = metadataLogDirectory(dataDirectory)
  files.makeDirectory(logDirectory)
  const seed = { epoch: 0, now, lastContainedLogTimestamp: 0 }
  files.replace(bootstrapFile(dataDirectory), encodeSnapshot(bootstrapFeatures, { ...seed, control: [] }))
  const control = quorumRecords({ nodeId: node.id, directoryId: meta.directoryId, endpoint: node.controller })
  files.replace(`${logDirectory}/${snapshotFile({ endOffset: 0, epoch: 0 })}`, encodeSnapshot([], { ...seed, control }))
  writeMetaProperties(files, dataDirectory, meta)
  return meta
}
