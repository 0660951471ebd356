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

export const produce = api({
  key: 0,
  name: 'Produce',
  versions: '3-13',
  flexible: '9+',
  request: {
    transactionalId: string({ nullable: '0+', default: null }),
    acks: int16(),
    timeoutMs: int32(),
    topicData: structs({
      name: string({ versions: '3-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitionData: structs({
        index: int32(),
        records: records({ nullable: '0+' }),
      }),
    }),
  },
  response: {
    responses: structs({
      name: string({ versions: '3-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitionResponses: structs({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64({ default: -1 }),
        logStartOffset: int64({ versions: '5+', default: -1, ignorable: true }),
        recordErrors: structs({
          batchIndex: int32(),
          batchIndexErrorMessage: string({ nullable: '0+', default: null }),
        }).with({ versions: '8+', ignorable: true }),
        errorMessage: string({ versions: '8+', nullable: '8+', default: null, ignorable: true }),
        currentLeader: struct({
          leaderId: int32({ default: -1 }),
          leaderEpoch: int32({ default: -1 }),
        }).with({ versions: '10+', tag: 0 }),
      }),
    }),
    throttleTimeMs: int32({ default: 0 }),
    nodeEndpoints: structs({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string({ nullable: '0+', default: null }),
    }).with({ versions: '10+', tag: 0 }),
  },
})

export type ProduceRequest = Decoded<typeof produce.request>
export type ProduceRequestInput = Encodable<typeof produce.request>
export type ProduceResponse = Decoded<typeof produce.response>
export type ProduceResponseInput = Encodable<typeof produce.response>
