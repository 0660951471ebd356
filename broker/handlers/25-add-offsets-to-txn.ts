import { addOffsetsToTxn } from '#core/wire/api/25-add-offsets-to-txn.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { offsetsTopic } from '../coordinator/topics.ts'
import { demand } from './authorization.ts'
import { serve } from './handler.ts'
import { createMissing } from './topic-creation.ts'

/**
 * Tells the coordinator that a transaction is going to commit offsets of a group: it adds the partition that keeps them.
 * Versions 0-4. Kept: fenced producers hear INVALID_PRODUCER_EPOCH until 1. Left out: nothing.
 */
export const addOffsetsToTxnHandler = serve(addOffsetsToTxn, {
  versions: '0-4',
  requires: ({ transactionalId }) => ['WRITE', 'TRANSACTIONAL_ID', transactionalId],
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode }),
  handle: async (node, request, call) => {
    demand(node, call.client, 'READ', 'GROUP', request.groupId)
    await createMissing(node, [offsetsTopic])
    const partitions = new Map([[offsetsTopic, new Set([node.groups.partitionFor(request.groupId)])]])
    const problem = await node.transactions.addPartitions(request.transactionalId, request, partitions, 0)
    const told = problem === 'PRODUCER_FENCED' && call.apiVersion < 2 ? 'INVALID_PRODUCER_EPOCH' : problem
    return { throttleTimeMs: 0, errorCode: errorCodes[told].code }
  },
})
