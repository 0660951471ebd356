import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { supportedFeatures } from '../controller/features.ts'
import { type Served, serve } from './handler.ts'

/**
 * Tells which APIs are served, in which versions, and which features the cluster has. Computed from what is registered.
 * Versions 0-4. Kept: a name and version of the client's software are demanded from 3; features that may be at level 0
 * are shown only from 4, because older clients refuse them. A request that is too new is answered by the dispatcher.
 * Left out: a feature that a directory came with and that is not served (share.version) is not shown.
 */
export const apiVersionsHandler = (served: () => readonly Served[]): Served =>
  serve(apiVersions, {
    versions: '0-4',
    refuse: (_, errorCode) => ({ errorCode, apiKeys: [] }),
    handle: (node, request, call) => {
      const apiKeys = served().map(({ api, advertisedFrom, versions }) => ({
        apiKey: api.key,
        minVersion: advertisedFrom,
        maxVersion: versions.high,
      }))
      if (call.apiVersion < 3) return { errorCode: 0, apiKeys }
      const { clientSoftwareName, clientSoftwareVersion } = request
      if (!isSoftwareName(clientSoftwareName) || !isSoftwareName(clientSoftwareVersion)) {
        return { errorCode: errorCodes.INVALID_REQUEST.code, apiKeys: [] }
      }
      call.client.clientSoftware = `${clientSoftwareName} ${clientSoftwareVersion}`
      const { image } = node.controller
      return {
        errorCode: 0,
        apiKeys,
        supportedFeatures: Object.entries(supportedFeatures)
          .filter(([, { low }]) => low > 0 || call.apiVersion >= 4)
          .map(([name, { low, high }]) => ({ name, minVersion: low, maxVersion: high })),
        finalizedFeaturesEpoch: image.offset,
        finalizedFeatures: Object.keys(supportedFeatures)
          .map((name) => [name, image.feature(name)] as const)
          .filter(([, level]) => level > 0)
          .map(([name, level]) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
      }
    },
  })

/** KIP-511: letters, digits, dots and dashes, beginning and ending with a letter or digit. */
const isSoftwareName = (text: string): boolean => /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(text)
