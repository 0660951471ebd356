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
  uint16,
} from '#core/wire/schema.ts'
import { keyValue, taskIds, taskOffset, topicInfo } from './streams-group-parts.ts'

const assignment = {
  /** Tasks that process. */
  activeTasks: structs(taskIds),
  /** Tasks that keep a copy of the state. */
  standbyTasks: structs(taskIds),
  /** Tasks that catch up before they move. */
  warmupTasks: structs(taskIds),
}

/**
 * StreamsGroupDescribe: describes streams groups (KIP-1071).
 */
export const streamsGroupDescribe = api({
  key: 89,
  name: 'StreamsGroupDescribe',
  versions: '0',
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
      /** 'Empty', 'NotReady', 'Assigning', 'Reconciling', 'Stable' or 'Dead'. */
      groupState: string(),
      /** Grows with every change of members or topics. */
      groupEpoch: int32(),
      /** The group epoch for which the target assignment was made. */
      assignmentEpoch: int32(),
      /** Null while it is not known. */
      topology: struct({
        /** Grows with every new topology of the application. */
        epoch: int32(),
        /** Null while it is not known. */
        subtopologies: structs({
          /** The subtopology. */
          subtopologyId: string(),
          /** Topics it reads that users made. */
          sourceTopics: array(string()),
          /** Repartition topics it writes to. */
          repartitionSinkTopics: array(string()),
          /** Topics behind its stores. */
          stateChangelogTopics: structs(topicInfo),
          /** Repartition topics it reads. */
          repartitionSourceTopics: structs(topicInfo),
        }).with({ nullable: '0+', default: null }),
      }).with({ nullable: '0+', default: null }),
      /** By member. */
      members: structs({
        /** The member. */
        memberId: string(),
        /** Its epoch. */
        memberEpoch: int32(),
        /** For static members. */
        instanceId: string({ nullable: '0+', default: null }),
        /** Where it is. */
        rackId: string({ nullable: '0+', default: null }),
        /** As it names itself. */
        clientId: string(),
        /** Its address, with a slash in front. */
        clientHost: string(),
        /** Of the topology that it runs. */
        topologyEpoch: int32(),
        /** Members of one process share it. */
        processId: string(),
        /** Where interactive queries reach it. */
        userEndpoint: struct({
          /** Host. */
          host: string(),
          /** Port. */
          port: uint16(),
        }).with({ nullable: '0+', default: null }),
        /** For rack-aware standbys. */
        clientTags: structs(keyValue),
        /** How far the stores of its tasks have come. */
        taskOffsets: structs(taskOffset),
        /** Ends of their changelogs. */
        taskEndOffsets: structs(taskOffset),
        /** What it owns. */
        assignment: struct(assignment),
        /** What it is to own. */
        targetAssignment: struct(assignment),
        /** True for a member of the classic protocol. */
        isClassic: bool(),
      }),
      /** A bit for each operation that the client may do; the lowest number when not asked. */
      authorizedOperations: int32({ default: -2147483648 }),
    }),
  },
})

export type StreamsGroupDescribeRequest = Decoded<typeof streamsGroupDescribe.request>
export type StreamsGroupDescribeRequestInput = Encodable<typeof streamsGroupDescribe.request>
export type StreamsGroupDescribeResponse = Decoded<typeof streamsGroupDescribe.response>
export type StreamsGroupDescribeResponseInput = Encodable<typeof streamsGroupDescribe.response>
