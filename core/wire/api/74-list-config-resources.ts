import { type Decoded, type Encodable, api, array, int16, int32, int8, string, structs } from '#core/wire/schema.ts'

/**
 * ListConfigResources: lists resources that have settings.
 *
 * Version 0 lists client metrics only. 1: any type.
 */
export const listConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  versions: '0-1',
  flexible: '0+',
  request: {
    /** Only these; none for all that a version lists. */
    resourceTypes: array(int8(), { versions: '1+' }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** 0 when all is well. */
    errorCode: int16(),
    /** The resources. */
    configResources: structs({
      /** The resource. */
      resourceName: string(),
      /** 2: topic; 4: broker; 8: broker loggers; 16: client metrics; 32: group. */
      resourceType: int8({ versions: '1+', default: 16, ignorable: true }),
    }),
  },
})

export type ListConfigResourcesRequest = Decoded<typeof listConfigResources.request>
export type ListConfigResourcesRequestInput = Encodable<typeof listConfigResources.request>
export type ListConfigResourcesResponse = Decoded<typeof listConfigResources.response>
export type ListConfigResourcesResponseInput = Encodable<typeof listConfigResources.response>
