import { type Decoded, type Encodable, api, int16, int32, int64, string } from '#core/wire/schema.ts'

export const initProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: '0-5',
  flexible: '2+',
  request: {
    transactionalId: string({ nullable: '0+' }),
    transactionTimeoutMs: int32(),
    producerId: int64({ versions: '3+', default: -1 }),
    producerEpoch: int16({ versions: '3+', default: -1 }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
  },
})

export type InitProducerIdRequest = Decoded<typeof initProducerId.request>
export type InitProducerIdRequestInput = Encodable<typeof initProducerId.request>
export type InitProducerIdResponse = Decoded<typeof initProducerId.response>
export type InitProducerIdResponseInput = Encodable<typeof initProducerId.response>
