import { type Decoded, type Encodable, api, bool, int16, int32, int8, string, structs } from '#core/wire/schema.ts'

/**
 * DescribeCluster: the cluster's id and nodes, for administrators; Metadata without topics.
 *
 * 1: controllers can be asked for as well · 2: fenced brokers.
 */
export const describeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: '0-2',
  flexible: '0+',
  request: {
    /** Asks for clusterAuthorizedOperations. */
    includeClusterAuthorizedOperations: bool(),
    /** 1: brokers; 2: controllers. Asked of the wrong kind of node it is MISMATCHED_ENDPOINT_TYPE. */
    endpointType: int8({ versions: '1+', default: 1 }),
    /** Also those that are registered but may not serve. */
    includeFencedBrokers: bool({ versions: '2+' }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ default: 0 }),
    /** Of the request as a whole. */
    errorCode: int16(),
    /** Null when there is nothing to say. */
    errorMessage: string({ nullable: '0+', default: null }),
    /** As in the request. */
    endpointType: int8({ versions: '1+', default: 1 }),
    /** The cluster. */
    clusterId: string(),
    /** From brokers, any live broker; from controllers, the one that is active. -1 when there is none. */
    controllerId: int32({ default: -1 }),
    /** The nodes, at their addresses for the listener that the request came through. */
    brokers: structs({
      /** The node. */
      brokerId: int32(),
      /** As advertised. */
      host: string(),
      /** As advertised. */
      port: int32(),
      /** Null when it has none. */
      rack: string({ nullable: '0+', default: null }),
      /** True when it may not serve. */
      isFenced: bool({ versions: '2+' }),
    }),
    /** A bit for each operation by its code in Kafka's list; the smallest int32 when not asked for. */
    clusterAuthorizedOperations: int32({ default: -2147483648 }),
  },
})

export type DescribeClusterRequest = Decoded<typeof describeCluster.request>
export type DescribeClusterRequestInput = Encodable<typeof describeCluster.request>
export type DescribeClusterResponse = Decoded<typeof describeCluster.response>
export type DescribeClusterResponseInput = Encodable<typeof describeCluster.response>
