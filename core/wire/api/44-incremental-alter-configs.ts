import { type Decoded, type Encodable, api, bool, int16, int32, int8, string, structs } from '#core/wire/schema.ts'

/**
 * IncrementalAlterConfigs: changes single settings of a resource and leaves the others.
 *
 * 1: flexible.
 */
export const incrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: '0-1',
  flexible: '1+',
  request: {
    /** What to change; one that is named twice is INVALID_REQUEST. */
    resources: structs({
      /** As in DescribeConfigs. */
      resourceType: int8(),
      /** As in DescribeConfigs. */
      resourceName: string(),
      /** The changes; all of a resource or none. */
      configs: structs({
        /** The setting. */
        name: string(),
        /** 0: set; 1: back to the default; 2: add to a list; 3: take from a list. */
        configOperation: int8(),
        /** Null when going back to the default. */
        value: string({ nullable: '0+' }),
      }),
    }),
    /** Only say whether it could be done. */
    validateOnly: bool(),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ default: 0 }),
    /** A row for each resource. */
    responses: structs({
      /** Of this resource. */
      errorCode: int16(),
      /** Null when there is nothing to say. */
      errorMessage: string({ nullable: '0+' }),
      /** As in the request. */
      resourceType: int8(),
      /** As in the request. */
      resourceName: string(),
    }),
  },
})

export type IncrementalAlterConfigsRequest = Decoded<typeof incrementalAlterConfigs.request>
export type IncrementalAlterConfigsRequestInput = Encodable<typeof incrementalAlterConfigs.request>
export type IncrementalAlterConfigsResponse = Decoded<typeof incrementalAlterConfigs.response>
export type IncrementalAlterConfigsResponseInput = Encodable<typeof incrementalAlterConfigs.response>
