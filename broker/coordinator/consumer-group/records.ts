import * as stored from '#core/wire/stored/consumer-group-records.ts'
import { groupRecordFormat } from '../group-record-format.ts'

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

const ofMember = ['memberId', 'memberId'] as const

/** How these records are stored. */
export const consumerRecords = groupRecordFormat<ConsumerGroupRecord>('consumer', {
  group: { type: 3, key: stored.consumerGroupMetadataKey, value: stored.consumerGroupMetadataValue },
  topics: { type: 4, key: stored.consumerGroupPartitionMetadataKey, value: stored.consumerGroupPartitionMetadataValue },
  member: {
    type: 5,
    key: stored.consumerGroupMemberMetadataKey,
    value: stored.consumerGroupMemberMetadataValue,
    id: ofMember,
  },
  targetEpoch: {
    type: 6,
    key: stored.consumerGroupTargetAssignmentMetadataKey,
    value: stored.consumerGroupTargetAssignmentMetadataValue,
  },
  target: {
    type: 7,
    key: stored.consumerGroupTargetAssignmentMemberKey,
    value: stored.consumerGroupTargetAssignmentMemberValue,
    id: ofMember,
  },
  current: {
    type: 8,
    key: stored.consumerGroupCurrentMemberAssignmentKey,
    value: stored.consumerGroupCurrentMemberAssignmentValue,
    id: ofMember,
  },
  regex: {
    type: 16,
    key: stored.consumerGroupRegularExpressionKey,
    value: stored.consumerGroupRegularExpressionValue,
    id: ['regex', 'regularExpression'],
  },
})
