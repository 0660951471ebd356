import {
  type Decoded,
  type Encodable,
  array,
  bytes,
  int32,
  int64,
  int8,
  string,
  struct,
  structs,
  uuid,
} from '#core/wire/schema.ts'
import { storedMessage } from '#core/wire/stored/stored.ts'

/** Key of a consumer group: type 3. */
export const consumerGroupMetadataKey = storedMessage({
  name: 'ConsumerGroupMetadataKey',
  versions: '3',
  flexible: 'none',
  fields: {
    /** The group. */
    groupId: string(),
  },
})

export type ConsumerGroupMetadataKey = Decoded<typeof consumerGroupMetadataKey>
export type ConsumerGroupMetadataKeyInput = Encodable<typeof consumerGroupMetadataKey>

/** A consumer group. */
export const consumerGroupMetadataValue = storedMessage({
  name: 'ConsumerGroupMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    /** Grows with every change of members or topics. */
    epoch: int32(),
    /** Of the subscribed topics; another value means that they changed. */
    metadataHash: int64({ tag: 0, wide: true, default: 0n }),
  },
})

export type ConsumerGroupMetadataValue = Decoded<typeof consumerGroupMetadataValue>
export type ConsumerGroupMetadataValueInput = Encodable<typeof consumerGroupMetadataValue>

/** Key of what a consumer group once knew of its topics: type 4. Only removed, not written, since Kafka 4.1. */
export const consumerGroupPartitionMetadataKey = storedMessage({
  name: 'ConsumerGroupPartitionMetadataKey',
  versions: '4',
  flexible: 'none',
  fields: {
    /** The group. */
    groupId: string(),
  },
})

export type ConsumerGroupPartitionMetadataKey = Decoded<typeof consumerGroupPartitionMetadataKey>
export type ConsumerGroupPartitionMetadataKeyInput = Encodable<typeof consumerGroupPartitionMetadataKey>

/** The partitions of subscribed topics, as older coordinators kept them. */
export const consumerGroupPartitionMetadataValue = storedMessage({
  name: 'ConsumerGroupPartitionMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    /** By topic. */
    topics: structs({
      /** The topic. */
      topicId: uuid(),
      /** The topic. */
      topicName: string(),
      /** How many it has. */
      numPartitions: int32(),
      /** By partition. */
      partitionMetadata: structs({
        /** The partition. */
        partition: int32(),
        /** Racks of its replicas. */
        racks: array(string()),
      }),
    }),
  },
})

export type ConsumerGroupPartitionMetadataValue = Decoded<typeof consumerGroupPartitionMetadataValue>
export type ConsumerGroupPartitionMetadataValueInput = Encodable<typeof consumerGroupPartitionMetadataValue>

/** Key of a member of a consumer group: type 5. */
export const consumerGroupMemberMetadataKey = storedMessage({
  name: 'ConsumerGroupMemberMetadataKey',
  versions: '5',
  flexible: 'none',
  fields: {
    /** The group. */
    groupId: string(),
    /** The member. */
    memberId: string(),
  },
})

export type ConsumerGroupMemberMetadataKey = Decoded<typeof consumerGroupMemberMetadataKey>
export type ConsumerGroupMemberMetadataKeyInput = Encodable<typeof consumerGroupMemberMetadataKey>

/** A member of a consumer group. */
export const consumerGroupMemberMetadataValue = storedMessage({
  name: 'ConsumerGroupMemberMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    /** For static members. */
    instanceId: string({ nullable: '0+' }),
    /** Where it is. */
    rackId: string({ nullable: '0+' }),
    /** As it names itself. */
    clientId: string(),
    /** Its address, with a slash in front. */
    clientHost: string(),
    /** The topics it subscribes to by name. */
    subscribedTopicNames: array(string()),
    /** In RE2/J syntax; null for none. */
    subscribedTopicRegex: string({ nullable: '0+' }),
    /** How long it may take to give up partitions. */
    rebalanceTimeoutMs: int32({ default: -1 }),
    /** The assignor it would like; null for the broker's choice. */
    serverAssignor: string({ nullable: '0+' }),
    /** Null for a member of the consumer protocol. */
    classicMemberMetadata: struct({
      /** In ms. */
      sessionTimeoutMs: int32(),
      /** As it offered them. */
      supportedProtocols: structs({
        /** The protocol. */
        name: string(),
        /** Its subscription, encoded. */
        metadata: bytes(),
      }),
    }).with({ nullable: '0+', tag: 0 }),
  },
})

export type ConsumerGroupMemberMetadataValue = Decoded<typeof consumerGroupMemberMetadataValue>
export type ConsumerGroupMemberMetadataValueInput = Encodable<typeof consumerGroupMemberMetadataValue>

/** Key of the head of a target assignment: type 6. */
export const consumerGroupTargetAssignmentMetadataKey = storedMessage({
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  versions: '6',
  flexible: 'none',
  fields: {
    /** The group. */
    groupId: string(),
  },
})

export type ConsumerGroupTargetAssignmentMetadataKey = Decoded<typeof consumerGroupTargetAssignmentMetadataKey>
export type ConsumerGroupTargetAssignmentMetadataKeyInput = Encodable<typeof consumerGroupTargetAssignmentMetadataKey>

/** The head of a target assignment; written after its members. */
export const consumerGroupTargetAssignmentMetadataValue = storedMessage({
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    /** The group epoch for which the target assignment was made. */
    assignmentEpoch: int32(),
    /** When it was made, ms. */
    assignmentTimestamp: int64({ tag: 0, default: 0 }),
  },
})

export type ConsumerGroupTargetAssignmentMetadataValue = Decoded<typeof consumerGroupTargetAssignmentMetadataValue>
export type ConsumerGroupTargetAssignmentMetadataValueInput = Encodable<
  typeof consumerGroupTargetAssignmentMetadataValue
>

/** Key of a member's part of the target assignment: type 7. */
export const consumerGroupTargetAssignmentMemberKey = storedMessage({
  name: 'ConsumerGroupTargetAssignmentMemberKey',
  versions: '7',
  flexible: 'none',
  fields: {
    /** The group. */
    groupId: string(),
    /** The member. */
    memberId: string(),
  },
})

export type ConsumerGroupTargetAssignmentMemberKey = Decoded<typeof consumerGroupTargetAssignmentMemberKey>
export type ConsumerGroupTargetAssignmentMemberKeyInput = Encodable<typeof consumerGroupTargetAssignmentMemberKey>

/** What a member is to own in the end. */
export const consumerGroupTargetAssignmentMemberValue = storedMessage({
  name: 'ConsumerGroupTargetAssignmentMemberValue',
  versions: '0',
  flexible: '0+',
  fields: {
    /** By topic. */
    topicPartitions: structs({
      /** The topic. */
      topicId: uuid(),
      /** Its partitions. */
      partitions: array(int32()),
    }),
  },
})

export type ConsumerGroupTargetAssignmentMemberValue = Decoded<typeof consumerGroupTargetAssignmentMemberValue>
export type ConsumerGroupTargetAssignmentMemberValueInput = Encodable<typeof consumerGroupTargetAssignmentMemberValue>

/** Key of what a member owns now: type 8. */
export const consumerGroupCurrentMemberAssignmentKey = storedMessage({
  name: 'ConsumerGroupCurrentMemberAssignmentKey',
  versions: '8',
  flexible: 'none',
  fields: {
    /** The group. */
    groupId: string(),
    /** The member. */
    memberId: string(),
  },
})

export type ConsumerGroupCurrentMemberAssignmentKey = Decoded<typeof consumerGroupCurrentMemberAssignmentKey>
export type ConsumerGroupCurrentMemberAssignmentKeyInput = Encodable<typeof consumerGroupCurrentMemberAssignmentKey>

const topicPartitions = {
  /** The topic. */
  topicId: uuid(),
  /** Its partitions. */
  partitions: array(int32()),
  /** The epoch at which each partition was given; null from older coordinators. */
  assignmentEpochs: array(int32(), { nullable: '0+', tag: 0 }),
}

/** What a member owns now, and what it has been asked to give up. */
export const consumerGroupCurrentMemberAssignmentValue = storedMessage({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  versions: '0',
  flexible: '0+',
  fields: {
    /** Its epoch. */
    memberEpoch: int32(),
    /** The epoch before, for a client whose answer was lost. */
    previousMemberEpoch: int32(),
    /** 0: stable; 1: unrevoked partitions; 2: unreleased partitions; 127: unknown. */
    state: int8(),
    /** What it owns. */
    assignedPartitions: structs(topicPartitions),
    /** What it has been asked to give up. */
    partitionsPendingRevocation: structs(topicPartitions),
  },
})

export type ConsumerGroupCurrentMemberAssignmentValue = Decoded<typeof consumerGroupCurrentMemberAssignmentValue>
export type ConsumerGroupCurrentMemberAssignmentValueInput = Encodable<typeof consumerGroupCurrentMemberAssignmentValue>

/** Key of a resolved regular expression of a consumer group: type 16. */
export const consumerGroupRegularExpressionKey = storedMessage({
  name: 'ConsumerGroupRegularExpressionKey',
  versions: '16',
  flexible: 'none',
  fields: {
    /** The group. */
    groupId: string(),
    /** In RE2/J syntax. */
    regularExpression: string(),
  },
})

export type ConsumerGroupRegularExpressionKey = Decoded<typeof consumerGroupRegularExpressionKey>
export type ConsumerGroupRegularExpressionKeyInput = Encodable<typeof consumerGroupRegularExpressionKey>

/** The topics that a regular expression matched. */
export const consumerGroupRegularExpressionValue = storedMessage({
  name: 'ConsumerGroupRegularExpressionValue',
  versions: '0',
  flexible: '0+',
  fields: {
    /** The topics that matched. */
    topics: array(string()),
    /** Metadata offset at which it was resolved. */
    version: int64(),
    /** When it was resolved, ms. */
    timestamp: int64(),
  },
})

export type ConsumerGroupRegularExpressionValue = Decoded<typeof consumerGroupRegularExpressionValue>
export type ConsumerGroupRegularExpressionValueInput = Encodable<typeof consumerGroupRegularExpressionValue>
