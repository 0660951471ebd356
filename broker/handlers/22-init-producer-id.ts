import { type InitProducerIdRequest, initProducerId } from '#core/wire/api/22-init-producer-id.ts'
import { errorCodes } from '#core/wire/errors.ts'

import type { Node } from '../node.ts'
import { mayOnCluster } from './authorization.ts'
import { codeOf } from './failure.ts'
import { type Client, serve } from './handler.ts'

/**
 * Gives a producer the id under which its batches are told from doubles.
 * Versions 0-5. Kept: every call of an idempotent producer gets a new id with epoch 0; a transactional one gets its own with
 * a new epoch, after its open transaction was aborted, and may say from 3 on what it has; fenced producers hear
 * INVALID_PRODUCER_EPOCH until 3. Left out: two-phase commit, which only version 6 has.
 */
export const initProducerIdHandler = serve(initProducerId, {
  versions: '0-5',
  requires: ({ transactionalId }) =>
    transactionalId === null ? undefined : ['WRITE', 'TRANSACTIONAL_ID', transactionalId],
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 }),
  handle: (node, request, call) => {
    const answer = (errorCode: number, producerId = -1) => ({
      throttleTimeMs: 0,
      errorCode,
      producerId,
      producerEpoch: errorCode === 0 ? 0 : -1,
    })
    if (request.transactionalId !== null) return transactional(node, request, call.apiVersion)
    if (!mayWriteSomewhere(node, call.client)) return answer(errorCodes.CLUSTER_AUTHORIZATION_FAILED.code)
    const producerId = node.controller.nextProducerId()
    if (typeof producerId === 'number') return answer(0, producerId)
    return producerId.then(
      (id) => answer(0, id),
      (error) => answer(codeOf(node, 'InitProducerId', error)),
    )
  },
})

async function transactional(node: Node, request: InitProducerIdRequest, apiVersion: number) {
  const answer = await node.transactions.initProducerId(request)
  const isFenced = answer.errorCode === errorCodes.PRODUCER_FENCED.code
  return isFenced && apiVersion < 4 ? { ...answer, errorCode: errorCodes.INVALID_PRODUCER_EPOCH.code } : answer
}

/** Who may write to any topic needs no further right for being idempotent. */
const mayWriteSomewhere = (node: Node, client: Client): boolean =>
  mayOnCluster(node, client, 'IDEMPOTENT_WRITE') || node.authorizer.allowsSome(client, 'WRITE', 'TOPIC')
