import type { GroupDescription, TopicPartition } from '#core/client/client.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import { GroupCoordinator } from '#core/client/group/coordinator.ts'
import { isKnownError } from '#core/errors/table.ts'
import { describeGroups, type DescribeGroupsResponse } from '#core/wire/api/15-describe-groups.ts'
import { consumerGroupDescribe, type ConsumerGroupDescribeResponse } from '#core/wire/api/69-consumer-group-describe.ts'
import { streamsGroupDescribe, type StreamsGroupDescribeResponse } from '#core/wire/api/89-streams-group-describe.ts'
import { decodeAssignment } from '#core/wire/embedded/consumer-protocol.ts'
import { errorCodes } from '#core/wire/errors.ts'

const noBytes = Buffer.alloc(0)

/** A group of any type, asked of its coordinator; one that is not there has state Dead and no members. */
export async function describe(cluster: Cluster, groupId: string): Promise<GroupDescription> {
  const coordinator = new GroupCoordinator(cluster, groupId)
  return (
    (await classicGroup(coordinator)) ??
    (await consumerGroup(coordinator)) ??
    (await streamsGroup(coordinator)) ?? { ...emptyGroup, groupId, state: 'Dead' }
  )
}

const emptyGroup = { type: 'classic', protocolType: '', protocol: '', members: [] } as const

async function classicGroup(coordinator: GroupCoordinator): Promise<GroupDescription | undefined> {
  const { groups } = await coordinator.send(describeGroups, { groups: [coordinator.groupId] })
  const group = found(coordinator, groups)
  return group === undefined || group.groupState === 'Dead' ? undefined : classic(group)
}

async function consumerGroup(coordinator: GroupCoordinator): Promise<GroupDescription | undefined> {
  const body = { groupIds: [coordinator.groupId], includeAuthorizedOperations: false }
  const answer = await unlessUnsupported(coordinator.send(consumerGroupDescribe, body))
  const group = found(coordinator, answer?.groups ?? [])
  return group && consumer(group)
}

async function streamsGroup(coordinator: GroupCoordinator): Promise<GroupDescription | undefined> {
  const body = { groupIds: [coordinator.groupId], includeAuthorizedOperations: false }
  const answer = await unlessUnsupported(coordinator.send(streamsGroupDescribe, body))
  const group = found(coordinator, answer?.groups ?? [])
  return group && streams(group)
}

/** A broker that does not know a kind of groups has none. */
async function unlessUnsupported<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isKnownError(error) && error.code === 'VERSION_UNSUPPORTED') return undefined
    throw error
  }
}

function found<Group extends { readonly errorCode: number; readonly errorMessage: string | null }>(
  coordinator: GroupCoordinator,
  groups: readonly Group[],
): Group | undefined {
  const group = groups[0]
  if (group === undefined || group.errorCode === errorCodes.GROUP_ID_NOT_FOUND.code) return undefined
  coordinator.check(group.errorCode, `describing group "${coordinator.groupId}"`, group.errorMessage)
  return group
}

const classic = (group: DescribeGroupsResponse['groups'][number]): GroupDescription => ({
  groupId: group.groupId,
  type: 'classic',
  state: group.groupState,
  protocolType: group.protocolType,
  protocol: group.protocolData,
  members: group.members.map(
    ({ memberId, groupInstanceId, clientId, clientHost, memberMetadata, memberAssignment }) => ({
      memberId,
      groupInstanceId,
      clientId,
      clientHost,
      metadata: memberMetadata,
      assignment: memberAssignment,
      partitions: consumerPartitions(group.protocolType, memberAssignment),
    }),
  ),
})

/** What a member of a classic group reads: told by its assignment when the group is one of consumers. */
export function consumerPartitions(protocolType: string, assignment: Buffer): TopicPartition[] {
  if (protocolType !== 'consumer') return []
  return spread(decodeAssignment(assignment).assignedPartitions)
}

const spread = (topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[]) =>
  topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))

const consumer = (group: ConsumerGroupDescribeResponse['groups'][number]): GroupDescription => ({
  groupId: group.groupId,
  type: 'consumer',
  state: group.groupState,
  protocolType: 'consumer',
  protocol: group.assignorName,
  members: group.members.map(({ memberId, instanceId, clientId, clientHost, assignment }) => ({
    memberId,
    groupInstanceId: instanceId,
    clientId,
    clientHost,
    metadata: noBytes,
    assignment: noBytes,
    partitions: spread(
      assignment.topicPartitions.map(({ topicName, partitions }) => ({ topic: topicName, partitions })),
    ),
  })),
})

function streams(group: StreamsGroupDescribeResponse['groups'][number]): GroupDescription {
  const topics = new Map(
    group.topology?.subtopologies?.map(({ subtopologyId, sourceTopics, repartitionSourceTopics }) => [
      subtopologyId,
      [...sourceTopics, ...repartitionSourceTopics.map(({ name }) => name)],
    ]),
  )
  return {
    groupId: group.groupId,
    type: 'streams',
    state: group.groupState,
    protocolType: 'streams',
    protocol: 'streams',
    members: group.members.map(({ memberId, instanceId, clientId, clientHost, assignment }) => ({
      memberId,
      groupInstanceId: instanceId,
      clientId,
      clientHost,
      metadata: noBytes,
      assignment: noBytes,
      partitions: assignment.activeTasks.flatMap(({ subtopologyId, partitions }) =>
        spread((topics.get(subtopologyId) ?? []).map((topic) => ({ topic, partitions }))),
      ),
    })),
  }
}
