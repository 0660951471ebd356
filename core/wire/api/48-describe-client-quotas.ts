import {
  type Decoded,
  type Encodable,
  api,
  bool,
  float64,
  int16,
  int32,
  int8,
  string,
  structs,
} from '#core/wire/schema.ts'

/**
 * DescribeClientQuotas: lists the quotas of users, clients and addresses.
 *
 * 1: flexible.
 */
export const describeClientQuotas = api({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: '0-1',
  flexible: '1+',
  request: {
    /** What an entry must have to be listed. */
    components: structs({
      /** 'user', 'client-id' or 'ip'. */
      entityType: string(),
      /** 0: the name given; 1: the default; 2: any name. */
      matchType: int8(),
      /** The name; null where it does not count. */
      match: string({ nullable: '0+' }),
    }),
    /** True to leave out entries with further parts. */
    strict: bool(),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** 0 when all is well. */
    errorCode: int16(),
    /** What went wrong, in words. */
    errorMessage: string({ nullable: '0+' }),
    /** Null on error. */
    entries: structs({
      /** Whom it is about: one part, or user and client-id. */
      entity: structs({
        /** 'user', 'client-id' or 'ip'. */
        entityType: string(),
        /** Null for the default. */
        entityName: string({ nullable: '0+' }),
      }),
      /** The quotas. */
      values: structs({
        /**
         * 'producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate' or
         * 'connection_creation_rate'.
         */
        key: string(),
        /** Bytes a second, percent, or changes a second. */
        value: float64(),
      }),
    }).with({ nullable: '0+' }),
  },
})

export type DescribeClientQuotasRequest = Decoded<typeof describeClientQuotas.request>
export type DescribeClientQuotasRequestInput = Encodable<typeof describeClientQuotas.request>
export type DescribeClientQuotasResponse = Decoded<typeof describeClientQuotas.response>
export type DescribeClientQuotasResponseInput = Encodable<typeof describeClientQuotas.response>
