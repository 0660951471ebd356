import {
  type Fields,
  type Message,
  array,
  bool,
  bytes,
  float64,
  int16,
  int32,
  int64,
  int8,
  string,
  structs,
  uint16,
  uuid,
} from '#core/wire/schema.ts'
import { type Versions, versionRange } from '#core/wire/versions.ts'

/** A type of record in the metadata log; `type` is its number there. */
export interface MetadataRecordType<F extends Fields = Fields> extends Message<F> {
  readonly type: number
}

function metadataRecord<const F extends Fields>(declared: {
  readonly type: number
  readonly name: string
  readonly versions: Versions
  readonly flexible: Versions
  readonly fields: F
}): MetadataRecordType<F> {
  return { ...declared, versions: versionRange(declared.versions), flexible: versionRange(declared.flexible) }
}

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

/** A quota has been given or taken away. */
export const clientQuotaRecord = metadataRecord({
  type: 14,
  name: 'ClientQuotaRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** Whom it is about: one part, or user and client-id. */
    entity: structs({
      /** 'user', 'client-id' or 'ip'. */
      entityType: string(),
      /** Null for the default. */
      entityName: string({ nullable: '0+' }),
    }),
    /**
     * 'producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate' or
     * 'connection_creation_rate'.
     */
    key: string(),
    /** Ignored when it is taken away. */
    value: float64(),
    /** True when it is taken away. */
    remove: bool(),
  },
})

/** An access control entry has been made. */
export const accessControlEntryRecord = metadataRecord({
  type: 18,
  name: 'AccessControlEntryRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** By which it is removed. */
    id: uuid(),
    /** 2: topic; 3: group; 4: cluster; 5: transactional id; 6: delegation token; 7: user. */
    resourceType: int8(),
    /** The resource; '*' literally stands for all of its type. */
    resourceName: string(),
    /** 3: literal; 4: prefixed. */
    patternType: int8(),
    /** Type and name with a colon between; 'User:*' for everybody. */
    principal: string(),
    /** An address; '*' for all. */
    host: string(),
    /** As in CreateAcls. */
    operation: int8(),
    /** 1: any; 2: deny; 3: allow. */
    permissionType: int8(),
  },
})

/** An access control entry is gone. */
export const removeAccessControlEntryRecord = metadataRecord({
  type: 19,
  name: 'RemoveAccessControlEntryRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** Of the entry. */
    id: uuid(),
  },
})

/** A user can authenticate by SCRAM. */
export const userScramCredentialRecord = metadataRecord({
  type: 11,
  name: 'UserScramCredentialRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** The user. */
    name: string(),
    /** 1: SCRAM-SHA-256; 2: SCRAM-SHA-512. */
    mechanism: int8(),
    /** Random bytes that the client chose. */
    salt: bytes(),
    /** By which the server checks a proof. */
    storedKey: bytes(),
    /** By which the server proves that it knows the user. */
    serverKey: bytes(),
    /** How often the password was hashed; at least 4096. */
    iterations: int32(),
  },
})

/** A SCRAM credential is gone. */
export const removeUserScramCredentialRecord = metadataRecord({
  type: 22,
  name: 'RemoveUserScramCredentialRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** The user. */
    name: string(),
    /** 1: SCRAM-SHA-256; 2: SCRAM-SHA-512. */
    mechanism: int8(),
  },
})
