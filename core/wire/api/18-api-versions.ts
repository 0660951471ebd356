import { type Decoded, type Encodable, api, bool, int16, int32, int64, string, structs } from '#core/wire/schema.ts'

export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: '0-4',
  flexible: '3+',
  plainResponseHeader: true,
  request: {
    clientSoftwareName: string({ versions: '3+', ignorable: true }),
    clientSoftwareVersion: string({ versions: '3+', ignorable: true }),
  },
  response: {
    errorCode: int16(),
    apiKeys: structs({
      apiKey: int16(),
      minVersion: int16(),
      maxVersion: int16(),
    }),
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    supportedFeatures: structs({
      name: string(),
      minVersion: int16(),
      maxVersion: int16(),
    }).with({ versions: '3+', tag: 0, ignorable: true }),
    finalizedFeaturesEpoch: int64({ versions: '3+', tag: 1, default: -1, ignorable: true }),
    finalizedFeatures: structs({
      name: string(),
      maxVersionLevel: int16(),
      minVersionLevel: int16(),
    }).with({ versions: '3+', tag: 2, ignorable: true }),
    zkMigrationReady: bool({ versions: '3+', tag: 3, default: false, ignorable: true }),
  },
})

export type ApiVersionsRequest = Decoded<typeof apiVersions.request>
export type ApiVersionsRequestInput = Encodable<typeof apiVersions.request>
export type ApiVersionsResponse = Decoded<typeof apiVersions.response>
export type ApiVersionsResponseInput = Encodable<typeof apiVersions.response>
