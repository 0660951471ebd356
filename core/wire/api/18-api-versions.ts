import { type Decoded, type Encodable, api, bool, int16, int32, int64, string, structs } from '#core/wire/schema.ts'

/**
 * ApiVersions: what a broker speaks; the first request on a connection, also before authentication.
 *
 * 1: throttleTimeMs · 3: flexible; the client names its software, the broker its features · 4: features may start at
 * version 0 (KAFKA-17011).
 *
 * A version that is too new is answered in version 0 with UNSUPPORTED_VERSION and one row, that of ApiVersions itself
 * (KIP-511). The response header never has tagged fields, because at this point the client cannot know whether it
 * would.
 */
export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: '0-4',
  flexible: '3+',
  plainResponseHeader: true,
  request: {
    /** Letters, digits, dots and hyphens, from version 3 on; anything else is INVALID_REQUEST. */
    clientSoftwareName: string({ versions: '3+', ignorable: true }),
    /** Of the same form. */
    clientSoftwareVersion: string({ versions: '3+', ignorable: true }),
  },
  response: {
    /** UNSUPPORTED_VERSION, or zero. */
    errorCode: int16(),
    /** What is served on this listener. */
    apiKeys: structs({
      /** The API. */
      apiKey: int16(),
      /** Lowest version. */
      minVersion: int16(),
      /** Highest version. */
      maxVersion: int16(),
    }),
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    /** Features that the broker could run. Up to version 3, those with minimum 0 must be left out. */
    supportedFeatures: structs({
      /** The feature. */
      name: string(),
      /** Lowest level. */
      minVersion: int16(),
      /** Highest level. */
      maxVersion: int16(),
    }).with({ versions: '3+', tag: 0, ignorable: true }),
    /** Grows with every change of the levels in force; -1 when unknown, and clients then ignore them. */
    finalizedFeaturesEpoch: int64({ versions: '3+', tag: 1, default: -1, ignorable: true }),
    /** Levels in force in the cluster. They switch on what clients do: new group protocols, transactions. */
    finalizedFeatures: structs({
      /** The feature. */
      name: string(),
      /** The level in force. */
      maxVersionLevel: int16(),
      /** The same again, in practice. */
      minVersionLevel: int16(),
    }).with({ versions: '3+', tag: 2, ignorable: true }),
    /** A leftover of the move away from ZooKeeper; false. */
    zkMigrationReady: bool({ versions: '3+', tag: 3, default: false, ignorable: true }),
  },
})

export type ApiVersionsRequest = Decoded<typeof apiVersions.request>
export type ApiVersionsRequestInput = Encodable<typeof apiVersions.request>
export type ApiVersionsResponse = Decoded<typeof apiVersions.response>
export type ApiVersionsResponseInput = Encodable<typeof apiVersions.response>
