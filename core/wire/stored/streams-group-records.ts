import {
  type Decoded,
  type Encodable,
  array,
  int16,
  int32,
  int64,
  int8,
  string,
  struct,
  structs,
  uint16,
} from '#core/wire/schema.ts'
import { storedMessage } from '#core/wire/stored/stored.ts'

/** Key of a streams group: type 17. */
export const streamsGroupMetadataKey = storedMessage({
  name: 'StreamsGroupMetadataKey',
  versions: '17',
  flexible: 'none',
  fields: {
    /** The group. */
    groupId: string(),
  },
})

export type StreamsGroupMetadataKey = Decoded<typeof streamsGroupMetadataKey>
export type StreamsGroupMetadataKeyInput = Encodable<typeof streamsGroupMetadataKey>

/** A streams group. */
export const streamsGroupMetadataValue = storedMessage({
  name: 'StreamsGroupMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    /** Grows with every change of members, topology or topics. */
    epoch: int32(),
    /** Of the subscribed topics; another value means that they changed. */
    metadataHash: int64({ wide: true }),
    /** The topology that was checked against the topics; -1 for none. */
    validatedTopologyEpoch: int32({ tag: 0, default: -1 }),
    /** Settings that the last assignment was made with; null from older coordinators. */
    lastAssignmentConfigs: structs({
      /** The setting. */
      key: string(),
      /** Its value. */
      value: string(),
    }).with({ nullable: '0+', tag: 1 }),
  },
})

export type StreamsGroupMetadataValue = Decoded<typeof streamsGroupMetadataValue>
export type StreamsGroupMetadataValueInput = Encodable<typeof streamsGroupMetadataValue>

/** Key of a member of a streams group: type 19. */
export const streamsGroupMemberMetadataKey = storedMessage({
  name: 'StreamsGroupMemberMetadataKey',
  versions: '19',
  flexible: 'none',
  fields: {
    /** The group. */
    groupId: string(),
    /** The member. */
    memberId: string(),
  },
})

export type StreamsGroupMemberMetadataKey = Decoded<typeof streamsGroupMemberMetadataKey>
export type StreamsGroupMemberMetadataKeyInput = Encodable<typeof streamsGroupMemberMetadataKey>

/** A member of a streams group. */
export const streamsGroupMemberMetadataValue = storedMessage({
  name: 'StreamsGroupMemberMetadataValue',
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
    /** How long it may take to give up tasks. */
    rebalanceTimeoutMs: int32({ default: -1 }),
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
    clientTags: structs({
      /** The name. */
      key: string(),
      /** The value. */
      value: string(),
    }),
  },
})

export type StreamsGroupMemberMetadataValue = Decoded<typeof streamsGroupMemberMetadataValue>
export type StreamsGroupMemberMetadataValueInput = Encodable<typeof streamsGroupMemberMetadataValue>

/** Key of the head of a target assignment: type 20. */
export const streamsGroupTargetAssignmentMetadataKey = storedMessage({
  name: 'StreamsGroupTargetAssignmentMetadataKey',
  versions: '20',
  flexible: 'none',
  fields: {
    /** The group. */
    groupId: string(),
  },
})

export type StreamsGroupTargetAssignmentMetadataKey = Decoded<typeof streamsGroupTargetAssignmentMetadataKey>
export type StreamsGroupTargetAssignmentMetadataKeyInput = Encodable<typeof streamsGroupTargetAssignmentMetadataKey>

/** The head of a target assignment; written after its members. */
export const streamsGroupTargetAssignmentMetadataValue = storedMessage({
  name: 'StreamsGroupTargetAssignmentMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: {
    /** The group epoch for which the target assignment was made. */
    assignmentEpoch: int32(),
    /** When it was made, ms. */
    assignmentTimestamp: int64({ tag: 0, default: 0 }),
  },
})

export type StreamsGroupTargetAssignmentMetadataValue = Decoded<typeof streamsGroupTargetAssignmentMetadataValue>
export type StreamsGroupTargetAssignmentMetadataValueInput = Encodable<typeof streamsGroupTargetAssignmentMetadataValue>

/** Key of a member's part of the target assignment: type 21. */
export const streamsGroupTargetAssignmentMemberKey = storedMessage({
  name: 'StreamsGroupTargetAssignmentMemberKey',
  versions: '21',
  flexible: 'none',
  fields: {
    /** The group. */
    groupId: string(),
    /** The member. */
    memberId: string(),
  },
})

export type StreamsGroupTargetAssignmentMemberKey = Decoded<typeof streamsGroupTargetAssignmentMemberKey>
export type StreamsGroupTargetAssignmentMemberKeyInput = Encodable<typeof streamsGroupTargetAssignmentMemberKey>

const taskIds = {
  /** The subtopology. */
  subtopologyId: string(),
  /** Its partitions. */
  partitions: array(int32()),
}

/** The tasks that a member is to run in the end. */
export const streamsGroupTargetAssignmentMemberValue = storedMessage({
  name: 'StreamsGroupTargetAssignmentMemberValue',
  versions: '0',
  flexible: '0+',
  fields: {
    /** Tasks that process. */
    activeTasks: structs(taskIds),
    /** Tasks that keep a copy of the state. */
    standbyTasks: structs(taskIds),
    /** Tasks that catch up before they move. */
    warmupTasks: structs(taskIds),
  },
})

export type StreamsGroupTargetAssignmentMemberValue = Decoded<typeof streamsGroupTargetAssignmentMemberValue>
export type StreamsGroupTargetAssignmentMemberValueInput = Encodable<typeof streamsGroupTargetAssignmentMemberValue>

/** Key of what a member runs now: type 22. */
export const streamsGroupCurrentMemberAssignmentKey = storedMessage({
  name: 'StreamsGroupCurrentMemberAssignmentKey',
  versions: '22',
  flexible: 'none',
  fields: {
    /** The group. */
    groupId: string(),
    /** The member. */
    memberId: string(),
  },
})

export type StreamsGroupCurrentMemberAssignmentKey = Decoded<typeof streamsGroupCurrentMemberAssignmentKey>
export type StreamsGroupCurrentMemberAssignmentKeyInput = Encodable<typeof streamsGroupCurrentMemberAssignmentKey>

const ownedTaskIds = {
  /** The subtopology. */
  subtopologyId: string(),
  /** Its partitions. */
  partitions: array(int32()),
  /** The epoch at which each partition was given; null from older coordinators. */
  assignmentEpochs: array(int32(), { nullable: '0+', tag: 0 }),
}

/** The tasks that a member runs now, and those that it has been asked to give up. */
export const streamsGroupCurrentMemberAssignmentValue = storedMessage({
  name: 'StreamsGroupCurrentMemberAssignmentValue',
  versions: '0',
  flexible: '0+',
  fields: {
    /** Its epoch. */
    memberEpoch: int32(),
    /** The epoch before, for a client whose answer was lost. */
    previousMemberEpoch: int32(),
    /** Of the reconciliation, as a number. */
    state: int8(),
    /** Tasks that process. */
    activeTasks: structs(ownedTaskIds),
    /** Tasks that keep a copy of the state. */
    standbyTasks: structs(ownedTaskIds),
    /** Tasks that catch up before they move. */
    warmupTasks: structs(ownedTaskIds),
    /** Active tasks to give up. */
    activeTasksPendingRevocation: structs(ownedTaskIds),
    /** Standby tasks to give up. */
    standbyTasksPendingRevocation: structs(ownedTaskIds),
    /** Warm-up tasks to give up. */
    warmupTasksPendingRevocation: structs(ownedTaskIds),
  },
})

export type StreamsGroupCurrentMemberAssignmentValue = Decoded<typeof streamsGroupCurrentMemberAssignmentValue>
export type StreamsGroupCurrentMemberAssignmentValueInput = Encodable<typeof streamsGroupCurrentMemberAssignmentValue>

/** Key of the topology of a streams group: type 23. */
export const streamsGroupTopologyKey = storedMessage({
  name: 'StreamsGroupTopologyKey',
  versions: '23',
  flexible: 'none',
  fields: {
    /** The group. */
    groupId: string(),
  },
})

export type StreamsGroupTopologyKey = Decoded<typeof streamsGroupTopologyKey>
export type StreamsGroupTopologyKeyInput = Encodable<typeof streamsGroupTopologyKey>

const topicInfo = {
  /** The topic. */
  name: string(),
  /** 0 to leave it to the broker. */
  partitions: int32(),
  /** 0 to leave it to the broker. */
  replicationFactor: int16(),
  /** Its settings. */
  topicConfigs: structs({
    /** The name. */
    key: string(),
    /** The value. */
    value: string(),
  }),
}

/** The topology of a streams group, as its members sent it. */
export const streamsGroupTopologyValue = storedMessage({
  name: 'StreamsGroupTopologyValue',
  versions: '0',
  flexible: '0+',
  fields: {
    /** Grows with every new one. */
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
  },
})

export type StreamsGroupTopologyValue = Decoded<typeof streamsGroupTopologyValue>
export type StreamsGroupTopologyValueInput = Encodable<typeof streamsGroupTopologyValue>
