import {
  type Decoded,
  type Encodable,
  api,
  array,
  bool,
  int16,
  int32,
  string,
  structs,
  uuid,
} from '#core/wire/schema.ts'

/**
 * Metadata: which brokers there are, which topics, who leads their partitions. May create a topic that is asked for by
 * name.
 *
 * 0: no topics means all · 1: null means all, none means none; rack, controllerId, isInternal · 2: clusterId · 3:
 * throttleTimeMs · 4: allowAutoTopicCreation · 5: offlineReplicas · 7: leaderEpoch · 8: authorized operations · 9:
 * flexible · 10: topic ids in answers · 11: clusterAuthorizedOperations moves to DescribeCluster · 12: topics may be
 * asked for by id · 13: a top-level error, used to send clients back to their bootstrap servers.
 */
export const metadata = api({
  key: 3,
  name: 'Metadata',
  versions: '0-13',
  flexible: '9+',
  request: {
    /** Null asks for all; so does an empty list in version 0. */
    topics: structs({
      /** Asks by id, from version 12 on; versions 10 and 11 have the field, but it must be zero. */
      topicId: uuid({ versions: '10+', ignorable: true }),
      /** Null when asked by id. */
      name: string({ nullable: '10+' }),
    }).with({ nullable: '1+' }),
    /** Whether a missing topic may be made, if the broker allows it as well. */
    allowAutoTopicCreation: bool({ versions: '4+', default: true }),
    /** Asks for clusterAuthorizedOperations. */
    includeClusterAuthorizedOperations: bool({ versions: '8-10' }),
    /** Asks for topicAuthorizedOperations. */
    includeTopicAuthorizedOperations: bool({ versions: '8+' }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ versions: '3+', default: 0, ignorable: true }),
    /** The live brokers, at their addresses for the listener that the request came through. */
    brokers: structs({
      /** The broker. */
      nodeId: int32(),
      /** As advertised. */
      host: string(),
      /** As advertised. */
      port: int32(),
      /** Null when it has none. */
      rack: string({ versions: '1+', nullable: '1+', default: null, ignorable: true }),
    }),
    /** Null only from brokers of the distant past. */
    clusterId: string({ versions: '2+', nullable: '2+', default: null, ignorable: true }),
    /** Any live broker, since controllers are not reached by clients; -1 when there is none. */
    controllerId: int32({ versions: '1+', default: -1, ignorable: true }),
    /** The topics asked for, with an error each where there is one. */
    topics: structs({
      /** LEADER_NOT_AVAILABLE right after creation is normal: clients ask again. */
      errorCode: int16(),
      /** Null when asked by an id that is not known. */
      name: string({ nullable: '12+' }),
      /** From version 10 on, never zero for a topic that exists. */
      topicId: uuid({ versions: '10+', ignorable: true }),
      /** True for the topics of the coordinators. */
      isInternal: bool({ versions: '1+', default: false, ignorable: true }),
      /** In any order: look at partitionIndex. */
      partitions: structs({
        /** LEADER_NOT_AVAILABLE without a leader; the rest of the row is right all the same. */
        errorCode: int16(),
        /** The partition. */
        partitionIndex: int32(),
        /** -1 when there is none. */
        leaderId: int32(),
        /** Clients drop a row with an older epoch than they know. */
        leaderEpoch: int32({ versions: '7+', default: -1, ignorable: true }),
        /** All replicas; the first is the preferred leader. */
        replicaNodes: array(int32()),
        /** The replicas in sync. */
        isrNodes: array(int32()),
        /** Replicas on brokers that are down or on failed disks. */
        offlineReplicas: array(int32(), { versions: '5+', ignorable: true }),
      }),
      /** A bit for each operation by its code in Kafka's list; the smallest int32 when not asked for. */
      topicAuthorizedOperations: int32({ versions: '8+', default: -2147483648 }),
    }),
    /** A bit for each operation; the smallest int32 when not asked for. */
    clusterAuthorizedOperations: int32({ versions: '8-10', default: -2147483648 }),
    /** REBOOTSTRAP_REQUIRED, or zero. */
    errorCode: int16({ versions: '13+', ignorable: true }),
  },
})

export type MetadataRequest = Decoded<typeof metadata.request>
export type MetadataRequestInput = Encodable<typeof metadata.request>
export type MetadataResponse = Decoded<typeof metadata.response>
export type MetadataResponseInput = Encodable<typeof metadata.response>
