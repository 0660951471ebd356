import { zeroUuid as zero } from '#core/bytes/uuid.ts'
import { batchOf } from '../memory-broker.ts'
import { clusterCases } from './cluster-cases.ts'
import { coordinatorCases } from './coordinator-cases.ts'
import {
  type AuthorizationCase,
  cluster,
  group,
  onCluster,
  onGroup,
  onTopic,
  onTransaction,
  row,
  topic,
} from './row.ts'

const noChange = { validateOnly: true }

const produceOf = (named: object) => ({
  acks: -1,
  timeoutMs: 1000,
  topicData: [{ ...named, partitionData: [{ index: 0, records: batchOf(['x']) }] }],
})
const fetchOf = (named: object) => ({
  maxWaitMs: 0,
  minBytes: 1,
  topics: [{ ...named, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
  forgottenTopicsData: [],
})
const commitOf = (named: object) => ({
  groupId: group,
  memberId: '',
  topics: [{ ...named, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }] }],
})

/** A row for every right that a request can need. The topic `t` is there, with the id given; group `g` is not. */
export const authorizationCases = (topicId: string): readonly AuthorizationCase[] => [
  row('Produce', 9, produceOf({ name: topic }), onTopic('WRITE')),
  row('Produce', 13, produceOf({ topicId }), onTopic('WRITE')),
  row('Fetch', 12, fetchOf({ topic }), onTopic('READ')),
  row('Fetch', 13, fetchOf({ topicId }), onTopic('READ')),
  row(
    'ListOffsets',
    7,
    {
      replicaId: -1,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
    },
    onTopic('DESCRIBE'),
  ),
  row('Metadata', 12, { topics: [{ name: topic }] }, onTopic('DESCRIBE')),
  row('Metadata', 12, { topics: [{ name: null, topicId }] }, onTopic('DESCRIBE')),
  row('OffsetCommit', 9, commitOf({ name: topic }), onGroup('READ'), onTopic('READ')),
  row('OffsetCommit', 10, commitOf({ topicId }), onGroup('READ'), onTopic('READ')),
  row(
    'OffsetFetch',
    7,
    {
      groupId: group,
      topics: [{ name: topic, partitionIndexes: [0] }],
    },
    onGroup('DESCRIBE'),
    onTopic('DESCRIBE'),
  ),
  row(
    'OffsetFetch',
    9,
    {
      groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: [0] }] }],
    },
    onGroup('DESCRIBE'),
    onTopic('DESCRIBE'),
  ),
  row(
    'OffsetFetch',
    10,
    {
      groups: [{ groupId: group, topics: [{ topicId, partitionIndexes: [0] }] }],
    },
    onGroup('DESCRIBE'),
    onTopic('DESCRIBE'),
  ),
  row('FindCoordinator', 4, { coordinatorKeys: [group] }, onGroup('DESCRIBE')),
  row('FindCoordinator', 4, { keyType: 1, coordinatorKeys: ['x'] }, onTransaction('DESCRIBE')),
  row(
    'JoinGroup',
    5,
    {
      groupId: group,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 1000,
      memberId: 'unknown',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    },
    onGroup('READ'),
  ),
  row('Heartbeat', 4, { groupId: group, generationId: 1, memberId: 'm' }, onGroup('READ')),
  row('LeaveGroup', 4, { groupId: group, members: [{ memberId: 'm' }] }, onGroup('READ')),
  row('SyncGroup', 4, { groupId: group, generationId: 1, memberId: 'm', assignments: [] }, onGroup('READ')),
  row('DescribeGroups', 5, { groups: [group] }, onGroup('DESCRIBE')),
  row(
    'CreateTopics',
    7,
    {
      timeoutMs: 1000,
      ...noChange,
      topics: [{ name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    },
    [['CREATE', 'TOPIC', 'new'], 'TOPIC_AUTHORIZATION_FAILED'],
  ),
  row(
    'CreateTopics',
    7,
    {
      timeoutMs: 1000,
      ...noChange,
      topics: [{ name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    },
    [['CREATE', 'CLUSTER', cluster], 'TOPIC_AUTHORIZATION_FAILED'],
  ),
  row('DeleteTopics', 5, { timeoutMs: 1000, topicNames: ['doomed-5'] }, [
    ['DELETE', 'TOPIC', 'doomed-5'],
    'TOPIC_AUTHORIZATION_FAILED',
  ]),
  row('DeleteTopics', 6, { timeoutMs: 1000, topics: [{ name: 'doomed-6', topicId: zero }] }, [
    ['DELETE', 'TOPIC', 'doomed-6'],
    'TOPIC_AUTHORIZATION_FAILED',
  ]),
  row(
    'DeleteRecords',
    2,
    {
      timeoutMs: 1000,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 0 }] }],
    },
    onTopic('DELETE'),
  ),
  row('InitProducerId', 4, { transactionalId: null, transactionTimeoutMs: 1000 }, [
    ['WRITE', 'TOPIC', 'anything'],
    'CLUSTER_AUTHORIZATION_FAILED',
  ]),
  row('InitProducerId', 4, { transactionalId: null, transactionTimeoutMs: 1000 }, onCluster('IDEMPOTENT_WRITE')),
  row('InitProducerId', 4, { transactionalId: 'x', transactionTimeoutMs: 1000 }, onTransaction('WRITE')),
  row(
    'OffsetForLeaderEpoch',
    4,
    {
      topics: [{ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] }],
    },
    onTopic('DESCRIBE'),
  ),
  row(
    'CreatePartitions',
    3,
    {
      timeoutMs: 1000,
      ...noChange,
      topics: [{ name: topic, count: 2, assignments: null }],
    },
    onTopic('ALTER'),
  ),
  row('DeleteGroups', 2, { groupsNames: [group] }, onGroup('DELETE')),
  row(
    'OffsetDelete',
    0,
    {
      groupId: 'kept',
      topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }],
    },
    [['DELETE', 'GROUP', 'kept'], 'GROUP_AUTHORIZATION_FAILED'],
    onTopic('READ'),
  ),
  row(
    'DescribeTopicPartitions',
    0,
    { topics: [{ name: topic }], responsePartitionLimit: 10, cursor: null },
    onTopic('DESCRIBE'),
  ),
  ...clusterCases,
  ...coordinatorCases(),
]
