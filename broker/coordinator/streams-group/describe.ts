import type { StreamsGroupDescribeResponseInput } from '#core/wire/api/89-streams-group-describe.ts'
import type { Member } from './member.ts'
import type { StreamsGroup } from './streams-group.ts'
import { taskIds } from './tasks.ts'
import type { ConfiguredSubtopology, ConfiguredTopic } from './topology/configure.ts'
import type { Subtopology } from './topology/topology.ts'

/** A group as StreamsGroupDescribe shows it. */
export type DescribedStreamsGroup = StreamsGroupDescribeResponseInput['groups'][number]

type DescribedSubtopology = NonNullable<NonNullable<DescribedStreamsGroup['topology']>['subtopologies']>[number]
type DescribedTopic = DescribedSubtopology['stateChangelogTopics'][number]
type Assignment = DescribedStreamsGroup['members'][number]['assignment']

/** A group with its members; its topology with the numbers that were decided, once its topics are there. */
export function describeStreamsGroup(group: StreamsGroup): DescribedStreamsGroup {
  const { groupId, groupEpoch, assignmentEpoch, topology, configured } = group
  const isReady = configured?.problem === undefined && configured?.subtopologies !== undefined
  const subtopologies = isReady
    ? Array.from(configured.subtopologies.values(), ofConfigured)
    : topology?.subtopologies.map(ofStored)
  return {
    errorCode: 0,
    groupId,
    groupState: group.state,
    groupEpoch,
    assignmentEpoch,
    topology: topology === undefined ? null : { epoch: topology.epoch, subtopologies: subtopologies ?? [] },
    members: Array.from(group.members.values(), (member) => describeMember(group, member)),
  }
}

/** What is shown of a group that cannot be described. */
export const describeNoStreamsGroup = (
  groupId: string,
  errorCode: number,
  errorMessage: string | null,
): DescribedStreamsGroup => ({
  errorCode,
  errorMessage,
  groupId,
  groupState: '',
  groupEpoch: 0,
  assignmentEpoch: 0,
  topology: null,
  members: [],
})

const ofConfigured = (subtopology: ConfiguredSubtopology): DescribedSubtopology => ({
  subtopologyId: subtopology.subtopologyId,
  sourceTopics: subtopology.sourceTopics,
  repartitionSinkTopics: subtopology.repartitionSinkTopics,
  stateChangelogTopics: subtopology.stateChangelogTopics.map(describeTopic),
  repartitionSourceTopics: subtopology.repartitionSourceTopics.map(describeTopic),
})

const describeTopic = ({ name, partitions, replicationFactor, configs }: ConfiguredTopic): DescribedTopic => ({
  name,
  partitions,
  replicationFactor,
  topicConfigs: Object.entries(configs).map(([key, value]) => ({ key, value })),
})

const ofStored = (subtopology: Subtopology): DescribedSubtopology => ({
  subtopologyId: subtopology.subtopologyId,
  sourceTopics: subtopology.sourceTopics.toSorted(),
  repartitionSinkTopics: subtopology.repartitionSinkTopics.toSorted(),
  stateChangelogTopics: subtopology.stateChangelogTopics.toSorted(byName),
  repartitionSourceTopics: subtopology.repartitionSourceTopics.toSorted(byName),
})

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1)

function describeMember(group: StreamsGroup, member: Member): DescribedStreamsGroup['members'][number] {
  const { memberId, memberEpoch, metadata, assigned } = member
  const { clientId, clientHost, instanceId, rackId, processId, topologyEpoch, userEndpoint, clientTags } = metadata
  return {
    memberId,
    memberEpoch,
    instanceId,
    rackId,
    clientId,
    clientHost,
    topologyEpoch,
    processId,
    userEndpoint,
    clientTags,
    taskOffsets: [],
    taskEndOffsets: [],
    assignment: assignmentOf(assigned),
    targetAssignment: assignmentOf(group.targetOf(memberId)),
    isClassic: false,
  }
}

type AnyTasks = Parameters<typeof taskIds>[0]

const assignmentOf = (tasks: { active: AnyTasks; standby: AnyTasks; warmup: AnyTasks }): Assignment => ({
  activeTasks: taskIds(tasks.active),
  standbyTasks: taskIds(tasks.standby),
  warmupTasks: taskIds(tasks.warmup),
})
