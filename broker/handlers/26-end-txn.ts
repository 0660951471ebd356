import { endTxn } from '#core/wire/api/26-end-txn.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { serve } from './handler.ts'

/**
 * Commits or aborts a transaction.
 * Versions 0-5. Kept: answered as soon as the outcome is certain, before the partitions hear of it; from 5 on the answer
 * has the epoch of the next transaction, also when it is asked for again; fenced producers hear INVALID_PRODUCER_EPOCH
 * until 1. Left out: nothing.
 */
export const endTxnHandler = serve(endTxn, {
  versions: '0-5',
  requires: ({ transactionalId }) => ['WRITE', 'TRANSACTIONAL_ID', transactionalId],
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode }),
  handle: async (node, request, call) => {
    const answer = await node.transactions.endTxn(request, call.apiVersion)
    const isFenced = answer.errorCode === errorCodes.PRODUCER_FENCED.code
    return isFenced && call.apiVersion < 2 ? { ...answer, errorCode: errorCodes.INVALID_PRODUCER_EPOCH.code } : answer
  },
})
