import {
  type Decoded,
  type Encodable,
  api,
  array,
  bool,
  int16,
  int32,
  int8,
  string,
  struct,
  structs,
  uuid,
} from '#core/wire/schema.ts'

const assignment = {
  /** By topic. */
  topicPartitions: structs({
    /** The topic. */
    topicId: uuid(),
    /** The topic. */
    topicName: string(),
    /** Its partitions. */
    partitions: array(int32()),
  }),
}

/**
 * ConsumerGroupDescribe: describes KIP-848 consumer groups.
 *
 * 1: the type of each member.
 */
export const consumerGroupDescribe = api({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: '0-1',
  flexible: '0+',
  request: {
    /** The groups to describe. */
    groupIds: array(string()),
    /** True to be told what the client may do. */
    includeAuthorizedOperations: bool(),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** By group. */
    groups: structs({
      /** 0 when all is well. */
      errorCode: int16(),
      /** What went wrong, in words. */
      errorMessage: string({ nullable: '0+', default: null }),
      /** The group. */
      groupId: string(),
      /** 'Empty', 'Assigning', 'Reconciling', 'Stable' or 'Dead'. */
      groupState: string(),
      /** Grows with every change of members or topics. */
      groupEpoch: int32(),
      /** The group epoch for which the target assignment was made. */
      assignmentEpoch: int32(),
      /** The assignor in use. */
      assignorName: string(),
      /** By member. */
      members: structs({
        /** The member. */
        memberId: string(),
        /** For static members. */
        instanceId: string({ nullable: '0+', default: null }),
        /** Where it is. */
        rackId: string({ nullable: '0+', default: null }),
        /** Its epoch. */
        memberEpoch: int32(),
        /** As it names itself. */
        clientId: string(),
        /** Its address, with a slash in front. */
        clientHost: string(),
        /** The topics it subscribes to by name. */
        subscribedTopicNames: array(string()),
        /** In RE2/J syntax; null for none. */
        subscribedTopicRegex: string({ nullable: '0+', default: null }),
        /** What it owns. */
        assignment: struct(assignment),
        /** What it is to own. */
        targetAssignment: struct(assignment),
        /** -1: not known; 0: classic; 1: consumer. */
        memberType: int8({ versions: '1+', default: -1, ignorable: true }),
      }),
      /** A bit for each operation that the client may do; the lowest number when not asked. */
      authorizedOperations: int32({ default: -2147483648 }),
    }),
  },
})

export type ConsumerGroupDescribeRequest = Decoded<typeof consumerGroupDescribe.request>
export type ConsumerGroupDescribeRequestInput = Encodable<typeof consumerGroupDescribe.request>
export type ConsumerGroupDescribeResponse = Decoded<typeof consumerGroupDescribe.response>
export type ConsumerGroupDescribeResponseInput = Encodable<typeof consumerGroupDescribe.response>
