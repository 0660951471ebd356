import { type TxnOffsetCommitRequest, txnOffsetCommit } from '#core/wire/api/28-txn-offset-commit.ts'
import { type ErrorName, errorCodes } from '#core/wire/errors.ts'

import { refuseTxnCommit } from '../coordinator/offsets/answer-txn-commit.ts'
import { offsetsTopic } from '../coordinator/topics.ts'
import type { Node } from '../node.ts'
import { demand, divideTopics } from './authorization.ts'
import { groupContext } from './group-context.ts'
import { serve } from './handler.ts'
import { type TransactionSupport, ensureOpen } from './open-transaction.ts'

/**
 * Commits offsets of a group inside a transaction: they count when it is committed.
 * Versions 0-5. Kept: the transaction must be open for the group, which version 5 sees to itself; fencing by member and
 * generation from 3; topics that the client may not read are refused one by one. Left out: nothing.
 */
export const txnOffsetCommitHandler = serve(txnOffsetCommit, {
  versions: '0-5',
  requires: ({ transactionalId }) => ['WRITE', 'TRANSACTIONAL_ID', transactionalId],
  refuse: refuseTxnCommit,
  handle: async (node, request, call) => {
    demand(node, call.client, 'READ', 'GROUP', request.groupId)
    const { allowed, refused } = divideTopics(node, call.client, 'READ', request.topics)
    const forbidden = refuseTxnCommit({ ...request, topics: refused }, errorCodes.TOPIC_AUTHORIZATION_FAILED.code)
    if (allowed.length === 0) return forbidden
    const problem = await ensureGroup(node, request, call.apiVersion)
    const { topics } =
      problem === 'NONE'
        ? await node.groups.txnOffsetCommit(groupContext(call), { ...request, topics: allowed })
        : refuseTxnCommit({ ...request, topics: allowed }, errorCodes[forVersion(problem, call.apiVersion)].code)
    return { throttleTimeMs: 0, topics: [...topics, ...forbidden.topics] }
  },
})

function ensureGroup(node: Node, request: TxnOffsetCommitRequest, apiVersion: number): ErrorName | Promise<ErrorName> {
  const partitions = node.partitions.of(offsetsTopic)
  if (partitions.length === 0) return 'COORDINATOR_NOT_AVAILABLE'
  const partition = partitions[node.groups.partitionFor(request.groupId)]
  if (partition === undefined) return 'NOT_COORDINATOR'
  const support: TransactionSupport = apiVersion >= 5 ? 'adds' : apiVersion === 4 ? 'abortable' : 'old'
  return ensureOpen(node, partition, request, support)
}

/** The oldest clients do not know that a coordinator may be loading. */
const forVersion = (problem: ErrorName, apiVersion: number): ErrorName =>
  problem === 'COORDINATOR_LOAD_IN_PROGRESS' && apiVersion < 2 ? 'COORDINATOR_NOT_AVAILABLE' : problem
