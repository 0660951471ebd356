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
  uint16,
} from '#core/wire/schema.ts'
import { keyValue, taskIds, taskOffset, topicInfo } from './streams-group-parts.ts'

const topicPartition = {
  /** The topic. */
  topic: string(),
  /** Its partitions. */
  partitions: array(int32()),
}

/**
 * StreamsGroupHeartbeat: everything a member of a streams group (KIP-1071) says: it joins with its topology,
 * stays, acknowledges its tasks, and leaves.
 */
export const streamsGroupHeartbeat = api({
  key: 88,
  name: 'StreamsGroupHeartbeat',
  versions: '0',
  flexible: '0+',
  request: {
    /** The group. */
    groupId: string(),
    /** Made by the client. */
    memberId: string(),
    /**
     * 0 to join, -1 to leave, -2 to leave for a while as a static member, else the epoch it was told.
     */
    memberEpoch: int32(),
    /** The version of the endpoints that it knows. */
    endpointInformationEpoch: int32(),
    /** For static members. */
    instanceId: string({ nullable: '0+', default: null }),
    /** Where it is. */
    rackId: string({ nullable: '0+', default: null }),
    /** How long it may take to give up tasks; -1 when unchanged. */
    rebalanceTimeoutMs: int32({ default: -1 }),
    /** Sent when joining; null when unchanged. */
    topology: struct({
      /** Grows with every new topology of the application. */
      epoch: int32(),
      /** Its parts. */
      subtopologies: structs({
        /** The subtopology. */
        subtopologyId: string(),
        /** Topics it reads that users made. */
        sourceTopics: array(string()),
        /** Regular expressions of topics it reads. */
        sourceTopicRegex: array(string()),
        /** Topics behind its stores. */
        stateChangelogTopics: structs(topicInfo),
        /** Repartition topics it writes to. */
        repartitionSinkTopics: array(string()),
        /** Repartition topics it reads. */
        repartitionSourceTopics: structs(topicInfo),
        /** Topics that must have the same number of partitions. */
        copartitionGroups: structs({
          /** Places in sourceTopics. */
          sourceTopics: array(int16()),
          /** Places in sourceTopicRegex. */
          sourceTopicRegex: array(int16()),
          /** Places in repartitionSourceTopics. */
          repartitionSourceTopics: array(int16()),
        }),
      }),
    }).with({ nullable: '0+', default: null }),
    /** Tasks that process. */
    activeTasks: structs(taskIds).with({ nullable: '0+', default: null }),
    /** Tasks that keep a copy of the state. */
    standbyTasks: structs(taskIds).with({ nullable: '0+', default: null }),
    /** Tasks that catch up before they move. */
    warmupTasks: structs(taskIds).with({ nullable: '0+', default: null }),
    /** Members of one process share it. */
    processId: string({ nullable: '0+', default: null }),
    /** Where interactive queries reach it. */
    userEndpoint: struct({
      /** Host. */
      host: string(),
      /** Port. */
      port: uint16(),
    }).with({ nullable: '0+', default: null }),
    /** For rack-aware standbys. */
    clientTags: structs(keyValue).with({ nullable: '0+', default: null }),
    /** How far the stores of its tasks have come. */
    taskOffsets: structs(taskOffset).with({ nullable: '0+', default: null }),
    /** Ends of their changelogs. */
    taskEndOffsets: structs(taskOffset).with({ nullable: '0+', default: null }),
    /** True to ask all members to shut down. */
    shutdownApplication: bool({ default: false }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** 0 when all is well. */
    errorCode: int16(),
    /** What went wrong, in words. */
    errorMessage: string({ nullable: '0+', default: null }),
    /** The member. */
    memberId: string(),
    /** Its epoch. */
    memberEpoch: int32(),
    /** When to come back. */
    heartbeatIntervalMs: int32(),
    /** Lag at which a task counts as caught up. */
    acceptableRecoveryLag: int32(),
    /** How often to report task offsets. */
    taskOffsetIntervalMs: int32(),
    /** What the member should know; null when unchanged. */
    status: structs({
      /**
       * 0: stale topology; 1: missing source topics; 2: incorrectly partitioned topics; 3: missing internal
       * topics; 4: shut down the application; 5: assignment delayed.
       */
      statusCode: int8(),
      /** In words. */
      statusDetail: string(),
    }).with({ nullable: '0+' }),
    /** Tasks to process; null when unchanged. */
    activeTasks: structs(taskIds).with({ nullable: '0+', default: null }),
    /** Tasks to keep a copy of; null when unchanged. */
    standbyTasks: structs(taskIds).with({ nullable: '0+', default: null }),
    /** Tasks to catch up with; null when unchanged. */
    warmupTasks: structs(taskIds).with({ nullable: '0+', default: null }),
    /** The version of the endpoints that it knows. */
    endpointInformationEpoch: int32(),
    /** Who serves which partitions; null when unchanged. */
    partitionsByUserEndpoint: structs({
      /** Where interactive queries reach it. */
      userEndpoint: struct({
        /** Host. */
        host: string(),
        /** Port. */
        port: uint16(),
      }),
      /** Of active tasks. */
      activePartitions: structs(topicPartition),
      /** Of standby tasks. */
      standbyPartitions: structs(topicPartition),
    }).with({ nullable: '0+', default: null }),
  },
})

export type StreamsGroupHeartbeatRequest = Decoded<typeof streamsGroupHeartbeat.request>
export type StreamsGroupHeartbeatRequestInput = Encodable<typeof streamsGroupHeartbeat.request>
export type StreamsGroupHeartbeatResponse = Decoded<typeof streamsGroupHeartbeat.response>
export type StreamsGroupHeartbeatResponseInput = Encodable<typeof streamsGroupHeartbeat.response>
