import type { ConsumerGroupDescribeResponseInput } from '#core/wire/api/69-consumer-group-describe.ts'
import type { GroupWorld } from '../group/step.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, usesClassic } from './member.ts'
import { type Owned, type Partitions, listed, none } from './partitions.ts'
import { preferredAssignor } from './target-assignment.ts'

type DescribedGroup = ConsumerGroupDescribeResponseInput['groups'][number]
type DescribedMember = DescribedGroup['members'][number]

/** A consumer group as ConsumerGroupDescribe shows it. */
export function describeConsumerGroup(world: GroupWorld, group: ConsumerGroup): DescribedGroup {
  return {
    errorCode: 0,
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: preferredAssignor(group.members.values(), world.config['group.consumer.assignors'][0]!),
    members: Array.from(group.members.values(), (member) => describeMember(world, group, member)),
  }
}

/** A group of which there is nothing to show. */
export const describeNoConsumerGroup = (groupId: string, errorCode: number, errorMessage: string | null) => ({
  errorCode,
  errorMessage,
  groupId,
  groupState: '',
  groupEpoch: 0,
  assignmentEpoch: 0,
  assignorName: '',
  members: [],
})

function describeMember(world: GroupWorld, group: ConsumerGroup, member: ConsumerMember): DescribedMember {
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.memberEpoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: [...member.subscribedTopicNames],
    subscribedTopicRegex: member.subscribedTopicRegex,
    assignment: { topicPartitions: named(world, member.assigned, member.revoking) },
    targetAssignment: { topicPartitions: named(world, group.targets.get(member.memberId) ?? none) },
    memberType: usesClassic(member) ? 0 : 1,
  }
}

/** Partitions with the names of their topics; what a member has yet to give up is still its own. */
function named(world: GroupWorld, ...all: readonly (Partitions | Owned)[]) {
  const merged = new Map<string, Set<number>>()
  for (const { topicId, partitions } of all.flatMap((each) => listed(each))) {
    merged.set(topicId, new Set([...(merged.get(topicId) ?? []), ...partitions]))
  }
  return listed(merged).flatMap(({ topicId, partitions }) => {
    const topicName = world.topics.topicName(topicId)
    return topicName === undefined ? [] : [{ topicId, topicName, partitions }]
  })
}
