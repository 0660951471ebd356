import { Reader } from '#core/bytes/reader.ts'
import { readMessage, writeMessage } from '#core/wire/codecs.ts'
import { wireErrors } from '#core/wire/errors.ts'
import type { Decoded, Encodable, Message } from '#core/wire/schema.ts'
import {
  accessControlEntryRecord,
  clientQuotaRecord,
  removeAccessControlEntryRecord,
  removeUserScramCredentialRecord,
  userScramCredentialRecord,
} from '#core/wire/stored/metadata-access-records.ts'
import type { MetadataRecordType } from '#core/wire/stored/metadata-record.ts'
import {
  abortTransactionRecord,
  beginTransactionRecord,
  brokerRegistrationChangeRecord,
  configRecord,
  endTransactionRecord,
  featureLevelRecord,
  fenceBrokerRecord,
  noOpRecord,
  partitionChangeRecord,
  partitionRecord,
  producerIdsRecord,
  registerBrokerRecord,
  registerControllerRecord,
  removeTopicRecord,
  topicRecord,
  unfenceBrokerRecord,
  unregisterBrokerRecord,
} from '#core/wire/stored/metadata-records.ts'
import { bytesOf } from '#core/wire/stored/stored.ts'

/**
 * Values of records in `__cluster_metadata`: frame version (varint, always 1), type (varint), version (varint), body.
 * Keys are null.
 */

const frameVersion = 1

/** The record types that are understood here, by the short name that a decoded record carries as its kind. */
export const metadataRecordTypes = {
  registerBroker: registerBrokerRecord,
  unregisterBroker: unregisterBrokerRecord,
  topic: topicRecord,
  partition: partitionRecord,
  config: configRecord,
  partitionChange: partitionChangeRecord,
  fenceBroker: fenceBrokerRecord,
  unfenceBroker: unfenceBrokerRecord,
  removeTopic: removeTopicRecord,
  featureLevel: featureLevelRecord,
  producerIds: producerIdsRecord,
  brokerRegistrationChange: brokerRegistrationChangeRecord,
  noOp: noOpRecord,
  beginTransaction: beginTransactionRecord,
  endTransaction: endTransactionRecord,
  abortTransaction: abortTransactionRecord,
  registerController: registerControllerRecord,
  clientQuota: clientQuotaRecord,
  removeUserScramCredential: removeUserScramCredentialRecord,
  userScramCredential: userScramCredentialRecord,
  removeAccessControlEntry: removeAccessControlEntryRecord,
  accessControlEntry: accessControlEntryRecord,
}

type Types = typeof metadataRecordTypes
export type MetadataRecordKind = keyof Types

/** A record of the metadata log, by its kind. */
export type MetadataRecord = {
  [K in MetadataRecordKind]: { readonly kind: K; readonly version: number; readonly value: Decoded<Types[K]> }
}[MetadataRecordKind]

/** A record to be written. */
export type MetadataRecordInput = {
  [K in MetadataRecordKind]: { readonly kind: K; readonly version: number; readonly value: Encodable<Types[K]> }
}[MetadataRecordKind]

/** A record of a type, or of a version, that is not known here. Whether that may be passed over is for the reader. */
export interface UnknownMetadataRecord {
  readonly kind: 'unknown'
  readonly type: number
  readonly version: number
  readonly body: Buffer
}

const kinds = new Map<number, MetadataRecordKind>(
  Object.entries(metadataRecordTypes).map(([kind, { type }]) => [type, kind as MetadataRecordKind]),
)

/** The bytes of a record's value. Throws UNWRITABLE_MESSAGE and UNSUPPORTED_MESSAGE_VERSION. */
export function encodeMetadataRecord(record: MetadataRecordInput): Buffer {
  const message: MetadataRecordType = metadataRecordTypes[record.kind]
  return bytesOf((writer) => {
    writer.uvarint(frameVersion)
    writer.uvarint(message.type)
    writer.uvarint(record.version)
    writeMessage(message, record.version, writer, record.value)
  })
}

/** Reads a record's value. Throws MALFORMED_MESSAGE, also for bytes left over. */
export function decodeMetadataRecord(bytes: Buffer): MetadataRecord | UnknownMetadataRecord {
  const reader = new Reader(bytes)
  const { type, version } = readFrame(reader)
  const kind = kinds.get(type)
  const message: Message | undefined = kind && metadataRecordTypes[kind]
  if (message === undefined || version > message.versions.high) {
    return { kind: 'unknown', type, version, body: bytes.subarray(reader.position) }
  }
  const value = readMessage(message, version, reader)
  if (reader.remaining > 0) {
    throw malformed(message.name, version, `${reader.remaining} bytes are left over behind the record`)
  }
  return { kind, version, value } as unknown as MetadataRecord
}

function readFrame(reader: Reader): { readonly type: number; readonly version: number } {
  try {
    const frame = reader.uvarint()
    if (frame !== frameVersion) throw new RangeError(`frame version ${frame}, expected ${frameVersion}`)
    return { type: reader.uvarint(), version: reader.uvarint() }
  } catch (error) {
    throw malformed('MetadataRecord', frameVersion, (error as Error).message)
  }
}

function malformed(message: string, version: number, problem: string): Error {
  return wireErrors.MALFORMED_MESSAGE({ message, version, field: 'frame', problem })
}
