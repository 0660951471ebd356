import { type Decoded, type Encodable, api, int16, int32, int8, string, structs } from '#core/wire/schema.ts'

/**
 * CreateAcls: adds access control entries.
 *
 * 1: pattern types · 2: flexible · 3: user resources (delegation tokens).
 */
export const createAcls = api({
  key: 30,
  name: 'CreateAcls',
  versions: '1-3',
  flexible: '2+',
  request: {
    /** The entries to add. */
    creations: structs({
      /** 2: topic; 3: group; 4: cluster; 5: transactional id; 6: delegation token; 7: user. */
      resourceType: int8(),
      /** The resource; '*' literally stands for all of its type. */
      resourceName: string(),
      /** 3: literal; 4: prefixed. */
      resourcePatternType: int8({ default: 3 }),
      /** Type and name with a colon between; 'User:*' for everybody. */
      principal: string(),
      /** An address; '*' for all. */
      host: string(),
      /**
       * 1: any; 2: all; 3: read; 4: write; 5: create; 6: delete; 7: alter; 8: describe; 9: cluster action;
       * 10: describe configs; 11: alter configs; 12: idempotent write; 13: create tokens; 14: describe
       * tokens; 15: two-phase commit.
       */
      operation: int8(),
      /** 1: any; 2: deny; 3: allow. */
      permissionType: int8(),
    }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** In the order of the request. */
    results: structs({
      /** 0 when all is well. */
      errorCode: int16(),
      /** What went wrong, in words. */
      errorMessage: string({ nullable: '0+' }),
    }),
  },
})

export type CreateAclsRequest = Decoded<typeof createAcls.request>
export type CreateAclsRequestInput = Encodable<typeof createAcls.request>
export type CreateAclsResponse = Decoded<typeof createAcls.response>
export type CreateAclsResponseInput = Encodable<typeof createAcls.response>
