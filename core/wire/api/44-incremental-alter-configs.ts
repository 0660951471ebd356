import { type Decoded, type Encodable, api, bool, int16, int32, int8, string, structs } from '#core/wire/schema.ts'

export const incrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: '0-1',
  flexible: '1+',
  request: {
    resources: structs({
      resourceType: int8(),
      resourceName: string(),
      configs: structs({
        name: string(),
        configOperation: int8(),
        value: string({ nullable: '0+' }),
      }),
    }),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    responses: structs({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
})

export type IncrementalAlterConfigsRequest = Decoded<typeof incrementalAlterConfigs.request>
export type IncrementalAlterConfigsRequestInput = Encodable<typeof incrementalAlterConfigs.request>
export type IncrementalAlterConfigsResponse = Decoded<typeof incrementalAlterConfigs.response>
export type IncrementalAlterConfigsResponseInput = Encodable<typeof incrementalAlterConfigs.response>
