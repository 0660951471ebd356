import { listTransactions } from '#core/wire/api/66-list-transactions.ts'

import { serve } from './handler.ts'

/**
 * Lists the transactional ids that are known here, of those that the client may describe.
 * Versions 0-2. Kept: filters by state, producer, duration from 1 and pattern from 2. Left out: nothing.
 */
export const listTransactionsHandler = serve(listTransactions, {
  versions: '0-2',
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, unknownStateFilters: [], transactionStates: [] }),
  handle: (node, request, { client }) =>
    node.transactions.list(request, (id) => node.authorizer.allows(client, 'DESCRIBE', 'TRANSACTIONAL_ID', id)),
})
