import {
  type Decoded,
  type Encodable,
  api,
  array,
  int16,
  int32,
  string,
  struct,
  structs,
  uuid,
} from '#core/wire/schema.ts'

/**
 * ConsumerGroupHeartbeat: everything a member of a KIP-848 consumer group says: it joins, stays, acknowledges what
 * it owns, and leaves.
 *
 * 1: the client makes the member id; subscriptions by regular expression.
 */
export const consumerGroupHeartbeat = api({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: '0-1',
  flexible: '0+',
  request: {
    /** The group. */
    groupId: string(),
    /** Made by the client from version 1 on; empty in version 0 to be given one. */
    memberId: string(),
    /**
     * 0 to join, -1 to leave, -2 to leave for a while as a static member, else the epoch it was told.
     */
    memberEpoch: int32(),
    /** For static members. */
    instanceId: string({ nullable: '0+', default: null }),
    /** Where it is. */
    rackId: string({ nullable: '0+', default: null }),
    /** How long it may take to give up partitions; -1 when unchanged. */
    rebalanceTimeoutMs: int32({ default: -1 }),
    /** Null when unchanged. */
    subscribedTopicNames: array(string(), { nullable: '0+', default: null }),
    /** In RE2/J syntax; null when unchanged or none. */
    subscribedTopicRegex: string({ versions: '1+', nullable: '1+', default: null }),
    /** The assignor it would like; null when unchanged or the broker's choice. */
    serverAssignor: string({ nullable: '0+', default: null }),
    /** What it owns; null when unchanged since the last heartbeat. */
    topicPartitions: structs({
      /** The topic. */
      topicId: uuid(),
      /** Its partitions. */
      partitions: array(int32()),
    }).with({ nullable: '0+', default: null }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** 0 when all is well. */
    errorCode: int16(),
    /** What went wrong, in words. */
    errorMessage: string({ nullable: '0+', default: null }),
    /** Null on error. */
    memberId: string({ nullable: '0+', default: null }),
    /** Its epoch. */
    memberEpoch: int32(),
    /** When to come back. */
    heartbeatIntervalMs: int32(),
    /** What it may own; null when unchanged. */
    assignment: struct({
      /** By topic. */
      topicPartitions: structs({
        /** The topic. */
        topicId: uuid(),
        /** Its partitions. */
        partitions: array(int32()),
      }),
    }).with({ nullable: '0+', default: null }),
  },
})

export type ConsumerGroupHeartbeatRequest = Decoded<typeof consumerGroupHeartbeat.request>
export type ConsumerGroupHeartbeatRequestInput = Encodable<typeof consumerGroupHeartbeat.request>
export type ConsumerGroupHeartbeatResponse = Decoded<typeof consumerGroupHeartbeat.response>
export type ConsumerGroupHeartbeatResponseInput = Encodable<typeof consumerGroupHeartbeat.response>
