import { decodeStored, encodeStored } from '#core/wire/stored/stored.ts'
import * as stored from '#core/wire/stored/streams-group-records.ts'

/** A record of a streams group; a null value is a tombstone. */
export type StreamsGroupRecord = { readonly kind: 'streams'; readonly groupId: string } & (
  | { readonly part: 'group'; readonly value: stored.StreamsGroupMetadataValue | null }
  | { readonly part: 'member'; readonly memberId: string; readonly value: MemberMetadata | null }
  | { readonly part: 'targetEpoch'; readonly value: stored.StreamsGroupTargetAssignmentMetadataValue | null }
  | { readonly part: 'target'; readonly memberId: string; readonly value: TargetAssignment | null }
  | { readonly part: 'current'; readonly memberId: string; readonly value: CurrentAssignment | null }
  | { readonly part: 'topology'; readonly value: stored.StreamsGroupTopologyValue | null }
)

/** What a member says of itself. */
export type MemberMetadata = stored.StreamsGroupMemberMetadataValue
/** What a member is to run in the end. */
export type TargetAssignment = stored.StreamsGroupTargetAssignmentMemberValue
/** What a member runs, and how far it is on its way to the target. */
export type CurrentAssignment = stored.StreamsGroupCurrentMemberAssignmentValue

/** The types of key of these records. */
export const streamsRecordTypes: ReadonlySet<number> = new Set([17, 19, 20, 21, 22, 23])

type Bytes = { readonly key: Buffer; readonly value: Buffer | null }

/** Key and value bytes of a record, in the versions that Kafka 4.3 writes. */
export function encodeStreamsRecord(record: StreamsGroupRecord): Bytes {
  const { groupId } = record
  const of = (key: Buffer, value: Buffer | null): Bytes => ({ key, value })
  switch (record.part) {
    case 'group':
      return of(
        encodeStored(stored.streamsGroupMetadataKey, 17, { groupId }),
        record.value && encodeStored(stored.streamsGroupMetadataValue, 0, record.value),
      )
    case 'member':
      return of(
        encodeStored(stored.streamsGroupMemberMetadataKey, 19, { groupId, memberId: record.memberId }),
        record.value && encodeStored(stored.streamsGroupMemberMetadataValue, 0, record.value),
      )
    case 'targetEpoch':
      return of(
        encodeStored(stored.streamsGroupTargetAssignmentMetadataKey, 20, { groupId }),
        record.value && encodeStored(stored.streamsGroupTargetAssignmentMetadataValue, 0, record.value),
      )
    case 'target':
      return of(
        encodeStored(stored.streamsGroupTargetAssignmentMemberKey, 21, { groupId, memberId: record.memberId }),
        record.value && encodeStored(stored.streamsGroupTargetAssignmentMemberValue, 0, record.value),
      )
    case 'current':
      return of(
        encodeStored(stored.streamsGroupCurrentMemberAssignmentKey, 22, { groupId, memberId: record.memberId }),
        record.value && encodeStored(stored.streamsGroupCurrentMemberAssignmentValue, 0, record.value),
      )
    case 'topology':
      return of(
        encodeStored(stored.streamsGroupTopologyKey, 23, { groupId }),
        record.value && encodeStored(stored.streamsGroupTopologyValue, 0, record.value),
      )
  }
}

/** The record that bytes stand for whose key is of one of these types. */
export function decodeStreamsRecord(type: number, key: Buffer, value: Buffer | null): StreamsGroupRecord | null {
  const kind = 'streams'
  switch (type) {
    case 17: {
      const { groupId } = decodeStored(stored.streamsGroupMetadataKey, key)
      const decoded = value && decodeStored(stored.streamsGroupMetadataValue, value)
      return { kind, groupId, part: 'group', value: decoded }
    }
    case 19: {
      const { groupId, memberId } = decodeStored(stored.streamsGroupMemberMetadataKey, key)
      const decoded = value && decodeStored(stored.streamsGroupMemberMetadataValue, value)
      return { kind, groupId, part: 'member', memberId, value: decoded }
    }
    case 20: {
      const { groupId } = decodeStored(stored.streamsGroupTargetAssignmentMetadataKey, key)
      const decoded = value && decodeStored(stored.streamsGroupTargetAssignmentMetadataValue, value)
      return { kind, groupId, part: 'targetEpoch', value: decoded }
    }
    case 21: {
      const { groupId, memberId } = decodeStored(stored.streamsGroupTargetAssignmentMemberKey, key)
      const decoded = value && decodeStored(stored.streamsGroupTargetAssignmentMemberValue, value)
      return { kind, groupId, part: 'target', memberId, value: decoded }
    }
    case 22: {
      const { groupId, memberId } = decodeStored(stored.streamsGroupCurrentMemberAssignmentKey, key)
      const decoded = value && decodeStored(stored.streamsGroupCurrentMemberAssignmentValue, value)
      return { kind, groupId, part: 'current', memberId, value: decoded }
    }
    case 23: {
      const { groupId } = decodeStored(stored.streamsGroupTopologyKey, key)
      const decoded = value && decodeStored(stored.streamsGroupTopologyValue, value)
      return { kind, groupId, part: 'topology', value: decoded }
    }
    default:
      return null
  }
}
