import { type AuthorizationCase, onCluster, onGroup, onTopic, onTransaction, row, topic } from './row.ts'

const producer = { producerId: 12_345, producerEpoch: 0 }
const offset = { partitionIndex: 0, committedOffset: 1, committedMetadata: null }
const markers = [{ ...producer, transactionResult: false, topics: [], coordinatorEpoch: 0 }]
const modern = 'modern'
const streams = 'streams'

const modernHeartbeat = {
  groupId: modern,
  memberId: 'AAAAAAAAAAAAAAAAAAAAAg',
  memberEpoch: 0,
  rebalanceTimeoutMs: 60_000,
  subscribedTopicNames: [topic],
  topicPartitions: [],
}
const streamsHeartbeat = {
  groupId: streams,
  memberId: 'AAAAAAAAAAAAAAAAAAAAAw',
  memberEpoch: 0,
  endpointInformationEpoch: 0,
  rebalanceTimeoutMs: 60_000,
  processId: 'process',
  activeTasks: [],
  standbyTasks: [],
  warmupTasks: [],
  clientTags: [],
  userEndpoint: null,
  topology: {
    epoch: 0,
    subtopologies: [
      {
        subtopologyId: '0',
        sourceTopics: [topic],
        sourceTopicRegex: [],
        stateChangelogTopics: [],
        repartitionSinkTopics: [],
        repartitionSourceTopics: [],
        copartitionGroups: [],
      },
    ],
  },
}

/** Requests about transactions, and about groups of the newer kinds, in an order in which each finds what it needs. */
export const coordinatorCases = (): readonly AuthorizationCase[] => [
  row(
    'AddPartitionsToTxn',
    3,
    {
      v3AndBelowTransactionalId: 'x',
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: [{ name: topic, partitions: [0] }],
    },
    onTransaction('WRITE'),
    onTopic('WRITE'),
  ),
  row(
    'AddPartitionsToTxn',
    4,
    {
      transactions: [
        { transactionalId: 'x', ...producer, verifyOnly: true, topics: [{ name: topic, partitions: [0] }] },
      ],
    },
    onCluster('CLUSTER_ACTION'),
  ),
  row(
    'AddOffsetsToTxn',
    3,
    { transactionalId: 'x', ...producer, groupId: 'g' },
    onTransaction('WRITE'),
    onGroup('READ'),
  ),
  row('EndTxn', 3, { transactionalId: 'x', ...producer, committed: true }, onTransaction('WRITE')),
  row(
    'WriteTxnMarkers',
    1,
    { markers: [{ ...markers[0], topics: [{ name: topic, partitionIndexes: [0] }] }] },
    onCluster('ALTER'),
  ),
  row(
    'TxnOffsetCommit',
    3,
    { transactionalId: 'x', groupId: 'g', ...producer, topics: [{ name: topic, partitions: [offset] }] },
    onTransaction('WRITE'),
    onGroup('READ'),
    onTopic('READ'),
  ),
  row('DescribeProducers', 0, { topics: [{ name: topic, partitionIndexes: [0] }] }, onTopic('READ')),
  row('DescribeTransactions', 0, { transactionalIds: ['x'] }, onTransaction('DESCRIBE')),
  row('ConsumerGroupHeartbeat', 1, modernHeartbeat, onGroup('READ', modern), onTopic('DESCRIBE')),
  row(
    'ConsumerGroupDescribe',
    1,
    { groupIds: [modern], includeAuthorizedOperations: false },
    onGroup('DESCRIBE', modern),
    onTopic('DESCRIBE'),
  ),
  row('StreamsGroupHeartbeat', 0, streamsHeartbeat, onGroup('READ', streams), onTopic('DESCRIBE')),
  row(
    'StreamsGroupDescribe',
    0,
    { groupIds: [streams], includeAuthorizedOperations: false },
    onGroup('DESCRIBE', streams),
    onTopic('DESCRIBE'),
  ),
]
