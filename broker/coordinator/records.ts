import { type GroupMetadataValue, groupMetadataKey, groupMetadataValue } from '#core/wire/stored/group-metadata.ts'
import { offsetCommitKey, offsetCommitValue } from '#core/wire/stored/offset-commit.ts'
import { decodeStored, encodeStored } from '#core/wire/stored/stored.ts'
import { type ConsumerGroupRecord, consumerRecords } from './consumer-group/records.ts'
import { type StreamsGroupRecord, streamsRecords } from './streams-group/records.ts'

/** A committed offset. `leaderEpoch` is -1 when the client did not say. */
export interface CommittedOffset {
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestamp: number
  /** Set by old clients that name a retention of their own, ms since the epoch; else -1. */
  readonly expireTimestamp: number
  /** The topic that had the name at the time; the zero id in what transactions and earlier brokers committed. */
  readonly topicId: string
}

/** A group as it is kept: the generation that was stable last, or the empty one after it. */
export type StoredGroup = GroupMetadataValue

/** A record of a group that consists of its records; `kind` is the kind of group. */
export type ModernRecord = ConsumerGroupRecord | StreamsGroupRecord

/** A record of `__consumer_offsets` that this coordinator knows; a null value is a tombstone. */
export type CoordinatorRecord =
  | ModernRecord
  | { readonly kind: 'group'; readonly groupId: string; readonly value: StoredGroup | null }
  | {
      readonly kind: 'offset'
      readonly groupId: string
      readonly topic: string
      readonly partition: number
      readonly value: CommittedOffset | null
    }

/** True for the records that make up consumer and streams groups; the others are replayed when they are in the log. */
export const isModern = (record: CoordinatorRecord): record is ModernRecord =>
  record.kind === 'consumer' || record.kind === 'streams'

/** What Apache Kafka 4.3 writes under every metadata.version; version 1 alone has room for an expiry of its own. */
const groupVersion = 3
const offsetVersion = 4
const offsetVersionWithExpiry = 1

/** Key and value bytes of a record. */
export function encodeRecord(record: CoordinatorRecord): { readonly key: Buffer; readonly value: Buffer | null } {
  if (record.kind === 'consumer') return consumerRecords.encode(record)
  if (record.kind === 'streams') return streamsRecords.encode(record)
  const { groupId: group, value } = record
  if (record.kind === 'group') {
    return {
      key: encodeStored(groupMetadataKey, 2, { group }),
      value: record.value === null ? null : encodeStored(groupMetadataValue, groupVersion, record.value),
    }
  }
  const { topic, partition } = record
  const key = encodeStored(offsetCommitKey, 1, { group, topic, partition })
  if (value === null) return { key, value: null }
  const version = record.value!.expireTimestamp === -1 ? offsetVersion : offsetVersionWithExpiry
  return { key, value: encodeStored(offsetCommitValue, version, record.value!) }
}

/** The record that key and value bytes stand for; null for the many types that other coordinators write. */
export function decodeRecord(key: Buffer, value: Buffer | null): CoordinatorRecord | null {
  if (key.length < 2) return null
  const type = key.readInt16BE(0)
  if (consumerRecords.has(type)) return consumerRecords.decode(type, key, value)
  if (streamsRecords.has(type)) return streamsRecords.decode(type, key, value)
  switch (type) {
    case 0:
    case 1: {
      const { group, topic, partition } = decodeStored(offsetCommitKey, key)
      return {
        kind: 'offset',
        groupId: group,
        topic,
        partition,
        value: value && decodeStored(offsetCommitValue, value),
      }
    }
    case 2: {
      const { group } = decodeStored(groupMetadataKey, key)
      // A copy, because members' bytes are kept and would otherwise keep all of what was read with them.
      return { kind: 'group', groupId: group, value: value && decodeStored(groupMetadataValue, Buffer.from(value)) }
    }
    default:
      return null
  }
}
