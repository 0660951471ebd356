import { type AuthorizationCase, onCluster, onTopic, row, topic } from './row.ts'

const anyAcl = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: 'User:nobody',
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}
const newAcl = {
  resourceType: 2,
  resourceName: 'a',
  principal: 'User:nobody',
  host: '*',
  operation: 3,
  permissionType: 3,
}
const ofTopic = { resourceType: 2, resourceName: topic }
const ofBroker = { resourceType: 4, resourceName: '1' }
const noChange = { validateOnly: true }

/** Requests about the cluster as a whole, about settings, access and quotas. */
export const clusterCases: readonly AuthorizationCase[] = [
  row('DescribeAcls', 3, anyAcl, onCluster('DESCRIBE')),
  row('CreateAcls', 3, { creations: [newAcl] }, onCluster('ALTER')),
  row('DeleteAcls', 3, { filters: [anyAcl] }, onCluster('ALTER')),
  row('DescribeConfigs', 4, { resources: [{ ...ofTopic, configurationKeys: [] }] }, onTopic('DESCRIBE_CONFIGS')),
  row('DescribeConfigs', 4, { resources: [{ ...ofBroker, configurationKeys: [] }] }, onCluster('DESCRIBE_CONFIGS')),
  row('AlterConfigs', 2, { ...noChange, resources: [{ ...ofTopic, configs: [] }] }, onTopic('ALTER_CONFIGS')),
  row(
    'IncrementalAlterConfigs',
    1,
    { ...noChange, resources: [{ ...ofTopic, configs: [] }] },
    onTopic('ALTER_CONFIGS'),
  ),
  row(
    'IncrementalAlterConfigs',
    1,
    { ...noChange, resources: [{ ...ofBroker, configs: [] }] },
    onCluster('ALTER_CONFIGS'),
  ),
  row('DescribeLogDirs', 4, { topics: null }, onCluster('DESCRIBE')),
  row('DescribeClientQuotas', 1, { components: [], strict: false }, onCluster('DESCRIBE_CONFIGS')),
  row(
    'AlterClientQuotas',
    1,
    {
      ...noChange,
      entries: [{ entity: [{ entityType: 'user', entityName: 'a' }], ops: [] }],
    },
    onCluster('ALTER_CONFIGS'),
  ),
  row(
    'AlterReplicaLogDirs',
    2,
    { dirs: [{ path: '/nowhere', topics: [{ name: topic, partitions: [0] }] }] },
    onCluster('ALTER'),
  ),
  row(
    'ElectLeaders',
    2,
    { electionType: 0, topicPartitions: [{ topic, partitions: [0] }], timeoutMs: 1000 },
    onCluster('ALTER'),
  ),
  row('AlterPartitionReassignments', 0, { timeoutMs: 1000, topics: [] }, onCluster('ALTER')),
  row('ListPartitionReassignments', 0, { timeoutMs: 1000, topics: null }, onCluster('DESCRIBE')),
  row('DescribeUserScramCredentials', 0, { users: [{ name: 'nobody' }] }, onCluster('DESCRIBE')),
  row(
    'AlterUserScramCredentials',
    0,
    { deletions: [{ name: 'nobody', mechanism: 1 }], upsertions: [] },
    onCluster('ALTER'),
  ),
  row(
    'DescribeQuorum',
    1,
    { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] },
    onCluster('DESCRIBE'),
  ),
  row('UpdateFeatures', 1, { timeoutMs: 1000, ...noChange, featureUpdates: [] }, onCluster('ALTER')),
  row('UnregisterBroker', 0, { brokerId: 99 }, onCluster('ALTER')),
  row('ListConfigResources', 1, { resourceTypes: [2] }, onCluster('DESCRIBE_CONFIGS')),
]
