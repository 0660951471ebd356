import * as stored from '#core/wire/stored/streams-group-records.ts'
import { groupRecordFormat } from '../group-record-format.ts'

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

const ofMember = ['memberId', 'memberId'] as const

/** How these records are stored. */
export const streamsRecords = groupRecordFormat<StreamsGroupRecord>('streams', {
  group: { type: 17, key: stored.streamsGroupMetadataKey, value: stored.streamsGroupMetadataValue },
  member: {
    type: 19,
    key: stored.streamsGroupMemberMetadataKey,
    value: stored.streamsGroupMemberMetadataValue,
    id: ofMember,
  },
  targetEpoch: {
    type: 20,
    key: stored.streamsGroupTargetAssignmentMetadataKey,
    value: stored.streamsGroupTargetAssignmentMetadataValue,
  },
  target: {
    type: 21,
    key: stored.streamsGroupTargetAssignmentMemberKey,
    value: stored.streamsGroupTargetAssignmentMemberValue,
    id: ofMember,
  },
  current: {
    type: 22,
    key: stored.streamsGroupCurrentMemberAssignmentKey,
    value: stored.streamsGroupCurrentMemberAssignmentValue,
    id: ofMember,
  },
  topology: { type: 23, key: stored.streamsGroupTopologyKey, value: stored.streamsGroupTopologyValue },
})
