import { type Decoded, type Encodable, api, bool, int16, int32, int8, string, structs } from '#core/wire/schema.ts'

/**
 * AlterConfigs: replaces all settings of a resource: what is not named falls back to its default. Old;
 * IncrementalAlterConfigs is the better one, but kafkajs and others have only this.
 *
 * 1: throttling as elsewhere · 2: flexible.
 */
export const alterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  versions: '0-2',
  flexible: '2+',
  request: {
    /** What to change. */
    resources: structs({
      /** As in DescribeConfigs. */
      resourceType: int8(),
      /** As in DescribeConfigs. */
      resourceName: string(),
      /** All settings that shall be in force. */
      configs: structs({
        /** The setting. */
        name: string(),
        /** Null is INVALID_REQUEST. */
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

export type AlterConfigsRequest = Decoded<typeof alterConfigs.request>
export type AlterConfigsRequestInput = Encodable<typeof alterConfigs.request>
export type AlterConfigsResponse = Decoded<typeof alterConfigs.response>
export type AlterConfigsResponseInput = Encodable<typeof alterConfigs.response>
