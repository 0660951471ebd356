import {
  type Decoded,
  type Encodable,
  api,
  array,
  bool,
  int16,
  int32,
  string,
  struct,
  structs,
  uuid,
} from '#core/wire/schema.ts'

/**
 * DescribeTopicPartitions: partitions of topics, page by page, with what Metadata does not tell. Tools print from it.
 *
 * Topics come in the order of their names, and a page may end in the middle of one: nextCursor says where to go on.
 */
export const describeTopicPartitions = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: '0',
  flexible: '0+',
  request: {
    /** The topics; none asks for all. */
    topics: structs({
      /** The topic. */
      name: string(),
    }),
    /** At most so many partitions on a page; the broker has a limit of its own. */
    responsePartitionLimit: int32({ default: 2000 }),
    /** Where to go on; null to begin. */
    cursor: struct({
      /** The first topic of the page, which need not exist any more. */
      topicName: string(),
      /** Its first partition of the page. */
      partitionIndex: int32(),
    }).with({ nullable: '0+', default: null }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ default: 0 }),
    /** The topics of this page. */
    topics: structs({
      /** Of this topic. */
      errorCode: int16(),
      /** Null when it may not be told. */
      name: string({ nullable: '0+' }),
      /** Zero when there is no such topic. */
      topicId: uuid(),
      /** True for the topics of the coordinators. */
      isInternal: bool({ default: false }),
      /** In the order of their numbers. */
      partitions: structs({
        /** LEADER_NOT_AVAILABLE without a leader. */
        errorCode: int16(),
        /** The partition. */
        partitionIndex: int32(),
        /** -1 when there is none. */
        leaderId: int32(),
        /** -1 when unknown. */
        leaderEpoch: int32({ default: -1 }),
        /** All replicas; the first is the preferred leader. */
        replicaNodes: array(int32()),
        /** The replicas in sync. */
        isrNodes: array(int32()),
        /**
         * Replicas that have all committed records though not in sync (KIP-966); null when the cluster does not keep
         * them.
         */
        eligibleLeaderReplicas: array(int32(), { nullable: '0+', default: null }),
        /** Who could have led when the last such replica was lost; null when the cluster does not keep them. */
        lastKnownElr: array(int32(), { nullable: '0+', default: null }),
        /** Replicas on brokers that are down or on failed disks. */
        offlineReplicas: array(int32()),
      }),
      /** A bit for each operation; the smallest int32 when it may not be told. */
      topicAuthorizedOperations: int32({ default: -2147483648 }),
    }),
    /** Null on the last page. */
    nextCursor: struct({
      /** Where to go on. */
      topicName: string(),
      /** Where to go on in that topic. */
      partitionIndex: int32(),
    }).with({ nullable: '0+', default: null }),
  },
})

export type DescribeTopicPartitionsRequest = Decoded<typeof describeTopicPartitions.request>
export type DescribeTopicPartitionsRequestInput = Encodable<typeof describeTopicPartitions.request>
export type DescribeTopicPartitionsResponse = Decoded<typeof describeTopicPartitions.response>
export type DescribeTopicPartitionsResponseInput = Encodable<typeof describeTopicPartitions.response>
