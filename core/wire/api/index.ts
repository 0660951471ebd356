import { produce } from '#core/wire/api/00-produce.ts'
import { fetch } from '#core/wire/api/01-fetch.ts'
import { listOffsets } from '#core/wire/api/02-list-offsets.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'
import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import { offsetFetch } from '#core/wire/api/09-offset-fetch.ts'
import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { joinGroup } from '#core/wire/api/11-join-group.ts'
import { heartbeat } from '#core/wire/api/12-heartbeat.ts'
import { leaveGroup } from '#core/wire/api/13-leave-group.ts'
import { syncGroup } from '#core/wire/api/14-sync-group.ts'
import { describeGroups } from '#core/wire/api/15-describe-groups.ts'
import { listGroups } from '#core/wire/api/16-list-groups.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { createTopics } from '#core/wire/api/19-create-topics.ts'
import { deleteTopics } from '#core/wire/api/20-delete-topics.ts'
import { deleteRecords } from '#core/wire/api/21-delete-records.ts'
import { initProducerId } from '#core/wire/api/22-init-producer-id.ts'
import { offsetForLeaderEpoch } from '#core/wire/api/23-offset-for-leader-epoch.ts'
import { describeConfigs } from '#core/wire/api/32-describe-configs.ts'
import { alterConfigs } from '#core/wire/api/33-alter-configs.ts'
import { describeLogDirs } from '#core/wire/api/35-describe-log-dirs.ts'
import { createPartitions } from '#core/wire/api/37-create-partitions.ts'
import { deleteGroups } from '#core/wire/api/42-delete-groups.ts'
import { incrementalAlterConfigs } from '#core/wire/api/44-incremental-alter-configs.ts'
import { offsetDelete } from '#core/wire/api/47-offset-delete.ts'
import { describeCluster } from '#core/wire/api/60-describe-cluster.ts'
import { describeTopicPartitions } from '#core/wire/api/75-describe-topic-partitions.ts'
import type { Api } from '#core/wire/schema.ts'

/** Every API that the project speaks, by ascending key. Import a single one from its own file. */
export const apis: readonly Api[] = [
  produce,
  fetch,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  findCoordinator,
  joinGroup,
  heartbeat,
  leaveGroup,
  syncGroup,
  describeGroups,
  listGroups,
  apiVersions,
  createTopics,
  deleteTopics,
  deleteRecords,
  initProducerId,
  offsetForLeaderEpoch,
  describeConfigs,
  alterConfigs,
  describeLogDirs,
  createPartitions,
  deleteGroups,
  incrementalAlterConfigs,
  offsetDelete,
  describeCluster,
  describeTopicPartitions,
]

const byKey: (Api | undefined)[] = []
for (const each of apis) byKey[each.key] = each

/** The API with this key, or undefined. */
export function apiOf(key: number): Api | undefined {
  return byKey[key]
}
