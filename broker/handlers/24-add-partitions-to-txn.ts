import { type AddPartitionsToTxnRequest, addPartitionsToTxn } from '#core/wire/api/24-add-partitions-to-txn.ts'
import { type ErrorName, errorCodes } from '#core/wire/errors.ts'

import { clusterResource } from '../authorizer/acl.ts'
import type { ProducerIdentity } from '../coordinator/transaction/known-id.ts'
import type { PartitionSets } from '../coordinator/transaction/transaction.ts'
import type { Node } from '../node.ts'
import { type Client, serve } from './handler.ts'
import { internalTopics } from './topic-creation.ts'

type Topics = AddPartitionsToTxnRequest['v3AndBelowTopics']
type Transaction = AddPartitionsToTxnRequest['transactions'][number]
/** The error of each partition. */
type Verdict = (topic: string, partition: number) => ErrorName

/**
 * Tells the coordinator which partitions a transaction is about to write to.
 * Versions 0-5. Kept: one transaction of a producer until 3, several of a broker from 4, which may only be asked about; all
 * partitions or none, the others are OPERATION_NOT_ATTEMPTED; fenced producers hear INVALID_PRODUCER_EPOCH until 1.
 * Left out: nothing.
 */
export const addPartitionsToTxnHandler = serve(addPartitionsToTxn, {
  versions: '0-5',
  requires: ({ v3AndBelowTransactionalId }, { apiVersion }) =>
    apiVersion < 4
      ? ['WRITE', 'TRANSACTIONAL_ID', v3AndBelowTransactionalId]
      : ['CLUSTER_ACTION', 'CLUSTER', clusterResource],
  refuse: (request, errorCode) => ({
    throttleTimeMs: 0,
    errorCode,
    resultsByTransaction: [],
    resultsByTopicV3AndBelow: request.v3AndBelowTopics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode: errorCode })),
    })),
  }),
  handle: async (node, request, call) => {
    const { client, apiVersion } = call
    if (apiVersion >= 4) {
      const resultsByTransaction = await Promise.all(
        request.transactions.map(async (transaction) => ({
          transactionalId: transaction.transactionalId,
          topicResults: results(transaction.topics, await judge(node, undefined, transaction, apiVersion)),
        })),
      )
      return { throttleTimeMs: 0, resultsByTransaction, resultsByTopicV3AndBelow: [] }
    }
    const transaction = {
      transactionalId: request.v3AndBelowTransactionalId,
      producerId: request.v3AndBelowProducerId,
      producerEpoch: request.v3AndBelowProducerEpoch,
      verifyOnly: false,
      topics: request.v3AndBelowTopics,
    }
    const verdict = await judge(node, client, transaction, apiVersion)
    return {
      throttleTimeMs: 0,
      resultsByTransaction: [],
      resultsByTopicV3AndBelow: results(transaction.topics, verdict),
    }
  },
})

const results = (topics: Topics, verdict: Verdict) =>
  topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: errorCodes[verdict(name, partitionIndex)].code,
    })),
  }))

async function judge(
  node: Node,
  client: Client | undefined,
  transaction: Transaction,
  apiVersion: number,
): Promise<Verdict> {
  const { transactionalId, topics, verifyOnly } = transaction
  const producer: ProducerIdentity = transaction
  const refused = refusals(node, client, topics)
  if (refused.size > 0) return (topic, partition) => refused.get(`${topic}-${partition}`) ?? 'OPERATION_NOT_ATTEMPTED'
  if (verifyOnly) {
    return (topic, partition) => node.transactions.verify(transactionalId, producer, topic, partition)
  }
  const clientVersion = apiVersion >= 4 ? 2 : 0
  const problem = await node.transactions.addPartitions(transactionalId, producer, partitionsOf(topics), clientVersion)
  const told = problem === 'PRODUCER_FENCED' && apiVersion < 2 ? 'INVALID_PRODUCER_EPOCH' : problem
  return () => told
}

const partitionsOf = (topics: Topics): PartitionSets =>
  new Map(topics.map(({ name, partitions }) => [name, new Set(partitions)]))

/** The partitions that may not be added whatever the transaction is like. */
function refusals(node: Node, client: Client | undefined, topics: Topics): Map<string, ErrorName> {
  const refused = new Map<string, ErrorName>()
  for (const { name, partitions } of topics) {
    const mayWrite =
      client === undefined || (!internalTopics.has(name) && node.authorizer.allows(client, 'WRITE', 'TOPIC', name))
    for (const partition of partitions) {
      if (!mayWrite) refused.set(`${name}-${partition}`, 'TOPIC_AUTHORIZATION_FAILED')
      else if (node.controller.image.partition(name, partition) === undefined)
        refused.set(`${name}-${partition}`, 'UNKNOWN_TOPIC_OR_PARTITION')
    }
  }
  return refused
}
