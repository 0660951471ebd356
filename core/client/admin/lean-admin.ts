import * as acls from '#core/client/admin/acls.ts'
import * as configs from '#core/client/admin/configs.ts'
import * as groups from '#core/client/admin/groups.ts'
import * as logDirs from '#core/client/admin/log-dirs.ts'
import * as quotas from '#core/client/admin/quotas.ts'
import * as records from '#core/client/admin/records.ts'
import * as scramLogins from '#core/client/admin/scram-logins.ts'
import * as topics from '#core/client/admin/topics.ts'
import type {
  AclEntry,
  AclFilter,
  Admin,
  ConfigEntry,
  ConfigResource,
  GroupDescription,
  GroupListing,
  LogDirDescription,
  NewTopic,
  OffsetQuery,
  TopicDescription,
  TopicPartition,
  TopicPartitionOffset,
} from '#core/client/client.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import { queryOffsets } from '#core/client/cluster/list-offsets.ts'
import type { EntityQuotas, QuotaPart, QuotaPartFilter, ScramLogin, ScramPassword } from '#core/client/identities.ts'
import type { ScramName } from '#core/security/scram.ts'

/** Administration over the connections that the client shares; has nothing of its own to close. */
export class LeanAdmin implements Admin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  createTopics(wanted: readonly NewTopic[]): Promise<void> {
    return topics.create(this.#cluster, wanted)
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return topics.remove(this.#cluster, names)
  }

  listTopics(): Promise<string[]> {
    return topics.list(this.#cluster)
  }

  describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    return topics.describe(this.#cluster, names)
  }

  createPartitions(totals: Readonly<Record<string, number>>): Promise<void> {
    return topics.grow(this.#cluster, totals)
  }

  describeConfigs(resources: readonly ConfigResource[]): Promise<ReadonlyMap<string, ConfigEntry[]>> {
    return configs.describe(this.#cluster, resources)
  }

  alterConfigs(resource: ConfigResource, changes: Readonly<Record<string, string | null>>): Promise<void> {
    return configs.alter(this.#cluster, resource, changes)
  }

  listOffsets(
    queries: readonly OffsetQuery[],
  ): Promise<ReadonlyMap<string, { readonly offset: number; readonly timestamp: number }>> {
    return queryOffsets(this.#cluster, queries)
  }

  deleteRecords(before: readonly TopicPartitionOffset[]): Promise<ReadonlyMap<string, number>> {
    return records.deleteBefore(this.#cluster, before)
  }

  listGroups(): Promise<GroupListing[]> {
    return groups.list(this.#cluster)
  }

  describeGroups(groupIds: readonly string[]): Promise<GroupDescription[]> {
    return groups.describe(this.#cluster, groupIds)
  }

  deleteGroups(groupIds: readonly string[]): Promise<void> {
    return groups.remove(this.#cluster, groupIds)
  }

  groupOffsets(groupId: string): Promise<TopicPartitionOffset[]> {
    return groups.offsets(this.#cluster, groupId)
  }

  alterGroupOffsets(groupId: string, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    return groups.alterOffsets(this.#cluster, groupId, offsets)
  }

  deleteGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void> {
    return groups.deleteOffsets(this.#cluster, groupId, partitions)
  }

  describeAcls(filter: AclFilter): Promise<AclEntry[]> {
    return acls.describe(this.#cluster, filter)
  }

  createAcls(entries: readonly AclEntry[]): Promise<void> {
    return acls.create(this.#cluster, entries)
  }

  deleteAcls(filters: readonly AclFilter[]): Promise<AclEntry[]> {
    return acls.remove(this.#cluster, filters)
  }

  describeClientQuotas(filters: readonly QuotaPartFilter[]): Promise<EntityQuotas[]> {
    return quotas.describe(this.#cluster, filters)
  }

  alterClientQuotas(entity: readonly QuotaPart[], changes: Readonly<Record<string, number | null>>): Promise<void> {
    return quotas.alter(this.#cluster, entity, changes)
  }

  describeScramLogins(users?: readonly string[]): Promise<ScramLogin[]> {
    return scramLogins.describe(this.#cluster, users)
  }

  alterScramLogin(user: string, mechanism: ScramName, wanted: ScramPassword | null): Promise<void> {
    return scramLogins.alter(this.#cluster, user, mechanism, wanted)
  }

  describeLogDirs(): Promise<LogDirDescription[]> {
    return logDirs.describe(this.#cluster)
  }

  async describeCluster(): Promise<{
    readonly clusterId: string
    readonly controller: number
    readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[]
  }> {
    await this.#cluster.retrying(() => this.#cluster.refresh([]))
    const { clusterId, controllerId, brokers } = this.#cluster.metadata
    return { clusterId: clusterId ?? '', controller: controllerId, brokers: [...brokers.values()] }
  }

  async close(): Promise<void> {}
}
