import type { DescribeGroupsResponseInput } from '#core/wire/api/15-describe-groups.ts'
import type { ListGroupsRequest, ListGroupsResponseInput } from '#core/wire/api/16-list-groups.ts'
import type { Group } from '../group-kinds.ts'
import type { ClassicGroup } from './classic-group.ts'
import { metadataOf, noBytes } from './member.ts'

type DescribedGroup = DescribeGroupsResponseInput['groups'][number]
type ListedGroup = ListGroupsResponseInput['groups'][number]

/** A group as DescribeGroups shows it; what the members say is shown only while a protocol is agreed on. */
export function describeGroup(group: ClassicGroup): DescribedGroup {
  const isStable = group.state === 'Stable'
  return {
    errorCode: 0,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: Array.from(group.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataOf(member, group.protocolName) : noBytes,
      memberAssignment: member.assignment,
    })),
  }
}

/** A group of which nothing but its name can be shown. */
export function describeNothing(groupId: string, errorCode: number, groupState: '' | 'Dead'): DescribedGroup {
  return { errorCode, groupId, groupState, protocolType: '', protocolData: '', members: [] }
}

/** Which groups a ListGroups asks for, by state and by type, letter case aside; an empty list asks for all. */
export function listFilter(request: ListGroupsRequest): (group: Group) => boolean {
  const states = new Set(request.statesFilter.map((state) => state.toLowerCase()))
  const types = new Set(request.typesFilter.map((type) => type.toLowerCase()))
  return (group) =>
    (types.size === 0 || types.has(group.type)) && (states.size === 0 || states.has(group.state.toLowerCase()))
}

/** A group as ListGroups shows it. */
export function listGroup(group: Group): ListedGroup {
  return {
    groupId: group.groupId,
    protocolType: group.protocolType ?? '',
    groupState: group.state,
    groupType: group.type,
  }
}
