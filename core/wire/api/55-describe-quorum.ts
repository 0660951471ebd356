import {
  type Decoded,
  type Encodable,
  api,
  int16,
  int32,
  int64,
  string,
  structs,
  uint16,
  uuid,
} from '#core/wire/schema.ts'

const replicaState = {
  /** The node. */
  replicaId: int32(),
  /** Its directory. */
  replicaDirectoryId: uuid({ versions: '2+' }),
  /** How far its log goes; -1 when not known. */
  logEndOffset: int64(),
  /** When it fetched last, ms; -1 when not known. */
  lastFetchTimestamp: int64({ versions: '1+', default: -1, ignorable: true }),
  /** When it last had everything, ms; -1 when not known. */
  lastCaughtUpTimestamp: int64({ versions: '1+', default: -1, ignorable: true }),
}

/**
 * DescribeQuorum: tells how far each node of the metadata quorum has come.
 *
 * 1: times of the last fetch · 2: directory ids, error texts and addresses (KIP-853).
 */
export const describeQuorum = api({
  key: 55,
  name: 'DescribeQuorum',
  versions: '0-2',
  flexible: '0+',
  request: {
    /** By topic. */
    topics: structs({
      /** The topic. */
      topicName: string(),
      /** By partition. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
      }),
    }),
  },
  response: {
    /** Of the request as a whole. */
    errorCode: int16(),
    /** What went wrong, in words. */
    errorMessage: string({ versions: '2+', nullable: '2+', ignorable: true }),
    /** By topic. */
    topics: structs({
      /** The topic. */
      topicName: string(),
      /** By partition. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
        /** 0 when all is well. */
        errorCode: int16(),
        /** What went wrong, in words. */
        errorMessage: string({ versions: '2+', nullable: '2+', ignorable: true }),
        /** The leader; -1 when there is none. */
        leaderId: int32(),
        /** Its epoch. */
        leaderEpoch: int32(),
        /** What most voters have. */
        highWatermark: int64(),
        /** The nodes that vote. */
        currentVoters: structs(replicaState),
        /** The nodes that only follow. */
        observers: structs(replicaState),
      }),
    }),
    /** Addresses of the voters. */
    nodes: structs({
      /** The node. */
      nodeId: int32({ versions: '2+' }),
      /** Its addresses. */
      listeners: structs({
        /** Name of the listener. */
        name: string({ versions: '2+' }),
        /** As advertised. */
        host: string({ versions: '2+' }),
        /** As advertised. */
        port: uint16({ versions: '2+' }),
      }).with({ versions: '2+' }),
    }).with({ versions: '2+' }),
  },
})

export type DescribeQuorumRequest = Decoded<typeof describeQuorum.request>
export type DescribeQuorumRequestInput = Encodable<typeof describeQuorum.request>
export type DescribeQuorumResponse = Decoded<typeof describeQuorum.response>
export type DescribeQuorumResponseInput = Encodable<typeof describeQuorum.response>
