import { type Decoded, type Encodable, api, bool, float64, int16, int32, string, structs } from '#core/wire/schema.ts'

/**
 * AlterClientQuotas: sets and removes quotas of users, clients and addresses.
 *
 * 1: flexible.
 */
export const alterClientQuotas = api({
  key: 49,
  name: 'AlterClientQuotas',
  versions: '0-1',
  flexible: '1+',
  request: {
    /** The changes, by entity. */
    entries: structs({
      /** Whom it is about: one part, or user and client-id. */
      entity: structs({
        /** 'user', 'client-id' or 'ip'. */
        entityType: string(),
        /** Null for the default. */
        entityName: string({ nullable: '0+' }),
      }),
      /** What to set or remove. */
      ops: structs({
        /**
         * 'producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate' or
         * 'connection_creation_rate'.
         */
        key: string(),
        /** Bytes a second, percent, or changes a second. */
        value: float64(),
        /** True to remove the quota. */
        remove: bool(),
      }),
    }),
    /** True to check and change nothing. */
    validateOnly: bool(),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** By entity. */
    entries: structs({
      /** 0 when all is well. */
      errorCode: int16(),
      /** What went wrong, in words. */
      errorMessage: string({ nullable: '0+' }),
      /** Whom it is about: one part, or user and client-id. */
      entity: structs({
        /** 'user', 'client-id' or 'ip'. */
        entityType: string(),
        /** Null for the default. */
        entityName: string({ nullable: '0+' }),
      }),
    }),
  },
})

export type AlterClientQuotasRequest = Decoded<typeof alterClientQuotas.request>
export type AlterClientQuotasRequestInput = Encodable<typeof alterClientQuotas.request>
export type AlterClientQuotasResponse = Decoded<typeof alterClientQuotas.response>
export type AlterClientQuotasResponseInput = Encodable<typeof alterClientQuotas.response>
