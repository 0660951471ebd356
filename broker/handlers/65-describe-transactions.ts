import { describeTransactions } from '#core/wire/api/65-describe-transactions.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { describeNothing } from '../coordinator/transaction/describe.ts'
import { divideTopics } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Tells the state of transactional ids, with the topics that the client may know of.
 * Version 0. Left out: nothing.
 */
export const describeTransactionsHandler = serve(describeTransactions, {
  versions: '0',
  handle: (node, request, { client }) => ({
    throttleTimeMs: 0,
    transactionStates: request.transactionalIds.map((transactionalId) => {
      if (!node.authorizer.allows(client, 'DESCRIBE', 'TRANSACTIONAL_ID', transactionalId)) {
        return describeNothing(transactionalId, errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.code)
      }
      const described = node.transactions.describe(transactionalId)
      const named = described.topics.map((topic) => ({ ...topic, name: topic.topic }))
      return { ...described, topics: divideTopics(node, client, 'DESCRIBE', named).allowed }
    }),
  }),
})
