import { array, bool, int16, int32, int64, int8, string, structs, uint16, uuid } from '#core/wire/schema.ts'
import { metadataRecord } from './metadata-record.ts'

/**
 * A broker has come up and is known; fenced at first. Replaces an earlier registration of the same id.
 *
 * 1: inControlledShutdown · 2: isMigratingZkBroker · 3: logDirs (metadata.version 17) · 4: cordonedLogDirs
 * (metadata.version 30).
 */
export const registerBrokerRecord = metadataRecord({
  type: 0,
  name: 'RegisterBrokerRecord',
  versions: '0-4',
  flexible: '0+',
  fields: {
    /** The broker. */
    brokerId: int32(),
    /** A leftover of the move away from ZooKeeper; false. */
    isMigratingZkBroker: bool({ versions: '2+', default: false }),
    /** A new one for each start of the process. */
    incarnationId: uuid(),
    /** The registration's own offset in the log. */
    brokerEpoch: int64(),
    /** Its listeners, as advertised. */
    endPoints: structs({
      /** Name of the listener. */
      name: string(),
      /** As advertised. */
      host: string(),
      /** As advertised. */
      port: uint16(),
      /** 0: plaintext; 1: SSL; 2: SASL over plaintext; 3: SASL over SSL. */
      securityProtocol: int16(),
    }),
    /** What it could run; each finalized feature must be among it. */
    features: structs({
      /** The feature. */
      name: string(),
      /** Lowest level. */
      minSupportedVersion: int16(),
      /** Highest level. */
      maxSupportedVersion: int16(),
    }),
    /** Null when it has none. */
    rack: string({ nullable: '0+' }),
    /** True until it has caught up and been unfenced. */
    fenced: bool({ default: true }),
    /** True while it moves its leaders away before it stops. */
    inControlledShutdown: bool({ versions: '1+', default: false }),
    /** Ids of its directories that work. */
    logDirs: array(uuid(), { versions: '3+', tag: 0 }),
    /** Directories that take no new partitions; null until it has told. */
    cordonedLogDirs: array(uuid(), { versions: '4+', nullable: '4+', tag: 1, default: null }),
  },
})

/** A broker is forgotten. */
export const unregisterBrokerRecord = metadataRecord({
  type: 1,
  name: 'UnregisterBrokerRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** The broker. */
    brokerId: int32(),
    /** Of the registration that ends. */
    brokerEpoch: int64(),
  },
})

/** A topic has been made; a PartitionRecord for each of its partitions follows in the same batch. */
export const topicRecord = metadataRecord({
  type: 2,
  name: 'TopicRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** The topic. */
    name: string(),
    /** Its id, by which all later records name it. */
    topicId: uuid(),
  },
})

/**
 * A partition has been made.
 *
 * 1: directories (metadata.version 17) · 2: eligible leader replicas (metadata.version 23).
 */
export const partitionRecord = metadataRecord({
  type: 3,
  name: 'PartitionRecord',
  versions: '0-2',
  flexible: '0+',
  fields: {
    /** The partition. */
    partitionId: int32({ default: -1 }),
    /** Of which topic. */
    topicId: uuid(),
    /** All replicas, the preferred leader first. */
    replicas: array(int32()),
    /** The replicas in sync. */
    isr: array(int32()),
    /** Replicas that a reassignment takes away. */
    removingReplicas: array(int32()),
    /** Replicas that a reassignment brings in. */
    addingReplicas: array(int32()),
    /** -1 when there is none. */
    leader: int32({ default: -1 }),
    /** 1 after an unclean election, until the leader has recovered; else 0. */
    leaderRecoveryState: int8({ tag: 0, default: 0 }),
    /** Grows with every change of the leader. */
    leaderEpoch: int32({ default: -1 }),
    /** Grows with every change of the row. */
    partitionEpoch: int32({ default: -1 }),
    /** Directory of each replica, in the order of replicas. */
    directories: array(uuid(), { versions: '1+' }),
    /** Replicas that have all committed records though not in sync; null when that is not kept. */
    eligibleLeaderReplicas: array(int32(), { versions: '2+', nullable: '2+', tag: 1, default: null }),
    /** Who could have led when the last of them was lost; null when that is not kept. */
    lastKnownElr: array(int32(), { versions: '2+', nullable: '2+', tag: 2, default: null }),
  },
})

/** A setting has been given or taken away. */
export const configRecord = metadataRecord({
  type: 4,
  name: 'ConfigRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** 2: topic; 4: broker; 16: client metrics; 32: group. */
    resourceType: int8(),
    /** Topic, node id or group; empty for the defaults of all brokers. */
    resourceName: string(),
    /** The setting. */
    name: string(),
    /** Null takes the setting away. */
    value: string({ nullable: '0+' }),
  },
})

/** What has changed of a partition; all else stays. Versions as those of PartitionRecord. */
export const partitionChangeRecord = metadataRecord({
  type: 5,
  name: 'PartitionChangeRecord',
  versions: '0-2',
  flexible: '0+',
  fields: {
    /** The partition. */
    partitionId: int32({ default: -1 }),
    /** Of which topic. */
    topicId: uuid(),
    /** Null: as it was. */
    isr: array(int32(), { nullable: '0+', tag: 0, default: null }),
    /** -2: as it was; -1: none. Any other value, also the same leader again, makes a new leader epoch. */
    leader: int32({ tag: 1, default: -2 }),
    /** Null: as they were. */
    replicas: array(int32(), { nullable: '0+', tag: 2, default: null }),
    /** Null: as they were. */
    removingReplicas: array(int32(), { nullable: '0+', tag: 3, default: null }),
    /** Null: as they were. */
    addingReplicas: array(int32(), { nullable: '0+', tag: 4, default: null }),
    /** -1: as it was. */
    leaderRecoveryState: int8({ tag: 5, default: -1 }),
    /** Null: as they were. */
    directories: array(uuid(), { versions: '1+', nullable: '1+', tag: 8, default: null }),
    /** Null: as they were. */
    eligibleLeaderReplicas: array(int32(), { versions: '2+', nullable: '2+', tag: 6, default: null }),
    /** Null: as they were. */
    lastKnownElr: array(int32(), { versions: '2+', nullable: '2+', tag: 7, default: null }),
  },
})

/** A broker may not serve any more. Old: written as BrokerRegistrationChangeRecord nowadays. */
export const fenceBrokerRecord = metadataRecord({
  type: 7,
  name: 'FenceBrokerRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** The broker. */
    id: int32(),
    /** Of its registration. */
    epoch: int64(),
  },
})

/** A broker may serve. Old: written as BrokerRegistrationChangeRecord nowadays. */
export const unfenceBrokerRecord = metadataRecord({
  type: 8,
  name: 'UnfenceBrokerRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** The broker. */
    id: int32(),
    /** Of its registration. */
    epoch: int64(),
  },
})

/** A topic is gone, with its partitions and its settings. */
export const removeTopicRecord = metadataRecord({
  type: 9,
  name: 'RemoveTopicRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** The topic. */
    topicId: uuid(),
  },
})

/** The level of a feature. That of metadata.version is the first record of every log, in version 0 for all time. */
export const featureLevelRecord = metadataRecord({
  type: 12,
  name: 'FeatureLevelRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** The feature. */
    name: string(),
    /** The level in force; 0 takes the feature away. */
    featureLevel: int16(),
  },
})

/** A block of producer ids has been given to a broker. */
export const producerIdsRecord = metadataRecord({
  type: 15,
  name: 'ProducerIdsRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** Who got the block. */
    brokerId: int32(),
    /** Of its registration. */
    brokerEpoch: int64({ default: -1 }),
    /** First id of the next block: the block given ends before it. */
    nextProducerId: int64(),
  },
})

/**
 * What has changed of a broker's registration.
 *
 * 1: inControlledShutdown · 2: logDirs · 3: cordonedLogDirs.
 */
export const brokerRegistrationChangeRecord = metadataRecord({
  type: 17,
  name: 'BrokerRegistrationChangeRecord',
  versions: '0-3',
  flexible: '0+',
  fields: {
    /** The broker. */
    brokerId: int32(),
    /** Of its registration. */
    brokerEpoch: int64(),
    /** -1: unfenced; 0: as it was; 1: fenced. */
    fenced: int8({ tag: 0 }),
    /** 0: as it was; 1: it is stopping. */
    inControlledShutdown: int8({ versions: '1+', tag: 1 }),
    /** None: as they were. */
    logDirs: array(uuid(), { versions: '2+', tag: 2 }),
    /** Null: as they were. */
    cordonedLogDirs: array(uuid(), { versions: '3+', nullable: '3+', tag: 3, default: null }),
  },
})

/** Nothing; written now and then so that the log's end moves and lag can be told. */
export const noOpRecord = metadataRecord({
  type: 20,
  name: 'NoOpRecord',
  versions: '0',
  flexible: '0+',
  fields: {},
})

/** From here to the end or abort, records take effect together or not at all. */
export const beginTransactionRecord = metadataRecord({
  type: 23,
  name: 'BeginTransactionRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** What the transaction is about, for eyes; null when nobody said. */
    name: string({ nullable: '0+', tag: 0, default: null }),
  },
})

/** The records since the beginning take effect. */
export const endTransactionRecord = metadataRecord({
  type: 24,
  name: 'EndTransactionRecord',
  versions: '0',
  flexible: '0+',
  fields: {},
})

/** The records since the beginning never were. */
export const abortTransactionRecord = metadataRecord({
  type: 25,
  name: 'AbortTransactionRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** Why, for eyes; null when nobody said. */
    reason: string({ nullable: '0+', tag: 0, default: null }),
  },
})

/** A controller has come up and is known. */
export const registerControllerRecord = metadataRecord({
  type: 27,
  name: 'RegisterControllerRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** The controller. */
    controllerId: int32(),
    /** A new one for each start of the process. */
    incarnationId: uuid(),
    /** A leftover of the move away from ZooKeeper; false. */
    zkMigrationReady: bool(),
    /** Its listeners, as advertised. */
    endPoints: structs({
      /** Name of the listener. */
      name: string(),
      /** As advertised. */
      host: string(),
      /** As advertised. */
      port: uint16(),
      /** As in RegisterBrokerRecord. */
      securityProtocol: int16(),
    }),
    /** What it could run. */
    features: structs({
      /** The feature. */
      name: string(),
      /** Lowest level. */
      minSupportedVersion: int16(),
      /** Highest level. */
      maxSupportedVersion: int16(),
    }),
  },
})
