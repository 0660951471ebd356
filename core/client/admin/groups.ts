import type {
  GroupDescription,
  GroupListing,
  GroupType,
  TopicPartition,
  TopicPartitionOffset,
} from '#core/client/client.ts'
import { describe as describeGroup } from '#core/client/admin/group-descriptions.ts'
import { byTopic } from '#core/client/cluster/by-leader.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import { commitOffsets, fetchCommitted } from '#core/client/group/committed-offsets.ts'
import { GroupCoordinator } from '#core/client/group/coordinator.ts'
import { refusal } from '#core/client/errors.ts'
import { listGroups } from '#core/wire/api/16-list-groups.ts'
import { deleteGroups } from '#core/wire/api/42-delete-groups.ts'
import { offsetDelete } from '#core/wire/api/47-offset-delete.ts'

/** As brokers write them; those from before there were types have classic groups only. */
const groupTypes: ReadonlyMap<string, GroupType> = new Map(
  (['classic', 'consumer', 'streams'] as const).map((type) => [type, type]),
)

/** Groups of all brokers: each knows those that it coordinates. */
export async function list(cluster: Cluster): Promise<GroupListing[]> {
  return cluster.retrying(async () => {
    await cluster.refresh([])
    const answers = await Promise.all(
      [...cluster.metadata.brokers.keys()].map((broker) => cluster.send(broker, listGroups, {})),
    )
    return answers.flatMap(({ errorCode, groups }) => {
      if (errorCode !== 0) throw refusal(errorCode, 'listing groups')
      return groups.map(({ groupId, protocolType, groupState, groupType }) => ({
        groupId,
        type: groupTypes.get(groupType.toLowerCase()) ?? 'classic',
        protocolType,
        state: groupState,
      }))
    })
  })
}

/** Describes groups, each asked of its coordinator; one that is not there has state Dead and no members. */
export function describe(cluster: Cluster, groupIds: readonly string[]): Promise<GroupDescription[]> {
  return Promise.all(groupIds.map((groupId) => cluster.retrying(() => describeGroup(cluster, groupId))))
}

/** Deletes groups without members; rejects with the first that cannot be deleted. */
export async function remove(cluster: Cluster, groupIds: readonly string[]): Promise<void> {
  await Promise.all(
    groupIds.map((groupId) =>
      cluster.retrying(async () => {
        const coordinator = new GroupCoordinator(cluster, groupId)
        const { results } = await coordinator.send(deleteGroups, { groupsNames: [groupId] })
        for (const { errorCode } of results) coordinator.check(errorCode, `deleting group "${groupId}"`)
      }),
    ),
  )
}

/** All committed offsets of a group. */
export async function offsets(cluster: Cluster, groupId: string): Promise<TopicPartitionOffset[]> {
  const coordinator = new GroupCoordinator(cluster, groupId)
  return [...(await cluster.retrying(() => fetchCommitted(coordinator, null))).values()]
}

/** Commits for a group from outside; the broker refuses while the group has members. */
export async function alterOffsets(
  cluster: Cluster,
  groupId: string,
  changed: readonly TopicPartitionOffset[],
): Promise<void> {
  const coordinator = new GroupCoordinator(cluster, groupId)
  await cluster.retrying(() => commitOffsets(coordinator, changed))
}

/** Forgets committed offsets of partitions that no member subscribes to. */
export async function deleteOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<void> {
  const coordinator = new GroupCoordinator(cluster, groupId)
  const topics = byTopic(partitions, ({ partition }) => ({ partitionIndex: partition }))
  await cluster.retrying(async () => {
    const answer = await coordinator.send(offsetDelete, {
      groupId,
      topics: topics.map(({ topic, entries }) => ({ name: topic, partitions: entries })),
    })
    coordinator.check(answer.errorCode, `deleting offsets of group "${groupId}"`)
    for (const { name, partitions: each } of answer.topics) {
      for (const { partitionIndex, errorCode } of each) {
        coordinator.check(errorCode, `deleting the offset of ${name}-${partitionIndex} of group "${groupId}"`)
      }
    }
  })
}
