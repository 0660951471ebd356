import {
  type Decoded,
  type Encodable,
  api,
  int16,
  int32,
  int64,
  records,
  string,
  struct,
  structs,
  uuid,
} from '#core/wire/schema.ts'

/**
 * Produce: appends record batches to partitions. The broker stores a batch as it was sent; only the base offset and
 * the leader epoch, and under LogAppendTime the timestamp with the checksum, are set.
 *
 * 3: transactional ids, batch format 2 · 4-6: more error codes, logStartOffset from 5 · 7: zstd allowed · 8:
 * recordErrors, errorMessage · 9: flexible · 10: currentLeader and nodeEndpoints (KIP-951) · 11, 12: transaction
 * errors; a version 12 request adds its partitions to the transaction (KIP-890) · 13: topic ids instead of names.
 *
 * Versions 0 to 2 are advertised but refused: some librdkafka clients take a range without 0 for "no compression"
 * (KAFKA-18659). With acks 0 there is no answer at all, and an error closes the connection.
 */
export const produce = api({
  key: 0,
  name: 'Produce',
  versions: '3-13',
  flexible: '9+',
  request: {
    /**
     * The transaction that the batches belong to; null outside one. Their producer ids must be those of this
     * transactional id.
     */
    transactionalId: string({ nullable: '0+', default: null }),
    /**
     * 0: no answer wanted; 1: once the leader has it; -1: once every replica in sync has it. Anything else is
     * INVALID_REQUIRED_ACKS.
     */
    acks: int16(),
    /**
     * With acks -1, how long the leader waits for the replicas before it answers REQUEST_TIMED_OUT. What was written
     * stays.
     */
    timeoutMs: int32(),
    /** Batches by topic. */
    topicData: structs({
      /** Up to version 12. */
      name: string({ versions: '3-12', ignorable: true }),
      /** From version 13 on, instead of the name. */
      topicId: uuid({ versions: '13+', ignorable: true }),
      /** Batches by partition. */
      partitionData: structs({
        /** The partition. */
        index: int32(),
        /** One batch of format 2: more than one is refused. Never decoded here. */
        records: records({ nullable: '0+' }),
      }),
    }),
  },
  response: {
    /** Results by topic, in the order of the request. */
    responses: structs({
      /** As in the request. */
      name: string({ versions: '3-12', ignorable: true }),
      /** As in the request. */
      topicId: uuid({ versions: '13+', ignorable: true }),
      /** Results by partition. */
      partitionResponses: structs({
        /** The partition. */
        index: int32(),
        /** Zero when appended. A repeated batch of an idempotent producer is answered as if it were new. */
        errorCode: int16(),
        /** Offset of the batch's first record; -1 on error. */
        baseOffset: int64(),
        /** The broker's time, when the topic stamps records so; -1 when it keeps the producer's timestamps. */
        logAppendTimeMs: int64({ default: -1 }),
        /** Where the log starts. It lets a producer tell lost state from expired records; -1 when unknown. */
        logStartOffset: int64({ versions: '5+', default: -1, ignorable: true }),
        /** The records for which the whole batch was refused. */
        recordErrors: structs({
          /** Position of the record in the batch, from 0. */
          batchIndex: int32(),
          /** What is wrong with it; null when there is nothing to say. */
          batchIndexErrorMessage: string({ nullable: '0+', default: null }),
        }).with({ versions: '8+', ignorable: true }),
        /** What is wrong with the batch; null when the code says it all. */
        errorMessage: string({ versions: '8+', nullable: '8+', default: null, ignorable: true }),
        /** On NOT_LEADER_OR_FOLLOWER, who leads now, so that the client need not ask for metadata. */
        currentLeader: struct({
          /** -1 when unknown. */
          leaderId: int32({ default: -1 }),
          /** -1 when unknown. Clients ignore an epoch older than the one they know. */
          leaderEpoch: int32({ default: -1 }),
        }).with({ versions: '10+', tag: 0 }),
      }),
    }),
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ default: 0 }),
    /** Addresses of the leaders named in currentLeader. */
    nodeEndpoints: structs({
      /** The broker. */
      nodeId: int32(),
      /** As advertised on the listener that the request came through. */
      host: string(),
      /** As advertised. */
      port: int32(),
      /** Null when it has none. */
      rack: string({ nullable: '0+', default: null }),
    }).with({ versions: '10+', tag: 0 }),
  },
})

export type ProduceRequest = Decoded<typeof produce.request>
export type ProduceRequestInput = Encodable<typeof produce.request>
export type ProduceResponse = Decoded<typeof produce.response>
export type ProduceResponseInput = Encodable<typeof produce.response>
