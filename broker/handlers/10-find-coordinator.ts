import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import type { Node } from '../node.ts'
import { offsetsTopic, transactionsTopic } from '../coordinator/topics.ts'
import { demand } from './authorization.ts'
import { brokersFor } from './brokers.ts'
import { codeOf, messageOf } from './failure.ts'
import { type Client, serve } from './handler.ts'
import { createMissing } from './topic-creation.ts'

interface Coordinator {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

const groupType = 0
const transactionType = 1

/**
 * Tells which broker looks after a group or a transactional id.
 * Versions 0-6. Kept: one key until 3, several from 4; the coordinator's topic is made when it is first asked for.
 * Left out: coordinators of share groups, which do not exist: INVALID_REQUEST.
 */
export const findCoordinatorHandler = serve(findCoordinator, {
  versions: '0-6',
  handle: async (node, request, call) => {
    if (call.apiVersion >= 4) {
      const coordinators = []
      for (const key of request.coordinatorKeys)
        coordinators.push({ key, ...(await find(node, call.client, key, request.keyType)) })
      return { coordinators }
    }
    return find(node, call.client, request.key, request.keyType)
  },
})

async function find(node: Node, client: Client, key: string, keyType: number): Promise<Coordinator> {
  try {
    demand(node, client, 'DESCRIBE', keyType === groupType ? 'GROUP' : 'TRANSACTIONAL_ID', key)
    if (keyType !== groupType && keyType !== transactionType) {
      throw new ProtocolError('INVALID_REQUEST', `no coordinator is of type ${keyType}`)
    }
    const [topic, coordinator] =
      keyType === groupType ? [offsetsTopic, node.groups] : [transactionsTopic, node.transactions]
    await createMissing(node, [topic])
    const leader = node.controller.image.partition(topic, coordinator.partitionFor(key))?.leader
    const broker = brokersFor(node, client).find(({ nodeId }) => nodeId === leader)
    if (broker === undefined) throw new ProtocolError('COORDINATOR_NOT_AVAILABLE')
    return { nodeId: broker.nodeId, host: broker.host, port: broker.port, errorCode: 0, errorMessage: null }
  } catch (error) {
    return {
      nodeId: -1,
      host: '',
      port: -1,
      errorCode: codeOf(node, 'FindCoordinator', error),
      errorMessage: messageOf(error),
    }
  }
}
