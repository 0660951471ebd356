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
import { saslHandshake } from '#core/wire/api/17-sasl-handshake.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { createTopics } from '#core/wire/api/19-create-topics.ts'
import { deleteTopics } from '#core/wire/api/20-delete-topics.ts'
import { deleteRecords } from '#core/wire/api/21-delete-records.ts'
import { initProducerId } from '#core/wire/api/22-init-producer-id.ts'
import { offsetForLeaderEpoch } from '#core/wire/api/23-offset-for-leader-epoch.ts'
import { addPartitionsToTxn } from '#core/wire/api/24-add-partitions-to-txn.ts'
import { addOffsetsToTxn } from '#core/wire/api/25-add-offsets-to-txn.ts'
import { endTxn } from '#core/wire/api/26-end-txn.ts'
import { writeTxnMarkers } from '#core/wire/api/27-write-txn-markers.ts'
import { txnOffsetCommit } from '#core/wire/api/28-txn-offset-commit.ts'
import { describeAcls } from '#core/wire/api/29-describe-acls.ts'
import { createAcls } from '#core/wire/api/30-create-acls.ts'
import { deleteAcls } from '#core/wire/api/31-delete-acls.ts'
import { describeConfigs } from '#core/wire/api/32-describe-configs.ts'
import { alterConfigs } from '#core/wire/api/33-alter-configs.ts'
import { alterReplicaLogDirs } from '#core/wire/api/34-alter-replica-log-dirs.ts'
import { describeLogDirs } from '#core/wire/api/35-describe-log-dirs.ts'
import { saslAuthenticate } from '#core/wire/api/36-sasl-authenticate.ts'
import { createPartitions } from '#core/wire/api/37-create-partitions.ts'
import { deleteGroups } from '#core/wire/api/42-delete-groups.ts'
import { electLeaders } from '#core/wire/api/43-elect-leaders.ts'
import { incrementalAlterConfigs } from '#core/wire/api/44-incremental-alter-configs.ts'
import { alterPartitionReassignments } from '#core/wire/api/45-alter-partition-reassignments.ts'
import { listPartitionReassignments } from '#core/wire/api/46-list-partition-reassignments.ts'
import { offsetDelete } from '#core/wire/api/47-offset-delete.ts'
import { describeClientQuotas } from '#core/wire/api/48-describe-client-quotas.ts'
import { alterClientQuotas } from '#core/wire/api/49-alter-client-quotas.ts'
import { describeUserScramCredentials } from '#core/wire/api/50-describe-user-scram-credentials.ts'
import { alterUserScramCredentials } from '#core/wire/api/51-alter-user-scram-credentials.ts'
import { describeQuorum } from '#core/wire/api/55-describe-quorum.ts'
import { updateFeatures } from '#core/wire/api/57-update-features.ts'
import { describeCluster } from '#core/wire/api/60-describe-cluster.ts'
import { describeProducers } from '#core/wire/api/61-describe-producers.ts'
import { unregisterBroker } from '#core/wire/api/64-unregister-broker.ts'
import { describeTransactions } from '#core/wire/api/65-describe-transactions.ts'
import { listTransactions } from '#core/wire/api/66-list-transactions.ts'
import { consumerGroupHeartbeat } from '#core/wire/api/68-consumer-group-heartbeat.ts'
import { consumerGroupDescribe } from '#core/wire/api/69-consumer-group-describe.ts'
import { listConfigResources } from '#core/wire/api/74-list-config-resources.ts'
import { describeTopicPartitions } from '#core/wire/api/75-describe-topic-partitions.ts'
import { streamsGroupHeartbeat } from '#core/wire/api/88-streams-group-heartbeat.ts'
import { streamsGroupDescribe } from '#core/wire/api/89-streams-group-describe.ts'
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
  saslHandshake,
  apiVersions,
  createTopics,
  deleteTopics,
  deleteRecords,
  initProducerId,
  offsetForLeaderEpoch,
  addPartitionsToTxn,
  addOffsetsToTxn,
  endTxn,
  writeTxnMarkers,
  txnOffsetCommit,
  describeAcls,
  createAcls,
  deleteAcls,
  describeConfigs,
  alterConfigs,
  alterReplicaLogDirs,
  describeLogDirs,
  saslAuthenticate,
  createPartitions,
  deleteGroups,
  electLeaders,
  incrementalAlterConfigs,
  alterPartitionReassignments,
  listPartitionReassignments,
  offsetDelete,
  describeClientQuotas,
  alterClientQuotas,
  describeUserScramCredentials,
  alterUserScramCredentials,
  describeQuorum,
  updateFeatures,
  describeCluster,
  describeProducers,
  unregisterBroker,
  describeTransactions,
  listTransactions,
  consumerGroupHeartbeat,
  consumerGroupDescribe,
  listConfigResources,
  describeTopicPartitions,
  streamsGroupHeartbeat,
  streamsGroupDescribe,
]

const byKey: (Api | undefined)[] = []
for (const each of apis) byKey[each.key] = each

/** The API with this key, or undefined. */
export function apiOf(key: number): Api | undefined {
  return byKey[key]
}
