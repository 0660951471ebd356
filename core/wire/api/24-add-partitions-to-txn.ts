import {
  type Decoded,
  type Encodable,
  api,
  array,
  bool,
  int16,
  int32,
  int64,
  string,
  structs,
} from '#core/wire/schema.ts'

const addPartitionsToTxnTopic = {
  /** The topic. */
  name: string(),
  /** Its partitions. */
  partitions: array(int32()),
}

const addPartitionsToTxnTopicResult = {
  /** The topic. */
  name: string(),
  /** By partition. */
  resultsByPartition: structs({
    /** The partition. */
    partitionIndex: int32(),
    /** OPERATION_NOT_ATTEMPTED for those that would have been fine, when another was not. */
    partitionErrorCode: int16(),
  }),
}

/**
 * AddPartitionsToTxn: tells the transaction coordinator which partitions a transaction is about to write to.
 *
 * Versions 0-3 are for producers, one transaction each. 3: flexible · 4: several transactions, from brokers, which
 * may only ask
 * whether the partitions belong to them (KIP-890) · 5: TRANSACTION_ABORTABLE. Producers of transactions v2 do
 * without: their
 * Produce requests add the partitions.
 */
export const addPartitionsToTxn = api({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: '0-5',
  flexible: '3+',
  request: {
    /** From brokers: several transactions at once. */
    transactions: structs({
      /** The transactional id. */
      transactionalId: string({ versions: '4+' }),
      /** The producer. */
      producerId: int64({ versions: '4+' }),
      /** Its epoch. */
      producerEpoch: int16({ versions: '4+' }),
      /** True to ask only whether the partitions belong to the transaction. */
      verifyOnly: bool({ versions: '4+', default: false }),
      /** What it writes to. */
      topics: structs(addPartitionsToTxnTopic).with({ versions: '4+' }),
    }).with({ versions: '4+' }),
    /** From producers: the transactional id. */
    v3AndBelowTransactionalId: string({ versions: '0-3' }),
    /** From producers: the producer. */
    v3AndBelowProducerId: int64({ versions: '0-3' }),
    /** From producers: its epoch. */
    v3AndBelowProducerEpoch: int16({ versions: '0-3' }),
    /** From producers: what the transaction writes to. */
    v3AndBelowTopics: structs(addPartitionsToTxnTopic).with({ versions: '0-3' }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** Of the request as a whole. */
    errorCode: int16({ versions: '4+', ignorable: true }),
    /** For brokers, by transaction. */
    resultsByTransaction: structs({
      /** The transactional id. */
      transactionalId: string({ versions: '4+' }),
      /** By topic. */
      topicResults: structs(addPartitionsToTxnTopicResult).with({ versions: '4+' }),
    }).with({ versions: '4+' }),
    /** For producers, by topic. */
    resultsByTopicV3AndBelow: structs(addPartitionsToTxnTopicResult).with({ versions: '0-3' }),
  },
})

export type AddPartitionsToTxnRequest = Decoded<typeof addPartitionsToTxn.request>
export type AddPartitionsToTxnRequestInput = Encodable<typeof addPartitionsToTxn.request>
export type AddPartitionsToTxnResponse = Decoded<typeof addPartitionsToTxn.response>
export type AddPartitionsToTxnResponseInput = Encodable<typeof addPartitionsToTxn.response>
