import type { Connection } from '#core/client/connection/connection.ts'
import type { Address } from '#core/client/connection/dial.ts'
import { clientErrors, refusal } from '#core/client/errors.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { errorCodes } from '#core/wire/errors.ts'
import { decodeResponse } from '#core/wire/frame.ts'
import type { Api, Fields } from '#core/wire/schema.ts'
import type { VersionRange } from '#core/wire/versions.ts'

/** What a broker offers, by API key. */
export type VersionTable = ReadonlyMap<number, VersionRange>

const clientSoftware = { clientSoftwareName: 'millrace', clientSoftwareVersion: '0.1.0' }

/** Bytes of the correlation id in front of an answer's body. */
const correlationBytes = 4

/**
 * Asks a broker what it speaks. A broker that does not know our version of the question answers in version 0 with
 * UNSUPPORTED_VERSION and the range that it does know: then the question is put again.
 */
export async function negotiate(connection: Connection, timeoutMs: number): Promise<VersionTable> {
  let version = apiVersions.versions.high
  for (let tries = 0; ; tries++) {
    const frame = await connection.sendForFrame(apiVersions, version, clientSoftware, timeoutMs)
    const refused =
      frame.length >= correlationBytes + 2 &&
      frame.readInt16BE(correlationBytes) === errorCodes.UNSUPPORTED_VERSION.code
    const { errorCode, apiKeys } = decodeResponse(apiVersions, refused ? 0 : version, frame).body
    if (refused && tries === 0 && version > 0) {
      const known = apiKeys.find(({ apiKey }) => apiKey === apiVersions.key)
      version = Math.min(known?.maxVersion ?? 0, version - 1)
      continue
    }
    if (errorCode !== 0) throw refusal(errorCode, `versions of ${connection.address.host}:${connection.address.port}`)
    return new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { low: minVersion, high: maxVersion }]))
  }
}

/** The highest version that both sides have. Throws VERSION_UNSUPPORTED. */
export function versionFor<Q extends Fields, R extends Fields>(
  api: Api<Q, R>,
  offered: VersionTable,
  address: Address,
  maxVersion = Infinity,
): number {
  const theirs = offered.get(api.key)
  const high = Math.min(api.versions.high, theirs?.high ?? -1, maxVersion)
  if (theirs !== undefined && high >= api.versions.low && high >= theirs.low) return high
  throw clientErrors.VERSION_UNSUPPORTED({
    ...address,
    api: api.name,
    theirs: theirs === undefined ? 'nothing' : `${theirs.low}-${theirs.high}`,
    ours: `${api.versions.low}-${Math.min(api.versions.high, maxVersion)}`,
  })
}
