import { describeCluster } from '#core/wire/api/60-describe-cluster.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { clusterResource } from '../authorizer/acl.ts'
import { mayOnCluster, operationsFor } from './authorization.ts'
import { brokersFor } from './brokers.ts'
import { serve } from './handler.ts'

const brokerEndpoints = 1

/**
 * Tells which brokers the cluster has.
 * Versions 0-2. Kept: fenced brokers on demand from 2. Left out: endpoints of controllers.
 */
export const describeClusterHandler = serve(describeCluster, {
  versions: '0-2',
  handle: (node, request, call) => {
    const known = { throttleTimeMs: 0, clusterId: node.clusterId, endpointType: request.endpointType }
    if (request.endpointType !== brokerEndpoints) {
      const errorCode = errorCodes.MISMATCHED_ENDPOINT_TYPE.code
      return { ...known, errorCode, errorMessage: 'this is a broker, not a controller', brokers: [] }
    }
    const isAsked = request.includeClusterAuthorizedOperations
    const maySee = mayOnCluster(node, call.client, 'DESCRIBE')
    const brokers = brokersFor(node, call.client).filter((broker) => request.includeFencedBrokers || !broker.isFenced)
    return {
      ...known,
      errorCode: 0,
      controllerId: node.id,
      clusterAuthorizedOperations:
        isAsked && !maySee ? 0 : operationsFor(node, call, isAsked, 'CLUSTER', clusterResource),
      brokers: call.apiVersion < 2 ? brokers.map(shown) : brokers,
    }
  },
})

const shown = <B extends { isFenced: boolean }>(broker: B): B => ({ ...broker, isFenced: false })
