import * as stored from '#core/wire/stored/consumer-group-records.ts'
import { decodeStored, encodeStored } from '#core/wire/stored/stored.ts'

/** A record of a consumer group, as Kafka's names call them; a null value is a tombstone. */
export type ConsumerGroupRecord = { readonly kind: 'consumer'; readonly groupId: string } & (
  | { readonly part: 'group'; readonly value: stored.ConsumerGroupMetadataValue | null }
  /** What coordinators before Kafka 4.1 knew of the topics: read, and taken back. */
  | { readonly part: 'topics'; readonly value: stored.ConsumerGroupPartitionMetadataValue | null }
  | { readonly part: 'member'; readonly memberId: string; readonly value: MemberMetadata | null }
  | { readonly part: 'targetEpoch'; readonly value: stored.ConsumerGroupTargetAssignmentMetadataValue | null }
  | { readonly part: 'target'; readonly memberId: string; readonly value: TargetAssignment | null }
  | { readonly part: 'current'; readonly memberId: string; readonly value: CurrentAssignment | null }
  | { readonly part: 'regex'; readonly regex: string; readonly value: ResolvedRegex | null }
)

/** What a member says of itself. */
export type MemberMetadata = stored.ConsumerGroupMemberMetadataValue
/** What a member is to own in the end. */
export type TargetAssignment = stored.ConsumerGroupTargetAssignmentMemberValue
/** What a member owns, and how far it is on its way to the target. */
export type CurrentAssignment = stored.ConsumerGroupCurrentMemberAssignmentValue
/** The topics that a regular expression matched. */
export type ResolvedRegex = stored.ConsumerGroupRegularExpressionValue

/** The types of key of these records. */
export const consumerRecordTypes: ReadonlySet<number> = new Set([3, 4, 5, 6, 7, 8, 16])

type Bytes = { readonly key: Buffer; readonly value: Buffer | null }

/** Key and value bytes of a record, in the versions that Kafka 4.3 writes. */
export function encodeConsumerRecord(record: ConsumerGroupRecord): Bytes {
  const { groupId } = record
  const of = (key: Buffer, value: Buffer | null): Bytes => ({ key, value })
  switch (record.part) {
    case 'group':
      return of(
        encodeStored(stored.consumerGroupMetadataKey, 3, { groupId }),
        record.value && encodeStored(stored.consumerGroupMetadataValue, 0, record.value),
      )
    case 'topics':
      return of(
        encodeStored(stored.consumerGroupPartitionMetadataKey, 4, { groupId }),
        record.value && encodeStored(stored.consumerGroupPartitionMetadataValue, 0, record.value),
      )
    case 'member':
      return of(
        encodeStored(stored.consumerGroupMemberMetadataKey, 5, { groupId, memberId: record.memberId }),
        record.value && encodeStored(stored.consumerGroupMemberMetadataValue, 0, record.value),
      )
    case 'targetEpoch':
      return of(
        encodeStored(stored.consumerGroupTargetAssignmentMetadataKey, 6, { groupId }),
        record.value && encodeStored(stored.consumerGroupTargetAssignmentMetadataValue, 0, record.value),
      )
    case 'target':
      return of(
        encodeStored(stored.consumerGroupTargetAssignmentMemberKey, 7, { groupId, memberId: record.memberId }),
        record.value && encodeStored(stored.consumerGroupTargetAssignmentMemberValue, 0, record.value),
      )
    case 'current':
      return of(
        encodeStored(stored.consumerGroupCurrentMemberAssignmentKey, 8, { groupId, memberId: record.memberId }),
        record.value && encodeStored(stored.consumerGroupCurrentMemberAssignmentValue, 0, record.value),
      )
    case 'regex':
      return of(
        encodeStored(stored.consumerGroupRegularExpressionKey, 16, { groupId, regularExpression: record.regex }),
        record.value && encodeStored(stored.consumerGroupRegularExpressionValue, 0, record.value),
      )
  }
}

/** The record that bytes stand for whose key is of one of these types. */
export function decodeConsumerRecord(type: number, key: Buffer, bytes: Buffer | null): ConsumerGroupRecord | null {
  const kind = 'consumer'
  // A copy, because what classic members say of themselves is kept and would otherwise keep all that was read with it.
  const value = bytes && Buffer.from(bytes)
  switch (type) {
    case 3: {
      const { groupId } = decodeStored(stored.consumerGroupMetadataKey, key)
      const decoded = value && decodeStored(stored.consumerGroupMetadataValue, value)
      return { kind, groupId, part: 'group', value: decoded }
    }
    case 4: {
      const { groupId } = decodeStored(stored.consumerGroupPartitionMetadataKey, key)
      const decoded = value && decodeStored(stored.consumerGroupPartitionMetadataValue, value)
      return { kind, groupId, part: 'topics', value: decoded }
    }
    case 5: {
      const { groupId, memberId } = decodeStored(stored.consumerGroupMemberMetadataKey, key)
      const decoded = value && decodeStored(stored.consumerGroupMemberMetadataValue, value)
      return { kind, groupId, part: 'member', memberId, value: decoded }
    }
    case 6: {
      const { groupId } = decodeStored(stored.consumerGroupTargetAssignmentMetadataKey, key)
      const decoded = value && decodeStored(stored.consumerGroupTargetAssignmentMetadataValue, value)
      return { kind, groupId, part: 'targetEpoch', value: decoded }
    }
    case 7: {
      const { groupId, memberId } = decodeStored(stored.consumerGroupTargetAssignmentMemberKey, key)
      const decoded = value && decodeStored(stored.consumerGroupTargetAssignmentMemberValue, value)
      return { kind, groupId, part: 'target', memberId, value: decoded }
    }
    case 8: {
      const { groupId, memberId } = decodeStored(stored.consumerGroupCurrentMemberAssignmentKey, key)
      const decoded = value && decodeStored(stored.consumerGroupCurrentMemberAssignmentValue, value)
      return { kind, groupId, part: 'current', memberId, value: decoded }
    }
    case 16: {
      const { groupId, regularExpression } = decodeStored(stored.consumerGroupRegularExpressionKey, key)
      const decoded = value && decodeStored(stored.consumerGroupRegularExpressionValue, value)
      return { kind, groupId, part: 'regex', regex: regularExpression, value: decoded }
    }
    default:
      return null
  }
}
