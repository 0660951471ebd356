import { type Decoded, type Encodable, api, int16, int32, int64, string } from '#core/wire/schema.ts'

/**
 * InitProducerId: gives an idempotent producer its id, or a transactional one its id and a new epoch, which ends what
 * an earlier process left open.
 *
 * 2: flexible · 3: a producer may name the id and epoch it has, to go on after an error · 4: PRODUCER_FENCED · 5:
 * TRANSACTION_ABORTABLE. Version 6 is not stable in Kafka 4.3 and not declared here.
 */
export const initProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: '0-5',
  flexible: '2+',
  request: {
    /** Null for a producer that is only idempotent; then any broker can answer. */
    transactionalId: string({ nullable: '0+' }),
    /** How long a transaction may stay open; without a transactional id it has no meaning. */
    transactionTimeoutMs: int32(),
    /** What the producer has already; -1 when nothing. */
    producerId: int64({ versions: '3+', default: -1 }),
    /** What the producer has already; -1 when nothing. */
    producerEpoch: int16({ versions: '3+', default: -1 }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ default: 0 }),
    /** CONCURRENT_TRANSACTIONS while an earlier transaction is being ended: come back. */
    errorCode: int16(),
    /** -1 on error. */
    producerId: int64({ default: -1 }),
    /** -1 on error. */
    producerEpoch: int16(),
  },
})

export type InitProducerIdRequest = Decoded<typeof initProducerId.request>
export type InitProducerIdRequestInput = Encodable<typeof initProducerId.request>
export type InitProducerIdResponse = Decoded<typeof initProducerId.response>
export type InitProducerIdResponseInput = Encodable<typeof initProducerId.response>
