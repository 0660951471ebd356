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

export const describeTopicPartitions = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: '0',
  flexible: '0+',
  request: {
    topics: structs({
      name: string(),
    }),
    responsePartitionLimit: int32({ default: 2000 }),
    cursor: struct({
      topicName: string(),
      partitionIndex: int32(),
    }).with({ nullable: '0+', default: null }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: structs({
      errorCode: int16(),
      name: string({ nullable: '0+' }),
      topicId: uuid(),
      isInternal: bool({ default: false }),
      partitions: structs({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ default: -1 }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        eligibleLeaderReplicas: array(int32(), { nullable: '0+', default: null }),
        lastKnownElr: array(int32(), { nullable: '0+', default: null }),
        offlineReplicas: array(int32()),
      }),
      topicAuthorizedOperations: int32({ default: -2147483648 }),
    }),
    nextCursor: struct({
      topicName: string(),
      partitionIndex: int32(),
    }).with({ nullable: '0+', default: null }),
  },
})

export type DescribeTopicPartitionsRequest = Decoded<typeof describeTopicPartitions.request>
export type DescribeTopicPartitionsRequestInput = Encodable<typeof describeTopicPartitions.request>
export type DescribeTopicPartitionsResponse = Decoded<typeof describeTopicPartitions.response>
export type DescribeTopicPartitionsResponseInput = Encodable<typeof describeTopicPartitions.response>
