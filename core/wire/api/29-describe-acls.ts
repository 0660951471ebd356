import { type Decoded, type Encodable, api, int16, int32, int8, string, structs } from '#core/wire/schema.ts'

/**
 * DescribeAcls: lists the access control entries that match a filter.
 *
 * 1: pattern types · 2: flexible · 3: user resources (delegation tokens).
 */
export const describeAcls = api({
  key: 29,
  name: 'DescribeAcls',
  versions: '1-3',
  flexible: '2+',
  request: {
    /** 1: any; 2: topic; 3: group; 4: cluster; 5: transactional id; 6: delegation token; 7: user. */
    resourceTypeFilter: int8(),
    /** Null for any. */
    resourceNameFilter: string({ nullable: '0+' }),
    /** 1: any; 2: all that apply to the name; 3: literal; 4: prefixed. */
    patternTypeFilter: int8({ default: 3 }),
    /** Type and name with a colon between; null for any. */
    principalFilter: string({ nullable: '0+' }),
    /** An address; null for any. */
    hostFilter: string({ nullable: '0+' }),
    /** As in CreateAcls. */
    operation: int8(),
    /** 1: any; 2: deny; 3: allow. */
    permissionType: int8(),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** 0 when all is well. */
    errorCode: int16(),
    /** What went wrong, in words. */
    errorMessage: string({ nullable: '0+' }),
    /** The entries, by resource. */
    resources: structs({
      /** 2: topic; 3: group; 4: cluster; 5: transactional id; 6: delegation token; 7: user. */
      resourceType: int8(),
      /** The resource; '*' literally stands for all of its type. */
      resourceName: string(),
      /** 3: literal; 4: prefixed. */
      patternType: int8({ default: 3 }),
      /** Who may or may not do what. */
      acls: structs({
        /** Type and name with a colon between; 'User:*' for everybody. */
        principal: string(),
        /** An address; '*' for all. */
        host: string(),
        /** As in CreateAcls. */
        operation: int8(),
        /** 1: any; 2: deny; 3: allow. */
        permissionType: int8(),
      }),
    }),
  },
})

export type DescribeAclsRequest = Decoded<typeof describeAcls.request>
export type DescribeAclsRequestInput = Encodable<typeof describeAcls.request>
export type DescribeAclsResponse = Decoded<typeof describeAcls.response>
export type DescribeAclsResponseInput = Encodable<typeof describeAcls.response>
